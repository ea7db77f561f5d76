//! Timers: due (T-0 to T-5), scheduled (S-1 to S-6), cancelled.

use std::time::Duration;

use super::attempt::accepts_timeout;
use super::complete::{Completing, complete};
use super::event::may_wait;
use super::finish::end;
use super::{Decision, EngineLimits, Refusal, explain};
use crate::engine::{
    Cause, EndStatus, Failure, FailureKind, InstanceFailure, InstanceState, Record, Routed, StepState, Timer,
    TimerPurpose,
};
use crate::{EventName, StepRef, Timestamp};

pub(super) fn due(state: &InstanceState, number: u32, routed: Option<&Routed>) -> Decision {
    let Some(timer) = state.timers().get(&number) else {
        return Decision::NOTHING; // T-0
    };
    let Some(step) = timer.purpose.step() else {
        return deadline(state); // T-5
    };
    let Some(at) = state.workflow().index(step.as_str()) else {
        return Decision::NOTHING; // no state holds a timer of a step that isn't there
    };
    match (&timer.purpose, &state.slot(at).state) {
        // T-1, T-2
        (TimerPurpose::Wait(_) | TimerPurpose::Scheduled(_), StepState::Waiting { attempt, .. }) => {
            let completing = Completing::wait(at, *attempt, Cause::Timer(number));
            complete(state, Vec::with_capacity(2), completing, routed)
        }
        (TimerPurpose::Scheduled(_), _) => Decision::Records(vec![Record::TimerQueued { number }]), // T-3
        (TimerPurpose::Retry(_), StepState::Retrying { attempt, .. }) => {
            let (step, attempt) = (step.clone(), *attempt);
            Decision::Records(vec![Record::StepReady { step, attempt }]) // T-4
        }
        _ => Decision::NOTHING,
    }
}

fn deadline(state: &InstanceState) -> Decision {
    let created_at = state.created_at();
    let allowed = state
        .created()
        .deadline
        .as_ref()
        .map(|timer| timer.due.since(created_at));
    let message = format!(
        "the instance has not ended within {:?} of its creation",
        allowed.unwrap_or_default()
    );
    let failure = InstanceFailure {
        step: None,
        failure: Failure::new(FailureKind::Deadline, message),
    };
    let mut records = Vec::with_capacity(1);
    end(state, &mut records, EndStatus::Failed, Some(failure), None);
    Decision::Records(records)
}

pub(super) fn schedule(
    state: &InstanceState,
    step: &StepRef,
    delay: Duration,
    due: Timestamp,
    limits: &EngineLimits,
) -> Result<Decision, Refusal> {
    let status = state.status();
    if status.is_terminal() {
        return Err(Refusal::Terminal { status }); // S-1
    }
    let at = state.workflow().index(step.as_str());
    let at = at.ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?; // S-2
    if delay.is_zero() {
        return Err(Refusal::InvalidDelay); // S-3
    }
    if !accepts_timeout(state, at) || !may_wait(state, at) {
        return Err(Refusal::NotExpected {
            event: EventName::timeout(),
            reason: explain::no_timeout(state, at),
        }); // S-4
    }
    let scheduled = state
        .timers()
        .values()
        .filter(|timer| is_scheduled(timer))
        .count();
    if scheduled + state.queue().len() >= limits.max_inbox {
        return Err(Refusal::InboxFull {
            limit: limits.max_inbox,
        }); // S-6
    }
    Ok(Decision::Records(vec![Record::TimerSet(Timer {
        number: state.next_timer(),
        due,
        purpose: TimerPurpose::Scheduled(step.clone()),
    })])) // S-5
}

pub(super) fn cancel(state: &InstanceState, number: u32) -> Result<Decision, Refusal> {
    let status = state.status();
    if status.is_terminal() {
        return Err(Refusal::Terminal { status });
    }
    match state.timers().get(&number) {
        Some(timer) if is_scheduled(timer) => {
            Ok(Decision::Records(vec![Record::TimerCancelled { number }]))
        }
        _ => Err(Refusal::UnknownTimer { number }),
    }
}

fn is_scheduled(timer: &Timer) -> bool {
    matches!(timer.purpose, TimerPurpose::Scheduled(_))
}
