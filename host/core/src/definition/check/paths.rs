//! Is the graph one without cycles, in which the start leads everywhere?

use std::collections::{HashSet, VecDeque};

use super::Subject;
use crate::definition::graph::Graph;
use crate::definition::words::list;
use crate::definition::{EdgeIx, StepIx, Violation, ViolationKind};

/// Names a shortest cycle for each step that is on one and was not named in another.
pub(super) fn acyclic(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let graph = subject.graph;
    let mut dealt_with: HashSet<StepIx> = graph.topological_order().into_iter().collect();
    for step in graph.places() {
        // What is behind a cycle is missing in the order too, but is on none.
        let cycle = (!dealt_with.contains(&step))
            .then(|| shortest_cycle(graph, step))
            .flatten();
        if let Some(cycle) = cycle {
            dealt_with.extend(cycle.iter().map(|edge| graph.edges[edge.0].source));
            violations.push(cycle_violation(graph, &cycle));
        }
    }
}

/// The edges of a shortest path from `step` back to it, by breadth-first search.
fn shortest_cycle(graph: &Graph, step: StepIx) -> Option<Vec<EdgeIx>> {
    let mut reached_by: Vec<Option<EdgeIx>> = vec![None; graph.steps.len()];
    let mut queue = VecDeque::from([step]);
    while let Some(at) = queue.pop_front() {
        for edge in &graph.outgoing[at.0] {
            let next = graph.edges[edge.0].target;
            if reached_by[next.0].is_none() {
                reached_by[next.0] = Some(*edge);
                queue.push_back(next);
            }
        }
    }
    let mut cycle = Vec::new();
    let mut at = step;
    loop {
        let edge = reached_by[at.0]?;
        cycle.push(edge);
        at = graph.edges[edge.0].source;
        if at == step {
            cycle.reverse();
            return Some(cycle);
        }
    }
}

fn cycle_violation(graph: &Graph, cycle: &[EdgeIx]) -> Violation {
    let first = &graph.edges[cycle[0].0];
    let step = graph.name(first.source);
    let mut route = format!("`{step}`");
    for edge in cycle {
        let edge = &graph.edges[edge.0];
        route.push_str(&format!(" -{}-> `{}`", edge.event, graph.name(edge.target)));
    }
    let message = format!("step `{step}` leads back to itself: {route}");
    let fix = "remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails";
    Violation::new(ViolationKind::Cycle, message, fix)
        .at(step)
        .on(&first.event)
}

/// Every step can be reached from the start, except for the one for cancelling. Not asked where the start is unknown, nor
/// about `done`: that a path doesn't end there has a cause, and another rule names it (see [`ViolationKind`]).
pub(super) fn reachable(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let graph = subject.graph;
    let start = graph.index(subject.definition.start.as_str());
    let Some(start) = start.filter(|start| !graph.name(*start).is_done()) else {
        return;
    };
    let mut reached = HashSet::from([start]);
    let mut next = vec![start];
    while let Some(step) = next.pop() {
        next.extend(graph.successors(step).filter(|step| reached.insert(*step)));
    }
    let is_exempt = |step: &StepIx| subject.definition.on_cancel.as_ref() == Some(graph.name(*step));
    for step in graph
        .places()
        .filter(|step| !reached.contains(step) && !is_exempt(step))
    {
        violations.push(unreachable(graph, step));
    }
}

fn unreachable(graph: &Graph, step: StepIx) -> Violation {
    let name = graph.name(step);
    let sources: HashSet<StepIx> = graph.incoming[step.0]
        .iter()
        .map(|edge| graph.edges[edge.0].source)
        .collect();
    let message = if sources.is_empty() {
        format!("no transition leads to `{name}`")
    } else {
        let sources = graph
            .places()
            .filter(|place| sources.contains(place))
            .map(|place| graph.name(place));
        format!(
            "only steps that can't be reached themselves lead to `{name}`: {}",
            list(sources)
        )
    };
    let fix = "let a transition lead to it from a step that can be reached, or remove it";
    Violation::new(ViolationKind::Unreachable, message, fix).at(name)
}
