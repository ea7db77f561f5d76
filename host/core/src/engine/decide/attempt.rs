//! An attempt ended.

use std::time::Duration;

use super::complete::{Completing, complete};
use super::fail::{Failing, fail};
use super::refusal::list;
use super::{Decision, Refusal};
use crate::definition::{RetryPolicy, StepIx};
use crate::engine::state::Item;
use crate::engine::{
    Cause, Failure, FailureKind, InstanceState, Outcome, Receipt, Record, Routed, StepState, Timer,
    TimerPurpose,
};
use crate::{EventName, InstanceId, StepRef, Timestamp};

/// How an attempt ended.
pub(super) struct Report<'a> {
    pub(super) attempt: u32,
    pub(super) outcome: &'a Outcome,
    pub(super) receipt: Option<&'a Receipt>,
    /// The operator's, which goes before the workflow's.
    pub(super) retry: Option<&'a RetryPolicy>,
}

pub(super) fn decide(
    state: &InstanceState,
    step: &StepRef,
    report: Report<'_>,
    routed: Option<&Routed>,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let at = state
        .workflow()
        .index(step.as_str())
        .ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?;
    let current = StepState::Ready {
        attempt: report.attempt,
    };
    if state.slot(at).state != current {
        return Ok(Decision::NOTHING);
    }
    let decision = match report.outcome {
        Outcome::Completed {
            event,
            result,
            metadata,
        } => {
            let emits = &state.workflow().step(at).emits;
            if !emits.contains(event) {
                let failure = undeclared(step, event, emits);
                return Ok(attempt_failed(state, at, &report, &failure, now));
            }
            let completing = Completing {
                step: at,
                attempt: report.attempt,
                event: event.clone(),
                cause: Cause::Emitted,
                result: result.clone(),
                metadata: metadata.clone(),
                receipt: report.receipt.cloned(),
            };
            complete(state, Vec::with_capacity(2), completing, routed)
        }
        Outcome::Wait { resume_after } => match check_wait(state, at, *resume_after) {
            Err(failure) => attempt_failed(state, at, &report, &failure, now),
            Ok(()) => wait(state, at, &report, *resume_after, (routed, now)),
        },
        Outcome::Failed(failure) => attempt_failed(state, at, &report, failure, now),
    };
    Ok(decision)
}

fn undeclared(step: &StepRef, event: &EventName, emits: &[EventName]) -> Failure {
    let declared = if emits.is_empty() {
        "it declares none".to_owned()
    } else {
        format!("it declares {}", list(emits))
    };
    let message = format!("`{step}` ended with the event `{event}`, but {declared}");
    Failure::new(FailureKind::OutputInvalid, message)
}

fn check_wait(state: &InstanceState, at: StepIx, resume_after: Option<Duration>) -> Result<(), Failure> {
    let step = state.workflow().step(at);
    let problem = if step.accepts.is_empty() {
        "it accepts no event that could end the wait"
    } else if resume_after.is_some() && !accepts_timeout(state, at) {
        "it does not accept `timeout`, which the end of its pause would send"
    } else {
        return Ok(());
    };
    let message = format!("`{}` asked to wait, but {problem}", step.name);
    Err(Failure::new(FailureKind::OutputInvalid, message))
}

/// Whether due timers can end the wait of a step.
pub(super) fn accepts_timeout(state: &InstanceState, at: StepIx) -> bool {
    let accepts = &state.workflow().step(at).accepts;
    accepts.iter().any(|event| event.as_str() == "timeout")
}

///
fn wait(
    state: &InstanceState,
    at: StepIx,
    report: &Report<'_>,
    resume_after: Option<Duration>,
    (routed, now): (Option<&Routed>, Timestamp),
) -> Decision {
    let step = state.workflow().step(at);
    let accepts = |event: &str| step.accepts.iter().any(|accepted| accepted.as_str() == event);
    let queued = state.queue().first_for((at, &step.name), accepts);
    let timer = resume_after.filter(|_| queued.is_none()).map(|delay| Timer {
        number: state.next_timer(),
        due: now.after(delay),
        purpose: TimerPurpose::Wait(step.name.clone()),
    });
    let waiting = Record::StepWaiting {
        step: step.name.clone(),
        attempt: report.attempt,
        timer,
        receipt: report.receipt.cloned(),
    };
    let completing = match queued {
        None => return Decision::Records(vec![waiting]),
        Some(Item::Event(sent)) => Completing {
            event: sent.event.clone(),
            result: sent.payload.clone(),
            ..Completing::wait(at, report.attempt, Cause::Sent(sent.event_id.clone()))
        },
        Some(Item::Timeout { number, .. }) => Completing::wait(at, report.attempt, Cause::Timer(*number)),
    };
    complete(state, vec![waiting], completing, routed)
}

///
fn attempt_failed(
    state: &InstanceState,
    at: StepIx,
    report: &Report<'_>,
    failure: &Failure,
    now: Timestamp,
) -> Decision {
    let policy = report
        .retry
        .cloned()
        .unwrap_or_else(|| state.workflow().retry_policy(at));
    let made = report.attempt.saturating_sub(state.slot(at).forgiven);
    if !failure.is_retryable() || made >= policy.max_attempts {
        let failing = Failing {
            step: at,
            attempt: report.attempt,
            failure: failure.clone(),
            receipt: report.receipt.cloned(),
        };
        return Decision::Records(fail(state, Vec::with_capacity(2), failing));
    }
    let step = state.name(at).clone();
    let seed = seed(state.created().instance, &step, report.attempt);
    let retry = Timer {
        number: state.next_timer(),
        due: now.after(policy.delay(made, seed)),
        purpose: TimerPurpose::Retry(step.clone()),
    };
    Decision::Records(vec![Record::AttemptFailed {
        step,
        attempt: report.attempt,
        failure: failure.clone(),
        retry,
        receipt: report.receipt.cloned(),
    }])
}

/// Spreads the retries of many instances and steps: FNV-1a over what names the attempt, then mixed so that every bit counts.
fn seed(instance: InstanceId, step: &StepRef, attempt: u32) -> u64 {
    let named = instance.0.as_bytes().iter().chain(step.as_str().as_bytes());
    let bytes = named.copied().chain(attempt.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
