//! The host that executed the instance is gone (H-1 to H-3).

use super::fail::{Failing, fail};
use super::{Decision, EngineLimits};
use crate::definition::StepIx;
use crate::engine::{Failure, FailureKind, InstanceState, Record, StepState, advance};
use crate::{StepRef, Timestamp};

pub(super) fn decide(state: &InstanceState, limits: &EngineLimits, now: Timestamp) -> Decision {
    let steps: Vec<StepRef> = state.ready().map(|(step, _)| step.clone()).collect();
    if steps.is_empty() {
        return Decision::NOTHING; // H-1
    }
    let worn: Vec<StepIx> = state
        .places()
        .filter(|&step| {
            let slot = state.slot(step);
            matches!(slot.state, StepState::Ready { .. }) && slot.recoveries >= limits.max_recoveries
        })
        .collect();
    let mut records = vec![Record::AttemptsLost { steps }]; // H-2
    for step in worn {
        match wear_out(state, &records, step, now) {
            Some(more) => records.extend(more),
            None => break,
        }
    }
    Decision::Records(records)
}

/// H-3: what follows `records` because a step was lost too often. `None`: the instance has ended before.
fn wear_out(state: &InstanceState, records: &[Record], step: StepIx, now: Timestamp) -> Option<Vec<Record>> {
    // Rare enough to afford a copy; each failure may make steps ready, or dead, that the next one must know of.
    let (state, _) = advance(state.clone(), records.to_vec(), now).ok()?;
    let slot = state.slot(step);
    let StepState::Ready { attempt } = slot.state else {
        return None;
    };
    let message = format!(
        "the host ended {} times while `{}` was ready or running",
        slot.recoveries,
        state.name(step)
    );
    let failing = Failing {
        step,
        attempt,
        failure: Failure::new(FailureKind::Host, message),
        receipt: None,
    };
    Some(fail(&state, Vec::new(), failing))
}
