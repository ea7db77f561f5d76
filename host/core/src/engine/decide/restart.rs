//! The host that executed the instance is gone (H-1 to H-3), or about to go (H-4).

use super::fail::{Failing, fail};
use super::{Decision, EngineLimits};
use crate::definition::StepIx;
use crate::engine::{Failure, FailureKind, InstanceState, Record, StepState, advance};
use crate::{StepRef, Timestamp};

pub(super) fn decide(state: &InstanceState, limits: &EngineLimits, now: Timestamp) -> Decision {
    let lost: Vec<StepIx> = executing(state).collect();
    if lost.is_empty() {
        return Decision::NOTHING; // H-1
    }
    let has_begun = |step: &StepIx| state.slot(*step).recovery.has_begun;
    let names =
        |steps: &mut dyn Iterator<Item = StepIx>| steps.map(|step| state.name(step).clone()).collect();
    let mut records = vec![Record::AttemptsLost {
        steps: names(&mut lost.iter().copied()),
        uncounted: names(&mut lost.iter().copied().filter(|step| !has_begun(step))),
        shutdown: false,
    }]; // H-2
    let is_worn =
        |step: &StepIx| has_begun(step) && state.slot(*step).recovery.losses >= limits.max_recoveries;
    for step in lost.into_iter().filter(is_worn) {
        match wear_out(state, &records, step, now) {
            Some(more) => records.extend(more),
            None => break,
        }
    }
    Decision::Records(records)
}

/// H-4.
pub(super) fn stop(state: &InstanceState) -> Decision {
    let steps: Vec<StepRef> = executing(state).map(|step| state.name(step).clone()).collect();
    if steps.is_empty() {
        return Decision::NOTHING;
    }
    Decision::Records(vec![Record::AttemptsLost {
        steps,
        uncounted: Vec::new(),
        shutdown: true,
    }])
}

/// The steps that may be executing, as far as the journal knows.
fn executing(state: &InstanceState) -> impl Iterator<Item = StepIx> {
    state.places().filter(|&step| {
        let slot = state.slot(step);
        matches!(slot.state, StepState::Ready { .. }) && !slot.recovery.is_unannounced()
    })
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
        "the host ended {} times while `{}` was running",
        slot.recovery.losses,
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
