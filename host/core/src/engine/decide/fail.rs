//! A step fails for good (J-7, J-8, J-10).

use super::Decision;
use super::finish::{end, go_on};
use super::route::{Route, route};
use super::settle::settle;
use crate::EventName;
use crate::definition::StepIx;
use crate::engine::{EndStatus, Failure, InstanceFailure, InstanceState, Receipt, Record, Routed};

/// A step that is about to fail for good.
pub(super) struct Failing {
    pub(super) step: StepIx,
    pub(super) attempt: u32,
    pub(super) failure: Failure,
    pub(super) receipt: Option<Receipt>,
}

/// The answer that an input brings for the transition for `failed`; `None`: nobody can be asked (D-4).
pub(super) type Asking<'a> = Option<Option<&'a Routed>>;

/// The step fails; `records` come before it in the same commit.
pub(super) fn fail(
    state: &InstanceState,
    mut records: Vec<Record>,
    failing: Failing,
    asking: Asking<'_>,
) -> Decision {
    let step = failing.step;
    let event = EventName::failed();
    let has_answer = !state.was_cancelled() && state.workflow().transition(step, &event).is_some();
    if !has_answer {
        return give_up(state, records, failing);
    }
    let chosen = match (route(state, step, &event, asking.flatten()), asking) {
        (Route::To(chosen), _) => chosen,
        (Route::Ask, None) => return give_up(state, records, failing),
        (Route::Ask, Some(_)) => {
            return Decision::Route {
                step: state.name(step).clone(),
                event,
                result: None,
            };
        }
        (Route::Failed(failure), _) => {
            let message = format!(
                "{} (after {}: {})",
                failure.message, failing.failure.kind, failing.failure.message
            );
            let failure = Failure::new(failure.kind, message);
            return give_up(state, records, Failing { failure, ..failing });
        }
    };
    let settled = settle(state, step, &event, chosen.as_deref());
    records.push(Record::StepFailed {
        step: state.name(step).clone(),
        attempt: failing.attempt,
        failure: failing.failure,
        chosen,
        advance: Some(settled.advance.clone()),
        receipt: failing.receipt,
    });
    go_on(state, &mut records, (step, &event), &settled);
    Decision::Records(records)
}

/// J-8 and J-10: the graph has no answer.
fn give_up(state: &InstanceState, mut records: Vec<Record>, failing: Failing) -> Decision {
    let step = state.name(failing.step).clone();
    records.push(Record::StepFailed {
        step: step.clone(),
        attempt: failing.attempt,
        failure: failing.failure.clone(),
        chosen: None,
        advance: None,
        receipt: failing.receipt,
    });
    let failure = InstanceFailure {
        step: Some(step),
        failure: failing.failure,
    };
    end(state, &mut records, EndStatus::Failed, Some(failure), None);
    Decision::Records(records)
}
