//! A step fails for good (J-7, J-8, J-10).

use super::finish::{end, go_on};
use super::settle::settle;
use crate::EventName;
use crate::definition::StepIx;
use crate::engine::{EndStatus, Failure, InstanceFailure, InstanceState, Receipt, Record};

/// A step that is about to fail for good.
pub(super) struct Failing {
    pub(super) step: StepIx,
    pub(super) attempt: u32,
    pub(super) failure: Failure,
    pub(super) receipt: Option<Receipt>,
}

/// The step fails; `records` come before it in the same commit. The transition for `failed` is never dynamic, so there is
/// nothing to ask.
pub(super) fn fail(state: &InstanceState, mut records: Vec<Record>, failing: Failing) -> Vec<Record> {
    let step = failing.step;
    let event = EventName::failed();
    let is_answered = !state.was_cancelled() && state.workflow().transition(step, &event).is_some();
    let settled = is_answered.then(|| settle(state, step, &event, None));
    let failure = InstanceFailure {
        step: Some(state.name(step).clone()),
        failure: failing.failure.clone(),
    };
    records.push(Record::StepFailed {
        step: state.name(step).clone(),
        attempt: failing.attempt,
        failure: failing.failure,
        advance: settled.as_ref().map(|settled| settled.advance.clone()),
        receipt: failing.receipt,
    });
    match settled {
        Some(settled) => go_on(state, &mut records, (step, &event), &settled),
        None => end(state, &mut records, EndStatus::Failed, Some(failure), None),
    }
    records
}
