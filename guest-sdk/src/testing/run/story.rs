//! The journal as a text that people read and snapshot tests compare: one line for each thing that happened.

use std::collections::BTreeSet;
use std::time::Duration;

use hephaestus_core::engine::{
    Advance, Cause, EndStatus, Ended, Failure, InstanceState, JournalEntry, Record, SentEvent, StepCompleted,
    StepState, Timer, TimerPurpose,
};
use hephaestus_core::{EventId, StepRef, Timestamp};

/// The whole story so far.
pub(super) fn story(state: &InstanceState, journal: &[JournalEntry]) -> String {
    let mut story = Story {
        state,
        journal,
        kept: BTreeSet::new(),
    };
    (0..journal.len()).filter_map(|at| story.line(at)).collect()
}

/// Where the instance stands, and what it waits for.
pub(super) fn standing(state: &InstanceState, now: Timestamp) -> String {
    let mut told = vec![state.status().to_string()];
    for (step, step_state) in state.steps() {
        match step_state {
            StepState::Waiting { .. } => told.push(format!("{step} {}", waits_for(state, step))),
            StepState::Retrying { attempt, .. } => {
                told.push(format!("{step} pauses before attempt {attempt}"))
            }
            _ => {}
        }
    }
    for timer in state.timers().values() {
        let what = match &timer.purpose {
            TimerPurpose::Wait(step) | TimerPurpose::Scheduled(step) => format!("timeout of {step}"),
            TimerPurpose::Retry(step) => format!("next attempt of {step}"),
            TimerPurpose::Deadline => "deadline of the instance".into(),
        };
        told.push(format!("{what} in {}", span(timer.due.since(now))));
    }
    told.join("; ")
}

/// The steps that ended, with their events, in that order: `ship.finished`, `ship.failed`.
pub(super) fn path(journal: &[JournalEntry]) -> Vec<String> {
    let ends = journal.iter().filter_map(|entry| match &entry.record {
        Record::StepCompleted(completed) => Some(format!("{}.{}", completed.step, completed.event)),
        Record::StepFailed { step, .. } => Some(format!("{step}.failed")),
        _ => None,
    });
    ends.collect()
}

