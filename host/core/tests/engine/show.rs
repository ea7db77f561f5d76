//! Records as short lines, so that tests read like a history.

use std::fmt::Write;

use hephaestus_core::StepRef;
use hephaestus_core::engine::{Advance, Cause, Record, Timer, TimerPurpose};

/// One line for each record.
pub(crate) fn show(records: &[Record]) -> String {
    if records.is_empty() {
        return "nothing\n".to_owned();
    }
    records.iter().map(|record| line(record) + "\n").collect()
}

fn line(record: &Record) -> String {
    match record {
        Record::Created(created) => format!("created: ready {}", created.start),
        Record::StepCompleted(completed) => {
            let mut line = format!("{}#{} {}", completed.step, completed.attempt, completed.event);
            line += &match &completed.cause {
                Cause::Emitted => String::new(),
                Cause::Sent(id) => format!(" by event {id}"),
                Cause::Timer(number) => format!(" by timer {number}"),
            };
            if let Some(result) = &completed.result {
                write!(line, " = {result}").unwrap();
            }
            line + &chosen(completed.chosen.as_ref()) + &advance(&completed.advance)
        }
        Record::StepWaiting {
            step,
            attempt,
            timer: set,
            ..
        } => format!(
            "{step}#{attempt} waits{}",
            set.as_ref().map(timer).unwrap_or_default()
        ),
        Record::AttemptFailed {
            step,
            attempt,
            failure,
            retry,
            ..
        } => format!(
            "{step}#{attempt} retries after {}: {}{}",
            failure.kind,
            failure.message,
            timer(retry)
        ),
        Record::StepFailed {
            step,
            attempt,
            failure,
            advance: behind,
            ..
        } => {
            let behind = behind.as_ref().map_or("; unanswered".to_owned(), advance);
            let told = format!("{}: {}", failure.kind, failure.message);
            format!("{step}#{attempt} failed, {told}{behind}")
        }
        Record::CheckpointSaved { step, attempt, value } => format!("{step}#{attempt} saved {value}"),
        Record::StepReady { step, attempt } => format!("{step}#{attempt} ready"),
        Record::AttemptBegan { step, attempt } => format!("{step}#{attempt} begins"),
        Record::AttemptsLost {
            steps,
            uncounted,
            shutdown,
        } => {
            let shutdown = if *shutdown { " by a shutdown" } else { "" };
            format!("lost {}{}{shutdown}", names(steps), named("uncounted", uncounted))
        }
        Record::EventAccepted(event) => format!("accepted {} {}", event.event_id, event.event),
        Record::EventUndelivered { event_id } => format!("undelivered {event_id}"),
        Record::TimerSet(set) => format!("set{}", timer(set)),
        Record::TimerQueued { number } => format!("queued timer {number}"),
        Record::TimerCancelled { number } => format!("cancelled timer {number}"),
        Record::Cancelling { stopped, cleanup, .. } => {
            format!("cancelling: ready {cleanup}{}", named("stopped", stopped))
        }
        Record::Retried {
            ready,
            resumed,
            events,
        } => {
            let events: Vec<String> = events.iter().map(|id| format!(" event {id}")).collect();
            format!(
                "retried{}{}{}",
                named("ready", ready),
                named("resumed", resumed),
                events.concat()
            )
        }
        Record::Ended(ended) => {
            let failure = ended.failure.as_ref().map(|failure| {
                let step = failure
                    .step
                    .as_ref()
                    .map(|step| format!(" at {step}"))
                    .unwrap_or_default();
                format!("{step}, {}: {}", failure.failure.kind, failure.failure.message)
            });
            let reason = ended.reason.as_ref().map(|reason| format!(" ({reason})"));
            format!(
                "ended {:?}{}{}{}",
                ended.status,
                failure.unwrap_or_default(),
                reason.unwrap_or_default(),
                named("stopped", &ended.stopped)
            )
        }
    }
}

fn names(steps: &[StepRef]) -> String {
    steps.iter().map(StepRef::as_str).collect::<Vec<_>>().join(" ")
}

fn named(what: &str, steps: &[StepRef]) -> String {
    match steps {
        [] => String::new(),
        steps => format!("; {what} {}", names(steps)),
    }
}

fn chosen(targets: Option<&Vec<StepRef>>) -> String {
    targets
        .map(|targets| named("chosen", targets))
        .unwrap_or_default()
}

fn advance(advance: &Advance) -> String {
    named("ready", &advance.ready) + &named("dead", &advance.dead)
}

fn timer(timer: &Timer) -> String {
    let purpose = match &timer.purpose {
        TimerPurpose::Wait(step) => format!("wait of {step}"),
        TimerPurpose::Scheduled(step) => format!("schedule of {step}"),
        TimerPurpose::Retry(step) => format!("retry of {step}"),
        TimerPurpose::Deadline => "deadline".to_owned(),
    };
    format!("; timer {} at {} for {purpose}", timer.number, timer.due.0)
}
