//! A workflow as `hephaestus graph` draws it: steps in the order in which they can run, with everything about them that
//! a picture can show.

use std::time::Duration;

use hephaestus_host::core::definition::{Join, RetryPolicy, StepIx, Workflow};
use hephaestus_host::core::{Digest, EventName, StepRef, WorkflowName, WorkflowVersion};

/// A graph to draw.
#[derive(Debug, Clone)]
pub(crate) struct GraphReport {
    /// The workflow.
    pub(crate) workflow: WorkflowName,
    /// The version of it.
    pub(crate) version: WorkflowVersion,
    /// Which code it is.
    pub(crate) digest: Digest,
    /// The steps: each after all that lead to it; then `done`; then the step for cancelling, if there is one.
    pub(crate) nodes: Vec<Node>,
}

/// A step.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its name.
    pub(crate) step: StepRef,
    /// What is special about it.
    pub(crate) role: Role,
    /// When it runs. `None`: nothing leads to it.
    pub(crate) join: Option<Join>,
    /// The transitions that lead to it: the places of their sources, and their events.
    pub(crate) incoming: Vec<(usize, EventName)>,
    /// The policy that the definition gives it, or all steps. `None`: the default is in force.
    pub(crate) retry: Option<RetryPolicy>,
    /// How long one attempt may take.
    pub(crate) deadline: Option<Duration>,
    /// The events that can be sent to it while it waits.
    pub(crate) accepts: Vec<EventName>,
    /// The transitions that leave it.
    pub(crate) branches: Vec<Branch>,
}

/// What is special about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Every instance begins with it.
    Start,
    /// Nothing.
    Step,
    /// It is the built-in last step.
    Done,
    /// It runs when an instance is cancelled.
    OnCancel,
}

/// A transition.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// The event.
    pub(crate) event: EventName,
    /// Whether the workflow's code chooses among the targets.
    pub(crate) is_dynamic: bool,
    /// Where it leads: places of nodes.
    pub(crate) targets: Vec<usize>,
}

impl GraphReport {
    /// The graph of a workflow.
    pub(crate) fn new(workflow: &Workflow, digest: Digest) -> Self {
        let definition = workflow.definition();
        let order = order(workflow);
        let mut place = vec![0; workflow.steps().len()];
        for (at, step) in order.iter().enumerate() {
            place[step.0] = at;
        }
        let nodes = order.iter().map(|step| node(workflow, *step, &place)).collect();
        Self {
            workflow: definition.name.clone(),
            version: definition.version,
            digest,
            nodes,
        }
    }

    /// How many transitions there are.
    pub(crate) fn transitions(&self) -> usize {
        self.nodes.iter().map(|node| node.branches.len()).sum()
    }
}

impl Node {
    /// Whether it does not simply run after the one transition that leads to it.
    pub(crate) fn joins(&self) -> Option<&Join> {
        let plain = |join: &&Join| !matches!(join, Join::Transition { .. });
        self.join.as_ref().filter(plain)
    }
}

fn order(workflow: &Workflow) -> Vec<StepIx> {
    let outside = |step: &StepIx| *step == workflow.done() || Some(*step) == workflow.on_cancel();
    let order = workflow.topological_order().iter().copied();
    order
        .filter(|step| !outside(step))
        .chain([workflow.done()])
        .chain(workflow.on_cancel())
        .collect()
}

fn node(workflow: &Workflow, at: StepIx, place: &[usize]) -> Node {
    let step = workflow.step(at);
    let incoming = workflow.incoming(at).iter().map(|edge| {
        let edge = workflow.edge(*edge);
        (place[edge.source.0], edge.event.clone())
    });
    let role = match at {
        at if at == workflow.start() => Role::Start,
        at if at == workflow.done() => Role::Done,
        at if Some(at) == workflow.on_cancel() => Role::OnCancel,
        _ => Role::Step,
    };
    let own = step.retry.as_ref().or(workflow.definition().retry.as_ref());
    Node {
        step: step.name.clone(),
        role,
        join: workflow.join(at),
        incoming: incoming.collect(),
        retry: own.filter(|_| role != Role::Done).cloned(),
        deadline: step.deadline,
        accepts: step.accepts.clone(),
        branches: branches(workflow, at, place),
    }
}

/// In the order of the definition: what is emitted, what is accepted, `failed`.
fn branches(workflow: &Workflow, at: StepIx, place: &[usize]) -> Vec<Branch> {
    let step = workflow.step(at);
    let failed = EventName::failed();
    let events = step.emits.iter().chain(&step.accepts).chain([&failed]);
    let mut branches: Vec<Branch> = Vec::new();
    for event in events {
        let is_known = branches.iter().any(|branch| branch.event == *event);
        let Some(transition) = workflow.transition(at, event).filter(|_| !is_known) else {
            continue;
        };
        let targets = transition.targets.declared().iter();
        branches.push(Branch {
            event: event.clone(),
            is_dynamic: transition.targets.is_dynamic(),
            targets: targets
                .filter_map(|target| workflow.index(target.as_str()))
                .map(|target| place[target.0])
                .collect(),
        });
    }
    branches
}