/// A span of time in whole units: `1d2h`, `200ms`, `0s`.
pub(super) fn span(time: Duration) -> String {
    const UNITS: [(u128, &str); 5] = [
        (24 * 60 * 60 * 1_000, "d"),
        (60 * 60 * 1_000, "h"),
        (60 * 1_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let mut left = time.as_millis();
    if left == 0 {
        return "0s".into();
    }
    let mut text = String::new();
    for (size, unit) in UNITS {
        if left >= size {
            text += &format!("{}{unit}", left / size);
            left %= size;
        }
    }
    text
}

struct Story<'a> {
    state: &'a InstanceState,
    journal: &'a [JournalEntry],
    /// The events that were kept in the inbox when they came.
    kept: BTreeSet<&'a EventId>,
}

impl<'a> Story<'a> {
    fn line(&mut self, at: usize) -> Option<String> {
        let entry = &self.journal[at];
        let text = self.text(at, entry)?;
        let time = span(entry.at.since(self.state.created_at()));
        Some(format!("{time:<8} {text}\n"))
    }

    fn text(&mut self, at: usize, entry: &'a JournalEntry) -> Option<String> {
        Some(match &entry.record {
            Record::Created(created) => {
                format!(
                    "{} version {} begins -> {}",
                    created.workflow, created.version, created.start
                )
            }
            Record::StepCompleted(completed) => self.completed(completed),
            Record::StepWaiting { step, timer, .. } => {
                let limit = timer.as_ref().map(|timer| span(timer.due.since(entry.at)));
                let limit = limit.map(|limit| format!(", at most {limit}"));
                format!(
                    "{step}: {}{}",
                    waits_for(self.state, step),
                    limit.unwrap_or_default()
                )
            }
            Record::AttemptFailed {
                step,
                attempt,
                failure,
                retry,
                ..
            } => {
                let pause = span(retry.due.since(entry.at));
                format!(
                    "{step}: attempt {attempt} failed ({}), again in {pause}",
                    told(failure)
                )
            }
            Record::StepFailed {
                step,
                attempt,
                failure,
                advance: behind,
                ..
            } => {
                let behind = behind.as_ref().map(advance).unwrap_or_default();
                format!("{step}: failed{} ({}){behind}", nth(*attempt), told(failure))
            }
            // The line of the attempt that failed has said it.
            Record::StepReady { .. } | Record::AttemptBegan { .. } => return None,
            Record::CheckpointSaved { step, value, .. } => format!("{step}: saves {value}"),
            Record::AttemptsLost { steps, .. } => format!("the host restarts; {} run again", list(steps)),
            Record::EventAccepted(sent) => return self.accepted(at, sent),
            Record::EventUndelivered { event_id } => format!("{} is never delivered", self.event(event_id)),
            Record::TimerSet(Timer { due, purpose, .. }) => {
                let step = purpose.step().map(ToString::to_string).unwrap_or_default();
                format!("{step}: timeout is scheduled in {}", span(due.since(entry.at)))
            }
            Record::TimerQueued { number } => {
                format!("{}timeout is kept for later", self.step_of_timer(*number))
            }
            Record::TimerCancelled { number } => {
                format!(
                    "{}the scheduled timeout is cancelled",
                    self.step_of_timer(*number)
                )
            }
            Record::Cancelling {
                reason,
                stopped,
                cleanup,
            } => format!(
                "cancelling{} -> {cleanup}{}",
                why(reason.as_ref()),
                stops(stopped)
            ),
            Record::Retried { ready, resumed, .. } => {
                let resumed = named("; ", resumed, " goes on", " go on");
                format!("retried{}{resumed}", named(" -> ", ready, "", ""))
            }
            Record::Ended(ended) => end(ended),
        })
    }

    fn completed(&self, completed: &StepCompleted) -> String {
        let cause = match &completed.cause {
            Cause::Emitted => nth(completed.attempt),
            Cause::Sent(id) if self.kept.contains(id) => ", kept for it".into(),
            Cause::Sent(_) => ", sent".into(),
            Cause::Timer(_) => ", by its timer".into(),
        };
        let chosen = completed.chosen.as_ref();
        let chosen = chosen.map(|chosen| format!(", chose {}", list(chosen)));
        format!(
            "{}: {}{cause}{}{}",
            completed.step,
            completed.event,
            chosen.unwrap_or_default(),
            advance(&completed.advance)
        )
    }

    /// An event that is taken at once is told by the line of the step that takes it.
    fn accepted(&mut self, at: usize, sent: &'a SentEvent) -> Option<String> {
        let next = self.journal.get(at + 1).map(|next| &next.record);
        let is_taken = matches!(next, Some(Record::StepCompleted(completed))
            if completed.cause == Cause::Sent(sent.event_id.clone()));
        if is_taken {
            return None;
        }
        self.kept.insert(&sent.event_id);
        let step = sent.step.as_ref().map(|step| format!(" for {step}"));
        Some(format!(
            "{}{} is sent, and kept for later",
            sent.event,
            step.unwrap_or_default()
        ))
    }

    fn event(&self, id: &EventId) -> String {
        let found = self.journal.iter().find_map(|entry| match &entry.record {
            Record::EventAccepted(sent) if sent.event_id == *id => Some(sent.event.to_string()),
            _ => None,
        });
        found.unwrap_or_else(|| id.to_string())
    }

    fn step_of_timer(&self, number: u32) -> String {
        let found = self.journal.iter().find_map(|entry| match &entry.record {
            Record::TimerSet(timer) if timer.number == number => timer.purpose.step(),
            _ => None,
        });
        found.map(|step| format!("{step}: ")).unwrap_or_default()
    }
}

fn end(ended: &Ended) -> String {
    let how = match (ended.status, &ended.failure) {
        (EndStatus::Completed, _) => "completed".to_owned(),
        (EndStatus::Cancelled, _) => format!("cancelled{}", why(ended.reason.as_ref())),
        (EndStatus::Failed, None) => "failed".to_owned(),
        (EndStatus::Failed, Some(failure)) => match &failure.step {
            // The line of the step has said why.
            Some(step) => format!("failed, because {step} failed"),
            None => format!("failed ({})", told(&failure.failure)),
        },
    };
    format!("{how}{}", stops(&ended.stopped))
}

fn waits_for(state: &InstanceState, step: &StepRef) -> String {
    let accepts = state.workflow().find(step).map_or(&[][..], |step| &step.accepts);
    format!("waits for {}", list(accepts))
}

fn advance(advance: &Advance) -> String {
    let dead = named("; ", &advance.dead, " can't run any more", " can't run any more");
    format!("{}{dead}", named(" -> ", &advance.ready, "", ""))
}

fn stops(steps: &[StepRef]) -> String {
    named("; ", steps, " is stopped", " are stopped")
}

fn named(before: &str, steps: &[StepRef], one: &str, several: &str) -> String {
    match steps {
        [] => String::new(),
        [step] => format!("{before}{step}{one}"),
        steps => format!("{before}{}{several}", list(steps)),
    }
}

fn list(names: &[impl ToString]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn nth(attempt: u32) -> String {
    match attempt {
        1 => String::new(),
        attempt => format!(", attempt {attempt}"),
    }
}

fn why(reason: Option<&String>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn told(failure: &Failure) -> String {
    format!("{}: {}", failure.kind, failure.message)
}
