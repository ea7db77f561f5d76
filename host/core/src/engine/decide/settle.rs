//! What becomes of the steps behind one that ends (J-1 to J-4).

use crate::definition::StepIx;
use crate::engine::state::is_taken;
use crate::engine::{Advance, InstanceState, StepState};
use crate::{EventName, StepRef};

/// The graph after a step has ended.
pub(super) struct Settled {
    /// For the record.
    pub(super) advance: Advance,
    /// The steps that became ready, in the order of the definition.
    pub(super) ready: Vec<StepIx>,
    /// The steps that died, in the order of the definition.
    pub(super) dead: Vec<StepIx>,
    /// All edges, by place: open, taken, dead.
    pub(super) edges: Vec<Option<bool>>,
}

/// Lets `source` end with `event`, and runs the joins behind it until nothing changes.
pub(super) fn settle(
    state: &InstanceState,
    source: StepIx,
    event: &EventName,
    chosen: Option<&[StepRef]>,
) -> Settled {
    let workflow = state.workflow();
    let mut edges = state.edge_values().to_vec();
    let mut affected = Vec::new();
    for &edge in workflow.outgoing(source) {
        edges[edge.0] = Some(is_taken(workflow, edge, event, chosen));
        affected.push(workflow.edge(edge).target);
    }
    let mut settled = vec![false; workflow.steps().len()];
    let (mut ready, mut dead) = (Vec::new(), Vec::new());
    while let Some(step) = affected.pop() {
        if settled[step.0] || state.slot(step).state != StepState::Idle {
            continue;
        }
        let Some(runs) = workflow.evaluate_join(step, |edge| edges[edge.0]) else {
            continue;
        };
        settled[step.0] = true;
        if runs {
            ready.push(step);
            continue;
        }
        dead.push(step);
        for &edge in workflow.outgoing(step) {
            edges[edge.0] = Some(false);
            affected.push(workflow.edge(edge).target);
        }
    }
    ready.sort_unstable();
    dead.sort_unstable();
    let names = |steps: &[StepIx]| steps.iter().map(|&step| state.name(step).clone()).collect();
    Settled {
        advance: Advance {
            ready: names(&ready),
            dead: names(&dead),
        },
        ready,
        dead,
        edges,
    }
}
