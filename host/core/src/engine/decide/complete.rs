//! A step ends with an event, whatever brought it.

use std::collections::BTreeMap;

use super::Decision;
use super::fail::{Failing, fail};
use super::finish::{cancelled, go_on};
use super::route::{Route, route};
use super::settle::settle;
use crate::definition::StepIx;
use crate::engine::{Cause, InstanceState, Receipt, Record, Routed, StepCompleted};
use crate::{EventName, Json};

/// A step that is about to end with an event.
pub(super) struct Completing {
    pub(super) step: StepIx,
    pub(super) attempt: u32,
    pub(super) event: EventName,
    pub(super) cause: Cause,
    pub(super) result: Option<Json>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) receipt: Option<Receipt>,
}

impl Completing {
    /// A wait that an event ends: `timeout` without a payload, unless told otherwise.
    pub(super) fn wait(step: StepIx, attempt: u32, cause: Cause) -> Self {
        Self {
            step,
            attempt,
            event: EventName::timeout(),
            cause,
            result: None,
            metadata: BTreeMap::new(),
            receipt: None,
        }
    }
}

/// The step ends (J-1 and what follows); `records` come before it in the same commit.
pub(super) fn complete(
    state: &InstanceState,
    mut records: Vec<Record>,
    completing: Completing,
    routed: Option<&Routed>,
) -> Decision {
    let step = completing.step;
    let chosen = match route(state, step, &completing.event, routed) {
        Route::To(chosen) => chosen,
        Route::Ask => {
            return Decision::Route {
                step: state.name(step).clone(),
                event: completing.event,
                result: completing.result,
            };
        }
        Route::Failed(failure) => {
            let failing = Failing {
                step,
                attempt: completing.attempt,
                failure,
                receipt: completing.receipt,
            };
            return Decision::Records(fail(state, records, failing));
        }
    };
    let settled = settle(state, step, &completing.event, chosen.as_deref());
    let event = completing.event.clone();
    records.push(Record::StepCompleted(StepCompleted {
        step: state.name(step).clone(),
        attempt: completing.attempt,
        event: completing.event,
        cause: completing.cause,
        result: completing.result,
        metadata: completing.metadata,
        chosen,
        advance: settled.advance.clone(),
        receipt: completing.receipt,
    }));
    if state.was_cancelled() {
        cancelled(state, &mut records);
    } else {
        go_on(state, &mut records, (step, &event), &settled);
    }
    Decision::Records(records)
}
