//! How an instance came out, for programs.

use std::time::Duration;

use hephaestus_host::core::engine::{FailureKind, InstanceStatus, JournalEntry};
use hephaestus_host::core::{
    BusinessId, Digest, EventId, EventName, InstanceId, Json, StepRef, Timestamp, WorkflowName,
    WorkflowVersion,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::line;
use super::list::{Failure, failure};
use crate::commands::Ending;
use crate::report::{Report, StepReport, UntakenEvent, WaitingStep};

#[derive(Serialize)]
struct Object<'a> {
    instance: InstanceId,
    business_id: &'a BusinessId,
    workflow: &'a WorkflowName,
    version: WorkflowVersion,
    digest: Digest,
    status: InstanceStatus,
    interrupted: bool,
    #[serde(serialize_with = "as_map")]
    results: &'a [(StepRef, Json)],
    steps: Vec<Step<'a>>,
    not_needed: &'a [StepRef],
    failure: Option<Failure<'a>>,
    waiting_for: Vec<Waiting<'a>>,
    untaken_events: Vec<Untaken<'a>>,
    notices: &'a [String],
    store: String,
    history: &'a [JournalEntry],
}

#[derive(Serialize)]
struct Step<'a> {
    step: &'a StepRef,
    status: &'static str,
    event: Option<&'a EventName>,
    timed_out: bool,
    attempts: u32,
    lost_attempts: u32,
    ran_us: u64,
    waited_ms: Option<u64>,
    failed_attempts: Vec<Attempt<'a>>,
}

#[derive(Serialize)]
struct Attempt<'a> {
    attempt: u32,
    kind: FailureKind,
    message: &'a str,
}

#[derive(Serialize)]
struct Waiting<'a> {
    step: &'a StepRef,
    events: &'a [EventName],
    since: Timestamp,
    timeout_due: Option<Timestamp>,
}

#[derive(Serialize)]
struct Untaken<'a> {
    event_id: &'a EventId,
    event: &'a EventName,
    step: Option<&'a StepRef>,
    undelivered: bool,
}

/// The object for an instance, with a line break at its end.
pub(crate) fn report(report: &Report, ending: Ending, notices: &[String]) -> serde_json::Result<String> {
    line(&Object {
        instance: report.instance,
        business_id: &report.business_id,
        workflow: &report.workflow,
        version: report.version,
        digest: report.digest,
        status: report.status,
        interrupted: ending == Ending::Interrupted,
        results: &report.results,
        steps: report.steps.iter().map(step).collect(),
        not_needed: &report.not_needed,
        failure: report.failure.as_ref().map(failure),
        waiting_for: report.waiting_for.iter().map(waiting).collect(),
        untaken_events: report.untaken_events.iter().map(untaken).collect(),
        notices,
        store: report.store.to_string(),
        history: &report.history,
    })
}

fn step(step: &StepReport) -> Step<'_> {
    Step {
        step: &step.step,
        status: step.status.as_str(),
        event: step.event.as_ref(),
        timed_out: step.timed_out,
        attempts: step.attempts,
        lost_attempts: step.lost,
        ran_us: micros(step.ran),
        waited_ms: step.waited.map(|waited| micros(waited) / 1_000),
        failed_attempts: step
            .failures
            .iter()
            .map(|failed| Attempt {
                attempt: failed.attempt,
                kind: failed.failure.kind,
                message: &failed.failure.message,
            })
            .collect(),
    }
}

fn waiting(step: &WaitingStep) -> Waiting<'_> {
    Waiting {
        step: &step.step,
        events: &step.events,
        since: step.since,
        timeout_due: step.timeout_due,
    }
}

fn untaken(event: &UntakenEvent) -> Untaken<'_> {
    Untaken {
        event_id: &event.event_id,
        event: &event.event,
        step: event.step.as_ref(),
        undelivered: event.is_undelivered,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn as_map<S: Serializer>(results: &&[(StepRef, Json)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(results.len()))?;
    for (step, result) in *results {
        map.serialize_entry(step, result)?;
    }
    map.end()
}

#[cfg(test)]
mod tests;
