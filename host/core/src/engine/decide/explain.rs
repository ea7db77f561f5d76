//! Words for people: why an instance is stuck, why an event is not expected.

use super::refusal::list;
use super::settle::Settled;
use crate::definition::{EdgeIx, StepIx};
use crate::engine::{InstanceState, SentEvent, StepState};
use crate::{EventName, StepRef};

/// How many joins a message about a stuck instance names.
const MAX_JOINS: usize = 5;

/// J-6: the joins that died though something led to them, then `done`; for each its dead transitions and why.
pub(super) fn stuck(state: &InstanceState, ended: (StepIx, &EventName), settled: &Settled) -> String {
    let workflow = state.workflow();
    let taken = |edge: &EdgeIx| settled.edges[edge.0] == Some(true);
    let died = |step: &StepIx| state.slot(*step).state == StepState::Dead || settled.dead.contains(step);
    let broken = state
        .places()
        .filter(|step| *step != workflow.done() && died(step))
        .filter(|step| workflow.incoming(*step).iter().any(taken));
    let mut joins: Vec<StepIx> = broken.collect();
    let more = joins.len().saturating_sub(MAX_JOINS);
    joins.truncate(MAX_JOINS);
    joins.push(workflow.done());
    let mut told: Vec<String> = joins
        .into_iter()
        .map(|step| join(state, step, ended, settled))
        .collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    format!(
        "nothing is left to run and `done` was not reached: {}",
        told.join("; ")
    )
}

/// Why a join died: what became of each source of a transition that it misses.
fn join(state: &InstanceState, step: StepIx, ended: (StepIx, &EventName), settled: &Settled) -> String {
    let workflow = state.workflow();
    let missed = workflow.join_culprits(step, |edge| settled.edges[edge.0]);
    let mut sources: Vec<(StepIx, Vec<&EventName>)> = Vec::new();
    for edge in missed {
        let edge = workflow.edge(edge);
        match sources.iter_mut().find(|(source, _)| *source == edge.source) {
            Some((_, needed)) => needed.push(&edge.event),
            None => sources.push((edge.source, vec![&edge.event])),
        }
    }
    let why = sources.into_iter().map(|(source, needed)| {
        let name = state.name(source);
        let died = settled.dead.contains(&source);
        match &state.slot(source).state {
            _ if died => format!("`{name}` can't run"),
            _ if source == ended.0 => came_out(name, ended.1, &needed),
            StepState::Completed { event: Some(event) } => came_out(name, event, &needed),
            StepState::Dead => format!("`{name}` can't run"),
            other => format!("`{name}` {other}"),
        }
    });
    let why: Vec<String> = why.collect();
    format!("`{}` can't run because {}", state.name(step), why.join(" and "))
}

fn came_out(source: &StepRef, event: &EventName, needed: &[&EventName]) -> String {
    if event.is_failed() {
        return format!("`{source}` has failed");
    }
    if needed.contains(&event) {
        return format!("`{source}` chose other targets");
    }
    format!("`{source}` ended with `{event}` instead of {}", list(needed))
}

/// E-4: no step accepts the event by its definition, or not the named one.
pub(super) fn not_accepted(state: &InstanceState, sent: &SentEvent, named: Option<StepIx>) -> String {
    let event = &sent.event;
    let found = if event.is_failed() {
        "event `failed` is reserved and can't be sent".to_owned()
    } else if let Some(step) = named {
        let step = state.workflow().step(step);
        let accepted = match step.accepts.as_slice() {
            [] => "it accepts none".to_owned(),
            accepts => format!("it accepts {}", list(accepts)),
        };
        format!(
            "step `{}` does not accept event `{event}` ({accepted})",
            step.name
        )
    } else {
        format!("no step accepts event `{event}`")
    };
    format!("{found}; {}", accepted_now(state))
}

/// E-9: the steps that accept the event are through.
pub(super) fn too_late(state: &InstanceState, event: &EventName, candidates: &[StepIx]) -> String {
    let fates: Vec<String> = candidates.iter().map(|&step| fate(state, step)).collect();
    format!(
        "no step can take event `{event}` any more: {}; {}",
        fates.join(", "),
        accepted_now(state)
    )
}

/// S-4.
pub(super) fn no_timeout(state: &InstanceState, step: StepIx) -> String {
    if super::attempt::accepts_timeout(state, step) {
        format!("no timer can be set any more: {}", fate(state, step))
    } else {
        let name = state.name(step);
        format!("step `{name}` does not accept event `timeout`, which a due timer sends")
    }
}

fn fate(state: &InstanceState, step: StepIx) -> String {
    let name = state.name(step);
    match &state.slot(step).state {
        StepState::Idle => format!("`{name}` will not run, the instance is being cancelled"),
        other => format!("`{name}` {other}"),
    }
}

fn accepted_now(state: &InstanceState) -> String {
    let waiting: Vec<String> = state
        .accepting()
        .map(|(step, events): (&StepRef, &[EventName])| format!("`{step}` waits for {}", list(events)))
        .collect();
    match waiting.as_slice() {
        [] => "no step is waiting for an event now".to_owned(),
        waiting => format!("now {}", waiting.join(", ")),
    }
}
