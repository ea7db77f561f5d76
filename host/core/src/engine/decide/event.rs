//! Somebody sends an event (E-1 to E-9).

use super::complete::{Completing, complete};
use super::{Decision, EngineLimits, Refusal, explain};
use crate::definition::StepIx;
use crate::engine::{Cause, InstanceState, Record, Routed, SentEvent, StepState};

pub(super) fn decide(
    state: &InstanceState,
    sent: &SentEvent,
    routed: Option<&Routed>,
    limits: &EngineLimits,
) -> Result<Decision, Refusal> {
    if state.has_accepted(&sent.event_id) {
        return Ok(Decision::NOTHING); // E-1
    }
    let status = state.status();
    if status.is_terminal() {
        return Err(Refusal::Terminal { status }); // E-2
    }
    let candidates = candidates(state, sent)?;
    let waiting: Vec<(StepIx, u32)> = candidates
        .iter()
        .filter_map(|&step| match state.slot(step).state {
            StepState::Waiting { attempt, .. } => Some((step, attempt)),
            _ => None,
        })
        .collect();
    match waiting.as_slice() {
        [] => keep(state, sent, &candidates, limits),
        [(step, attempt)] => Ok(deliver(state, sent, (*step, *attempt), routed)), // E-6
        several => Err(Refusal::Ambiguous {
            event: sent.event.clone(),
            steps: several
                .iter()
                .map(|(step, _)| state.name(*step).clone())
                .collect(),
        }), // E-5
    }
}

/// The steps that accept the event by their definition (E-3, E-4).
fn candidates(state: &InstanceState, sent: &SentEvent) -> Result<Vec<StepIx>, Refusal> {
    let workflow = state.workflow();
    let named = match &sent.step {
        Some(step) => {
            let found = workflow.index(step.as_str());
            Some(found.ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?)
        }
        None => None,
    };
    let accepts = |step: &StepIx| {
        named.is_none_or(|named| named == *step) && workflow.step(*step).accepts.contains(&sent.event)
    };
    let candidates: Vec<StepIx> = match sent.event.is_failed() {
        true => Vec::new(),
        false => state.places().filter(accepts).collect(),
    };
    if candidates.is_empty() {
        return Err(Refusal::NotExpected {
            event: sent.event.clone(),
            reason: explain::not_accepted(state, sent, named),
        });
    }
    Ok(candidates)
}

/// E-7 to E-9: none waits yet.
fn keep(
    state: &InstanceState,
    sent: &SentEvent,
    candidates: &[StepIx],
    limits: &EngineLimits,
) -> Result<Decision, Refusal> {
    if !candidates.iter().any(|&step| may_wait(state, step)) {
        return Err(Refusal::NotExpected {
            event: sent.event.clone(),
            reason: explain::too_late(state, &sent.event, candidates),
        }); // E-9
    }
    if state.queue().len() >= limits.max_inbox {
        return Err(Refusal::InboxFull {
            limit: limits.max_inbox,
        }); // E-7
    }
    Ok(Decision::Records(vec![Record::EventAccepted(sent.clone())])) // E-8
}

/// Whether a step waits, or may yet. While cancelling only the clean-up step is anything but idle or ended.
pub(super) fn may_wait(state: &InstanceState, step: StepIx) -> bool {
    match &state.slot(step).state {
        StepState::Idle => !state.was_cancelled(),
        other => other.is_active(),
    }
}

fn deliver(
    state: &InstanceState,
    sent: &SentEvent,
    (step, attempt): (StepIx, u32),
    routed: Option<&Routed>,
) -> Decision {
    let completing = Completing {
        event: sent.event.clone(),
        result: sent.payload.clone(),
        ..Completing::wait(step, attempt, Cause::Sent(sent.event_id.clone()))
    };
    let records = vec![Record::EventAccepted(sent.clone())];
    complete(state, records, completing, routed)
}
