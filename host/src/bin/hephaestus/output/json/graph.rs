//! A workflow's graph, for programs.

use std::time::Duration;

use hephaestus_host::core::definition::{Backoff, RetryPolicy};
use hephaestus_host::core::{Digest, EventName, StepRef, WorkflowName, WorkflowVersion};
use serde::Serialize;

use super::line;
use crate::report::graph::{Branch, GraphReport, Node, Role};

#[derive(Serialize)]
struct Object<'a> {
    workflow: &'a WorkflowName,
    version: WorkflowVersion,
    digest: Digest,
    nodes: Vec<Step<'a>>,
    edges: Vec<Edge<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    step: &'a StepRef,
    role: &'static str,
    join: Option<String>,
    waits_for: &'a [EventName],
    retry: Option<Retry>,
    deadline_ms: Option<u64>,
}

#[derive(Serialize)]
struct Retry {
    max_attempts: u32,
    backoff: Backoff,
    initial_ms: u64,
    cap_ms: u64,
    jitter_percent: u8,
}

#[derive(Serialize)]
struct Edge<'a> {
    source: &'a StepRef,
    event: &'a EventName,
    target: &'a StepRef,
    dynamic: bool,
}

/// The object, with a line break at its end.
pub(crate) fn report(graph: &GraphReport) -> serde_json::Result<String> {
    let edges = graph.nodes.iter().flat_map(|node| {
        let of_node = node.branches.iter();
        of_node.flat_map(move |branch| edges(graph, node, branch))
    });
    line(&Object {
        workflow: &graph.workflow,
        version: graph.version,
        digest: graph.digest,
        nodes: graph.nodes.iter().map(step).collect(),
        edges: edges.collect(),
    })
}

fn step(node: &Node) -> Step<'_> {
    Step {
        step: &node.step,
        role: match node.role {
            Role::Start => "start",
            Role::Step => "step",
            Role::Done => "done",
            Role::OnCancel => "on-cancel",
        },
        join: node.join.as_ref().map(ToString::to_string),
        waits_for: &node.accepts,
        retry: node.retry.as_ref().map(retry),
        deadline_ms: node.deadline.map(millis),
    }
}

fn retry(policy: &RetryPolicy) -> Retry {
    Retry {
        max_attempts: policy.max_attempts,
        backoff: policy.backoff,
        initial_ms: millis(policy.initial),
        cap_ms: millis(policy.cap),
        jitter_percent: policy.jitter_percent,
    }
}

fn edges<'a>(graph: &'a GraphReport, node: &'a Node, branch: &'a Branch) -> impl Iterator<Item = Edge<'a>> {
    branch.targets.iter().map(|target| Edge {
        source: &node.step,
        event: &branch.event,
        target: &graph.nodes[*target].step,
        dynamic: branch.is_dynamic,
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
