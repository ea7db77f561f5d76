//! How an instance goes on after a step has ended, or ends itself (J-5, J-6, J-9, J-12).

use super::explain;
use super::settle::Settled;
use crate::EventName;
use crate::definition::StepIx;
use crate::engine::{Cause, EndStatus, Ended, Failure, FailureKind, InstanceFailure, InstanceState, Record};
use crate::{EventId, StepRef};

/// After `step` has ended with `event`: the instance completes, gets stuck, or goes on.
pub(super) fn go_on(
    state: &InstanceState,
    records: &mut Vec<Record>,
    (step, event): (StepIx, &EventName),
    settled: &Settled,
) {
    let done = state.workflow().done();
    let was_active = usize::from(state.slot(step).state.is_active());
    if settled.ready.contains(&done) {
        end(state, records, EndStatus::Completed, None, None);
    } else if state.active() == was_active && settled.ready.is_empty() {
        let message = explain::stuck(state, (step, event), settled);
        let failure = InstanceFailure {
            step: None,
            failure: Failure::new(FailureKind::Stuck, message),
        };
        end(state, records, EndStatus::Failed, Some(failure), None);
    }
}

/// J-9: the clean-up step has ended.
pub(super) fn cancelled(state: &InstanceState, records: &mut Vec<Record>) {
    let reason = state.cancel_reason().cloned();
    end(state, records, EndStatus::Cancelled, None, reason);
}

/// The instance ends after `records`: says which events nobody took, and which steps are stopped.
pub(super) fn end(
    state: &InstanceState,
    records: &mut Vec<Record>,
    status: EndStatus,
    failure: Option<InstanceFailure>,
    reason: Option<String>,
) {
    let stopped = stopped(state, records);
    for event_id in undelivered(state, records) {
        records.push(Record::EventUndelivered { event_id });
    }
    records.push(Record::Ended(Ended {
        status,
        failure,
        reason,
        stopped,
    }));
}

/// All steps that are active after `records`, in the order of the definition.
pub(super) fn stopped(state: &InstanceState, records: &[Record]) -> Vec<StepRef> {
    let mut ended: Option<&StepRef> = None;
    let mut ready: &[StepRef] = &[];
    for record in records {
        match record {
            Record::StepCompleted(completed) => {
                ended = Some(&completed.step);
                ready = &completed.advance.ready;
            }
            Record::StepFailed { step, advance, .. } => {
                ended = Some(step);
                ready = advance.as_ref().map_or(&[], |advance| &advance.ready);
            }
            _ => {}
        }
    }
    let active = state.steps().filter(|(name, step)| {
        let is_active = step.is_active() && ended != Some(name);
        is_active || (ready.contains(name) && !name.is_done())
    });
    active.map(|(name, _)| name.clone()).collect()
}

/// The accepted events that no step has taken after `records`, in order of arrival.
fn undelivered(state: &InstanceState, records: &[Record]) -> Vec<EventId> {
    let mut left: Vec<&EventId> = state.queue().events().map(|event| &event.event_id).collect();
    for record in records {
        match record {
            Record::EventAccepted(event) => left.push(&event.event_id),
            Record::StepCompleted(completed) => {
                if let Cause::Sent(id) = &completed.cause {
                    left.retain(|other| *other != id);
                }
            }
            _ => {}
        }
    }
    left.into_iter().cloned().collect()
}
