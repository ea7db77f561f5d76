//! Anything that can happen to an instance, as bytes decide: mostly to the steps that it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::definition::limits::{MAX_ATTEMPTS, MAX_SPAN};
use hephaestus_core::definition::{Backoff, RetryPolicy};
use hephaestus_core::engine::{
    Failure, FailureKind, HostCalls, Input, InstanceState, Outcome, Receipt, Routing, SentEvent,
};
use hephaestus_core::{EventId, EventName, Json, StepRef, Timestamp};

use crate::draw::Draw;

const STEPS: [&str; 9] = [
    "first", "left", "right", "ask", "skipped", "last", "tidy", "done", "nowhere",
];
const EVENTS: [&str; 8] = [
    "both",
    "skip",
    "ok",
    "approved",
    "timeout",
    "failed",
    "cancelled",
    "other",
];
const KINDS: [FailureKind; 10] = [
    FailureKind::GuestError,
    FailureKind::Trap,
    FailureKind::Deadline,
    FailureKind::MemoryLimit,
    FailureKind::OutputLimit,
    FailureKind::OutputInvalid,
    FailureKind::CapabilityDenied,
    FailureKind::Routing,
    FailureKind::Host,
    FailureKind::Stuck,
];

/// One of them.
pub(super) fn input(state: &InstanceState, draw: &mut Draw<'_>) -> Input {
    let (step, attempt) = attempt(state, draw);
    match draw.below(13) {
        0..3 => Input::Attempt {
            step,
            attempt,
            outcome: outcome(draw),
            receipt: draw.one_in(2).then(|| receipt(draw)),
            routing: None,
            retry: draw.one_in(4).then(|| Arc::new(retry(draw))),
        },
        3 => Input::AttemptBegins {
            since: state.ready_since(&step),
            step,
            attempt,
        },
        4 => Input::Checkpoint {
            since: state.ready_since(&step),
            step,
            attempt,
            value: json(draw),
        },
        5 => Input::Event {
            event: sent(draw),
            routing: None,
        },
        6 => Input::TimerDue {
            number: timer(state, draw),
            routing: None,
        },
        7 => Input::Schedule {
            step,
            delay: Duration::from_millis(draw.number()),
        },
        8 => Input::CancelTimer {
            number: timer(state, draw),
        },
        9 => Input::Cancel {
            reason: draw.one_in(2).then(|| "because".to_owned()),
        },
        10 => Input::Retry,
        11 => Input::HostRestarted,
        _ => Input::HostStops,
    }
}

/// An answer of `transit`.
pub(super) fn routing(draw: &mut Draw<'_>) -> Routing {
    if draw.one_in(4) {
        return Err(failure(draw));
    }
    Ok((0..draw.below(4)).map(|_| step(draw)).collect())
}

fn attempt(state: &InstanceState, draw: &mut Draw<'_>) -> (StepRef, u32) {
    let ready: Vec<(StepRef, u32)> = state
        .ready()
        .map(|(step, attempt)| (step.clone(), attempt))
        .collect();
    if ready.is_empty() || draw.one_in(4) {
        let attempt = u32::try_from(draw.number()).unwrap_or(u32::MAX);
        return (step(draw), attempt);
    }
    ready[draw.below(ready.len())].clone()
}

fn timer(state: &InstanceState, draw: &mut Draw<'_>) -> u32 {
    let known: Vec<u32> = state.timers().keys().copied().collect();
    draw.of(&known).unwrap_or(u32::from(draw.byte()))
}

fn name<T: std::str::FromStr<Err = hephaestus_core::InvalidName>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn step(draw: &mut Draw<'_>) -> StepRef {
    name(STEPS[draw.below(STEPS.len())])
}

fn event(draw: &mut Draw<'_>) -> EventName {
    name(EVENTS[draw.below(EVENTS.len())])
}

fn json(draw: &mut Draw<'_>) -> Json {
    Json::from(serde_json::json!({ "n": draw.number() }))
}

fn outcome(draw: &mut Draw<'_>) -> Outcome {
    match draw.below(4) {
        0 | 1 => Outcome::Completed {
            event: event(draw),
            result: draw.one_in(2).then(|| json(draw)),
            metadata: BTreeMap::new(),
        },
        2 => Outcome::Wait {
            resume_after: draw.one_in(2).then(|| Duration::from_millis(draw.number())),
        },
        _ => Outcome::Failed(failure(draw)),
    }
}

fn failure(draw: &mut Draw<'_>) -> Failure {
    Failure {
        kind: KINDS[draw.below(KINDS.len())],
        message: "so".to_owned(),
        retryable: draw.one_in(2),
    }
}

fn receipt(draw: &mut Draw<'_>) -> Receipt {
    Receipt {
        wall_us: draw.number(),
        memory_bytes: draw.number(),
        reused: draw.one_in(2),
        cpu_us: draw.number(),
        bytes_out: draw.number(),
        host_calls: HostCalls {
            context: draw.number(),
            wasi: draw.number(),
            ..HostCalls::default()
        },
        ..Receipt::nothing(Timestamp(draw.number()))
    }
}

fn sent(draw: &mut Draw<'_>) -> SentEvent {
    let id = format!("e{}", draw.below(6));
    SentEvent {
        event_id: EventId::new(&id).unwrap_or_else(|error| panic!("{error}")),
        event: event(draw),
        step: draw.one_in(3).then(|| step(draw)),
        payload: draw.one_in(2).then(|| json(draw)),
    }
}

/// What a manifest may say.
fn retry(draw: &mut Draw<'_>) -> RetryPolicy {
    let backoffs = [Backoff::Constant, Backoff::Linear, Backoff::Exponential];
    let span = |draw: &mut Draw<'_>| MAX_SPAN.min(Duration::from_millis(draw.number()));
    RetryPolicy {
        max_attempts: 1 + u32::from(draw.byte()) % MAX_ATTEMPTS,
        backoff: backoffs[draw.below(backoffs.len())],
        initial: span(draw),
        cap: span(draw),
        jitter_percent: draw.byte() % 101,
    }
}
