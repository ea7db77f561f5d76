//! Progress, line by line: what a journal entry says to somebody who watches.

use std::collections::BTreeMap;

use hephaestus_host::core::engine::{Cause, EndStatus, Failure, JournalEntry, Receipt, Record};
use hephaestus_host::core::{EventId, EventName, StepRef, Timestamp};
use hephaestus_host::runner::{OutputLine, OutputSource};

use super::style::Style;
use super::text::{duration, instant, one_line};

/// Turns entries into lines. Remembers what a line needs from earlier entries.
#[derive(Debug)]
pub(crate) struct Lines {
    style: Style,
    width: usize,
    waiting_since: BTreeMap<StepRef, Timestamp>,
    accepted: BTreeMap<EventId, EventName>,
    created_at: Timestamp,
}

impl Lines {
    /// For a workflow with these steps: names are aligned.
    pub(crate) fn new<'a>(steps: impl IntoIterator<Item = &'a StepRef>, style: Style) -> Self {
        let longest = steps.into_iter().map(|step| step.as_str().len()).max();
        Self {
            style,
            width: longest.unwrap_or(0).clamp(4, 24),
            waiting_since: BTreeMap::new(),
            accepted: BTreeMap::new(),
            created_at: Timestamp(0),
        }
    }

    /// The line for an entry, if it is worth one.
    pub(crate) fn entry(&mut self, entry: &JournalEntry) -> Option<String> {
        let line = match &entry.record {
            Record::Created(created) => {
                self.created_at = entry.at;
                let text = format!("started {} as instance {}", created.business_id, created.instance);
                format!("  {}", self.style.bold(&text))
            }
            Record::StepCompleted(done) => self.completed(done, entry.at),
            Record::StepWaiting { step, timer, .. } => {
                self.waiting_since.insert(step.clone(), entry.at);
                let until = timer
                    .as_ref()
                    .map(|timer| format!(" until {}", instant(timer.due)));
                let text = format!("waits for an event{}", until.unwrap_or_default());
                self.step(&self.style.attention("…"), step, &text)
            }
            Record::AttemptFailed {
                step,
                attempt,
                failure,
                retry,
                receipt,
            } => {
                let pause = duration(retry.due.since(entry.at));
                let text = failed(*attempt, failure, receipt.as_ref());
                self.step(
                    &self.style.attention("↻"),
                    step,
                    &format!("{text}; again in {pause}"),
                )
            }
            Record::StepFailed {
                step,
                attempt,
                failure,
                receipt,
                ..
            } => {
                let text = failed(*attempt, failure, receipt.as_ref());
                self.step(&self.style.bad("✗"), step, &format!("{text}; gave up"))
            }
            Record::AttemptsLost { steps, shutdown, .. } => {
                let names: Vec<_> = steps.iter().map(ToString::to_string).collect();
                let text = match shutdown {
                    true => "its host is shut down; what was running runs again in the next",
                    false => "runs again what was running when its host ended",
                };
                format!("  {text}: {}", names.join(", "))
            }
            Record::EventAccepted(sent) => {
                self.accepted.insert(sent.event_id.clone(), sent.event.clone());
                format!("  event {} is accepted", sent.event)
            }
            Record::EventUndelivered { event_id } => {
                let event = self.accepted.get(event_id)?;
                let text = format!("event {event} was accepted, and no step took it");
                format!("  {}", self.style.attention(&text))
            }
            Record::Cancelling { cleanup, .. } => format!("  is being cancelled; {cleanup} cleans up"),
            Record::Retried { .. } => "  is being retried".to_owned(),
            Record::Ended(ended) => {
                let took = duration(entry.at.since(self.created_at));
                let text = match ended.status {
                    EndStatus::Completed => self.style.good(&format!("completed in {took}")),
                    EndStatus::Failed => self.style.bad(&format!("failed after {took}")),
                    EndStatus::Cancelled => self.style.attention(&format!("cancelled after {took}")),
                };
                format!("  {text}")
            }
            // A step may save many thousand times.
            Record::CheckpointSaved { .. }
            | Record::AttemptBegan { .. }
            | Record::StepReady { .. }
            | Record::TimerSet(_)
            | Record::TimerQueued { .. }
            | Record::TimerCancelled { .. } => return None,
        };
        Some(line)
    }

    /// Remembers an entry without a line for it.
    pub(crate) fn skip(&mut self, entry: &JournalEntry) {
        let _ = self.entry(entry);
    }

    fn completed(&mut self, done: &hephaestus_host::core::engine::StepCompleted, at: Timestamp) -> String {
        let waited = self
            .waiting_since
            .remove(&done.step)
            .map(|since| duration(at.since(since)));
        let facts = match (&done.cause, waited) {
            (Cause::Timer(_), Some(waited)) => format!("after waiting {waited}, by its timer"),
            (_, Some(waited)) => format!("after waiting {waited}"),
            (_, None) => ran(done.receipt.as_ref()),
        };
        let text = format!("{}  {}", done.event, self.style.dim(&facts));
        self.step(&self.style.good("✓"), &done.step, text.trim_end())
    }

    /// A line that a guest wrote.
    pub(crate) fn output(&self, step: &StepRef, line: &OutputLine) -> String {
        self.step("|", step, &self.style.dim(&output_text(line)))
    }

    fn step(&self, mark: &str, step: &StepRef, text: &str) -> String {
        format!("{mark} {step:<width$}  {text}", width = self.width)
    }
}

/// What a guest wrote, on one line.
pub(crate) fn output_text(line: &OutputLine) -> String {
    let mut text = match line.source {
        OutputSource::Log => format!("{}: {}", format!("{:?}", line.level).to_lowercase(), line.message),
        OutputSource::Stdout | OutputSource::Stderr => line.message.clone(),
    };
    for (name, value) in &line.fields {
        text += &format!(" {name}={value}");
    }
    one_line(&text)
}

fn failed(attempt: u32, failure: &Failure, receipt: Option<&Receipt>) -> String {
    let message = one_line(&failure.message);
    let ran = ran(receipt);
    let ran = if ran.is_empty() {
        ran
    } else {
        format!(" after {ran}")
    };
    format!("attempt {attempt} failed{ran}: {}: {message}", failure.kind)
}

fn ran(receipt: Option<&Receipt>) -> String {
    receipt
        .map(|receipt| duration(std::time::Duration::from_micros(receipt.wall_us)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
