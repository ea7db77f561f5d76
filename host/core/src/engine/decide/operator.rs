//! What an operator orders: cancel (C-1 to C-4), retry.

use super::finish::{end, stopped};
use super::{Decision, Refusal};
use crate::StepRef;
use crate::definition::StepIx;
use crate::engine::{EndStatus, InstanceState, InstanceStatus, Record, StepState};

pub(super) fn cancel(state: &InstanceState, reason: Option<&String>) -> Result<Decision, Refusal> {
    let status = state.status();
    if status.is_terminal() {
        return Err(Refusal::Terminal { status }); // C-1
    }
    if state.was_cancelled() {
        return Ok(Decision::NOTHING); // C-2
    }
    let mut records = Vec::with_capacity(1);
    let cleanup = state.workflow().on_cancel();
    match cleanup.filter(|&step| state.slot(step).state == StepState::Idle) {
        None => end(state, &mut records, EndStatus::Cancelled, None, reason.cloned()), // C-3
        Some(cleanup) => records.push(Record::Cancelling {
            reason: reason.cloned(),
            stopped: stopped(state, &[]),
            cleanup: state.name(cleanup).clone(),
        }), // C-4
    }
    Ok(Decision::Records(records))
}

pub(super) fn retry(state: &InstanceState) -> Result<Decision, Refusal> {
    let status = state.status();
    if status != InstanceStatus::Failed {
        return Err(Refusal::NotRetryable {
            reason: format!("it is {status}, only a failed instance can be"),
        });
    }
    let culprit = state.failure().and_then(|failure| failure.step.clone());
    let culprit = culprit.and_then(|step| state.workflow().index(step.as_str()));
    let stopped = state.suspended_steps();
    let mut ready: Vec<StepIx> = culprit.into_iter().collect();
    let mut resumed = Vec::new();
    for (step, was) in stopped {
        match was {
            StepState::Ready { .. } => ready.push(*step),
            _ => resumed.push(*step),
        }
    }
    if ready.is_empty() && resumed.is_empty() {
        return Err(Refusal::NotRetryable {
            reason: "it is stuck, every step has ended: a retry would get stuck again".to_owned(),
        });
    }
    ready.sort_unstable();
    resumed.sort_unstable();
    let names = |steps: Vec<StepIx>| -> Vec<StepRef> {
        steps.into_iter().map(|step| state.name(step).clone()).collect()
    };
    let events = state.undelivered().map(|event| event.event_id.clone()).collect();
    Ok(Decision::Records(vec![Record::Retried {
        ready: names(ready),
        resumed: names(resumed),
        events,
    }]))
}
