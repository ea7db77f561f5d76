//! What an instance waits for.

use hephaestus_host::core::engine::{InstanceState, StepState};
use hephaestus_host::core::{EventName, StepRef, Timestamp};

/// A step that waits for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WaitingStep {
    /// The step.
    pub(crate) step: StepRef,
    /// The events that it accepts and that somebody can usefully send: all but `timeout`, unless that is all.
    pub(crate) events: Vec<EventName>,
    /// Since when it waits.
    pub(crate) since: Timestamp,
    /// When `timeout` ends its wait.
    pub(crate) timeout_due: Option<Timestamp>,
}

/// The steps of an instance that wait for events, in the order of the definition.
pub(crate) fn waiting_steps(state: &InstanceState) -> Vec<WaitingStep> {
    state
        .steps()
        .filter_map(|(step, at)| {
            let StepState::Waiting { since, timer, .. } = at else {
                return None;
            };
            let accepts = state.workflow().find(step)?.accepts.clone();
            let timeout_due = timer.and_then(|number| Some(state.timers().get(&number)?.due));
            Some(WaitingStep {
                step: step.clone(),
                events: worth_sending(accepts),
                since: *since,
                timeout_due,
            })
        })
        .collect()
}

fn worth_sending(accepts: Vec<EventName>) -> Vec<EventName> {
    let timeout = EventName::timeout();
    if accepts.iter().all(|event| *event == timeout) {
        return accepts;
    }
    accepts.into_iter().filter(|event| *event != timeout).collect()
}
