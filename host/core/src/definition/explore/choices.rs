//! The ways in which a step can end.

use crate::EventName;
use crate::definition::random::SplitMix64;
use crate::definition::{EdgeIx, StepIx, Workflow};

/// One way in which a step can end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) event: EventName,
    /// The edges that are taken; the other ones that leave the step are dead.
    pub(super) taken: Vec<EdgeIx>,
    pub(super) is_dynamic: bool,
}

/// An event that a step can end with, and the edges that belong to it.
struct Branch {
    event: EventName,
    edges: Vec<EdgeIx>,
    is_dynamic: bool,
}

/// One for each event of `step` that has a transition, in the order of the definition: emitted, accepted, `failed`.
fn branches(workflow: &Workflow, step: StepIx) -> Vec<Branch> {
    let definition = workflow.step(step);
    let failed = EventName::failed();
    let mut branches: Vec<Branch> = Vec::new();
    for event in definition
        .emits
        .iter()
        .chain(&definition.accepts)
        .chain([&failed])
    {
        let is_known = branches.iter().any(|branch| branch.event == *event);
        let Some(transition) = workflow.transition(step, event).filter(|_| !is_known) else {
            continue;
        };
        let edges = workflow.outgoing(step).iter().copied();
        branches.push(Branch {
            event: event.clone(),
            edges: edges.filter(|at| workflow.edge(*at).event == *event).collect(),
            is_dynamic: transition.targets.is_dynamic(),
        });
    }
    branches
}

/// All ways in which `step` can end; `None` if there are more than `max`.
pub(super) fn all(workflow: &Workflow, step: StepIx, max: usize) -> Option<Vec<Choice>> {
    let mut choices = Vec::new();
    for Branch {
        event,
        edges,
        is_dynamic,
    } in branches(workflow, step)
    {
        let subsets = if is_dynamic {
            non_empty_subsets(&edges, max)?
        } else {
            vec![edges]
        };
        choices.extend(subsets.into_iter().map(|taken| Choice {
            event: event.clone(),
            taken,
            is_dynamic,
        }));
        if choices.len() > max {
            return None;
        }
    }
    Some(choices)
}

/// `None` if there are more than `max`.
fn non_empty_subsets(edges: &[EdgeIx], max: usize) -> Option<Vec<Vec<EdgeIx>>> {
    let count = 1_usize.checked_shl(u32::try_from(edges.len()).ok()?)?;
    let subset = |bits: usize| {
        let is_in = move |at: &usize| bits >> at & 1 == 1;
        (0..edges.len()).filter(is_in).map(|at| edges[at]).collect()
    };
    (count <= max).then(|| (1..count).map(subset).collect())
}

/// One of the ways in which `step` can end: each event equally likely, and each non-empty set of targets. `None` for a
/// step that has no event.
pub(super) fn any(workflow: &Workflow, step: StepIx, random: &mut SplitMix64) -> Option<Choice> {
    let mut branches = branches(workflow, step);
    let last = u64::try_from(branches.len().checked_sub(1)?).ok()?;
    let at = usize::try_from(random.up_to(last)).ok()?;
    let Branch {
        event,
        edges,
        is_dynamic,
    } = branches.swap_remove(at);
    let taken = if is_dynamic {
        any_subset(&edges, random)
    } else {
        edges
    };
    Some(Choice {
        event,
        taken,
        is_dynamic,
    })
}

/// A set that isn't empty; `edges` isn't either.
fn any_subset(edges: &[EdgeIx], random: &mut SplitMix64) -> Vec<EdgeIx> {
    loop {
        let subset: Vec<EdgeIx> = edges.iter().copied().filter(|_| random.up_to(1) == 1).collect();
        if !subset.is_empty() || edges.is_empty() {
            return subset;
        }
    }
}
