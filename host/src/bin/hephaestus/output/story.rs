//! A journal in words: what each entry says to somebody who reads it later.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_host::core::engine::{
    Advance, Cause, Created, EndStatus, Ended, Failure, JournalEntry, Receipt, Record, SentEvent,
    StepCompleted, Timer, TimerPurpose,
};
use hephaestus_host::core::{EventId, EventName, Json, StepRef, Timestamp};

use super::json_text;
use super::text::{bytes, clipped, count, duration, instant, number, one_line};

/// Values are shown up to so many letters; `--json` has all of them.
const MAX_VALUE: usize = 300;

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// What happened, a sentence without its full stop; names stand between backticks.
    pub(crate) text: String,
    /// What belongs to it: values, messages.
    pub(crate) details: Vec<String>,
    /// How it went.
    pub(crate) tone: Tone,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As things go.
    Plain,
    /// It came to its end.
    Good,
    /// Not well.
    Bad,
    /// It needs somebody, or somebody did it.
    Attention,
}

/// Tells a journal, entry by entry. Remembers what a sentence needs from earlier entries.
#[derive(Debug)]
pub(crate) struct Story {
    with_receipts: bool,
    created_at: Timestamp,
    waiting_since: BTreeMap<StepRef, Timestamp>,
    events: BTreeMap<EventId, EventName>,
    timers: BTreeMap<u32, StepRef>,
}

impl Story {
    /// Of a journal, from its beginning. `with_receipts`: says what each attempt took.
    pub(crate) fn new(with_receipts: bool) -> Self {
        Self {
            with_receipts,
            created_at: Timestamp(0),
            waiting_since: BTreeMap::new(),
            events: BTreeMap::new(),
            timers: BTreeMap::new(),
        }
    }

    /// What the next entry says.
    pub(crate) fn tell(&mut self, entry: &JournalEntry) -> Told {
        match &entry.record {
            Record::Created(created) => self.created(created, entry.at),
            Record::StepCompleted(done) => self.completed(done, entry.at),
            Record::StepWaiting {
                step,
                attempt,
                timer,
                receipt,
            } => {
                self.waiting_since.insert(step.clone(), entry.at);
                let until = timer.as_ref().map(|timer| until(timer, entry.at));
                let told = Told::attention(format!(
                    "`{step}` waits for an event{}",
                    until.unwrap_or_default()
                ));
                self.with_receipt(told, *attempt, receipt.as_ref())
            }
            Record::AttemptFailed {
                step,
                attempt,
                failure,
                retry,
                receipt,
            } => {
                let pause = duration(retry.due.since(entry.at));
                let text = format!("attempt {attempt} of `{step}` failed; the next one comes {pause} later");
                let told = Told::bad(text).with_failure(failure);
                self.with_receipt(told, *attempt, receipt.as_ref())
            }
            Record::StepFailed {
                step,
                attempt,
                failure,
                advance,
                receipt,
            } => {
                let then = match advance {
                    Some(advance) => consequences(advance),
                    None => "; nothing in the graph follows on that".to_owned(),
                };
                let text = format!("`{step}` failed for good at attempt {attempt}{then}");
                let told = Told::bad(text).with_failure(failure);
                self.with_receipt(told, *attempt, receipt.as_ref())
            }
            Record::StepReady { step, attempt } => Told::plain(format!(
                "attempt {attempt} of `{step}` is next: its pause is over"
            )),
            Record::CheckpointSaved { step, attempt, value } => {
                let size = bytes(value.as_str().len());
                let text = format!("attempt {attempt} of `{step}` saved how far it has come ({size})");
                Told::plain(text).with_value("progress", value)
            }
            Record::AttemptBegan { step, attempt } => Told::plain(format!(
                "attempt {attempt} of `{step}` begins; it is recorded because one was lost before"
            )),
            Record::AttemptsLost { steps, shutdown, .. } => Told::attention(format!(
                "its host {}; what may have been running runs again: {}",
                if *shutdown { "was shut down" } else { "had ended" },
                names(steps)
            )),
            Record::EventAccepted(sent) => self.accepted(sent),
            Record::EventUndelivered { event_id } => {
                let event = self.event(event_id);
                Told::attention(format!("no step took the event {event}"))
            }
            Record::TimerSet(timer) => self.timer_set(timer, entry.at),
            Record::TimerQueued { number } => Told::plain(format!(
                "the timer {number}{} came due before its step waits; it is kept",
                self.timer_step(*number)
            )),
            Record::TimerCancelled { number } => Told::plain(format!(
                "the timer {number}{} was cancelled",
                self.timer_step(*number)
            )),
            Record::Cancelling {
                reason,
                stopped,
                cleanup,
            } => {
                let text = format!(
                    "an operator cancelled it{}; `{cleanup}` cleans up",
                    stops(stopped)
                );
                Told::attention(text).with_reason(reason.as_deref())
            }
            Record::Retried {
                ready,
                resumed,
                events,
            } => self.retried(ready, resumed, events),
            Record::Ended(ended) => self.ended(ended, entry.at),
        }
    }

    fn created(&mut self, created: &Created, at: Timestamp) -> Told {
        self.created_at = at;
        let mut text = format!("started; `{}` is next", created.start);
        if let Some(deadline) = &created.deadline {
            let left = duration(deadline.due.since(at));
            text += &format!("; it must end within {left}, by {}", instant(deadline.due));
        }
        let mut told = Told::plain(text).with_value("input", &created.initial);
        if let Some(request) = &created.request_id {
            told.details
                .push(format!("request {}", one_line(request.as_str())));
        }
        told.with_metadata(&created.metadata)
    }

    fn completed(&mut self, done: &StepCompleted, at: Timestamp) -> Told {
        let waited = self.waiting_since.remove(&done.step);
        let waited = waited.map(|since| duration(at.since(since)));
        let after = match (&done.cause, waited) {
            (Cause::Emitted, _) if done.attempt > 1 => format!(" at attempt {}", done.attempt),
            (Cause::Emitted, _) => String::new(),
            (Cause::Sent(_), Some(waited)) => format!(", which was sent; it had waited {waited}"),
            (Cause::Sent(_), None) => ", which was sent".to_owned(),
            (Cause::Timer(_), Some(waited)) => format!(" by its timer; it had waited {waited}"),
            (Cause::Timer(_), None) => " by its timer".to_owned(),
        };
        let chosen = done.chosen.as_ref().map(|chosen| match chosen.is_empty() {
            true => "; it chose nothing".to_owned(),
            false => format!("; it chose {}", names(chosen)),
        });
        let text = format!(
            "`{}` ended with `{}`{after}{}{}",
            done.step,
            done.event,
            chosen.unwrap_or_default(),
            consequences(&done.advance)
        );
        let mut told = Told::plain(text);
        if let Some(result) = &done.result {
            told = told.with_value("result", result);
        }
        let told = told.with_metadata(&done.metadata);
        self.with_receipt(told, done.attempt, done.receipt.as_ref())
    }

    fn accepted(&mut self, sent: &SentEvent) -> Told {
        self.events.insert(sent.event_id.clone(), sent.event.clone());
        let step = sent.step.as_ref().map(|step| format!(" for `{step}`"));
        let text = format!(
            "the event `{}`{} was accepted",
            sent.event,
            step.unwrap_or_default()
        );
        let told = Told::plain(text);
        match &sent.payload {
            Some(payload) => told.with_value("payload", payload),
            None => told,
        }
    }

    fn event(&self, id: &EventId) -> String {
        match self.events.get(id) {
            Some(event) => format!("`{event}`"),
            None => one_line(id.as_str()),
        }
    }

    fn timer_set(&mut self, timer: &Timer, at: Timestamp) -> Told {
        let step = timer.purpose.step();
        if let Some(step) = step {
            self.timers.insert(timer.number, step.clone());
        }
        let what = match &timer.purpose {
            TimerPurpose::Scheduled(step) | TimerPurpose::Wait(step) => {
                format!("sends `timeout` to `{step}`")
            }
            TimerPurpose::Retry(step) => format!("begins another attempt of `{step}`"),
            TimerPurpose::Deadline => "ends the instance".to_owned(),
        };
        let left = duration(timer.due.since(at));
        Told::plain(format!(
            "the timer {} was set: it {what} in {left}, at {}",
            timer.number,
            instant(timer.due)
        ))
    }

    fn timer_step(&self, number: u32) -> String {
        let step = self.timers.get(&number);
        step.map(|step| format!(" of `{step}`")).unwrap_or_default()
    }

    fn retried(&mut self, ready: &[StepRef], resumed: &[StepRef], events: &[EventId]) -> Told {
        let mut text = "an operator let it try again".to_owned();
        if !ready.is_empty() {
            text += &format!("; next: {}", names(ready));
        }
        if !resumed.is_empty() {
            text += &format!("; {} wait or pause on as before", names(resumed));
        }
        if !events.is_empty() {
            let kept: Vec<_> = events.iter().map(|id| self.event(id)).collect();
            text += &format!("; kept again: {}", kept.join(", "));
        }
        Told::attention(text)
    }

    fn ended(&self, ended: &Ended, at: Timestamp) -> Told {
        let took = duration(at.since(self.created_at));
        let stopped = stops(&ended.stopped);
        match ended.status {
            EndStatus::Completed => Told::good(format!("completed after {took}{stopped}")),
            EndStatus::Cancelled => Told::attention(format!("cancelled after {took}{stopped}"))
                .with_reason(ended.reason.as_deref()),
            EndStatus::Failed => {
                let told = Told::bad(format!("failed after {took}{stopped}"));
                match &ended.failure {
                    // That of a step was told by the entry before.
                    Some(failed) if failed.step.is_none() => told.with_failure(&failed.failure),
                    _ => told,
                }
            }
        }
    }

    fn with_receipt(&self, mut told: Told, attempt: u32, receipt: Option<&Receipt>) -> Told {
        if let Some(receipt) = receipt.filter(|_| self.with_receipts) {
            told.details.push(self::receipt(attempt, receipt));
            told.details.extend(traffic(receipt));
        }
        told
    }
}

impl Told {
    fn new(text: String, tone: Tone) -> Self {
        Self {
            text,
            details: Vec::new(),
            tone,
        }
    }

    fn plain(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }

    fn good(text: String) -> Self {
        Self::new(text, Tone::Good)
    }

    fn bad(text: String) -> Self {
        Self::new(text, Tone::Bad)
    }

    fn attention(text: String) -> Self {
        Self::new(text, Tone::Attention)
    }

    fn with_failure(mut self, failure: &Failure) -> Self {
        let message = one_line(&failure.message);
        self.details
            .push(clipped(&format!("{}: {message}", failure.kind), MAX_VALUE));
        self
    }

    fn with_reason(mut self, reason: Option<&str>) -> Self {
        if let Some(reason) = reason {
            let text = format!("reason: {}", one_line(reason));
            self.details.push(clipped(&text, MAX_VALUE));
        }
        self
    }

    fn with_value(mut self, what: &str, value: &Json) -> Self {
        let value = one_line(&json_text::spaced(value.as_str()));
        self.details.push(clipped(&format!("{what} {value}"), MAX_VALUE));
        self
    }

    fn with_metadata(mut self, metadata: &BTreeMap<String, String>) -> Self {
        for (name, value) in metadata {
            let text = one_line(&format!("{name}={value}"));
            self.details.push(clipped(&text, MAX_VALUE));
        }
        self
    }
}

fn receipt(attempt: u32, receipt: &Receipt) -> String {
    let ran = duration(Duration::from_micros(receipt.wall_us));
    let cpu = match receipt.cpu_us {
        0 => String::new(),
        cpu_us => format!(" ({} of processor time)", duration(Duration::from_micros(cpu_us))),
    };
    let memory = bytes(usize::try_from(receipt.memory_bytes).unwrap_or(usize::MAX));
    let sandbox = match receipt.reused {
        true => "a sandbox that was used before",
        false => "a fresh sandbox",
    };
    format!("attempt {attempt} took {ran}{cpu} and {memory} of memory, in {sandbox}")
}

/// What passed between the guest and its host.
fn traffic(receipt: &Receipt) -> Option<String> {
    let calls = &receipt.host_calls;
    let kinds = calls.by_kind().into_iter().filter(|(_, calls)| *calls > 0);
    let kinds: Vec<String> = kinds
        .map(|(kind, calls)| format!("{kind} {}", number(calls)))
        .collect();
    let size = |bytes: u64| self::bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
    let mut parts = Vec::new();
    if receipt.bytes_in > 0 || receipt.bytes_out > 0 {
        parts.push(format!(
            "{} in, {} out",
            size(receipt.bytes_in),
            size(receipt.bytes_out)
        ));
    }
    if !kinds.is_empty() {
        let total = count(calls.total(), "call");
        parts.push(format!("{total} of the host: {}", kinds.join(", ")));
    }
    if receipt.http_requests > 0 {
        parts.push(count(receipt.http_requests, "HTTP request"));
    }
    if let Some(manifest) = receipt.manifest {
        let digest = manifest.to_string();
        parts.push(format!("manifest {}", digest.get(..19).unwrap_or(&digest)));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn until(timer: &Timer, at: Timestamp) -> String {
    let left = duration(timer.due.since(at));
    format!("; it times out in {left}, at {}", instant(timer.due))
}

/// What follows because a step ended. `done` is built in: the entry of the end says it.
fn consequences(advance: &Advance) -> String {
    let mut text = String::new();
    let own = |steps: &[StepRef]| -> Vec<StepRef> {
        steps.iter().filter(|step| !step.is_done()).cloned().collect()
    };
    let (ready, dead) = (own(&advance.ready), own(&advance.dead));
    if !ready.is_empty() {
        text += &format!("; next: {}", names(&ready));
    }
    if !dead.is_empty() {
        text += &format!("; not needed any more: {}", names(&dead));
    }
    text
}

fn stops(stopped: &[StepRef]) -> String {
    let stopped: Vec<_> = stopped.iter().filter(|step| !step.is_done()).cloned().collect();
    match stopped.is_empty() {
        true => String::new(),
        false => format!("; stopped: {}", names(&stopped)),
    }
}

fn names(steps: &[StepRef]) -> String {
    let names: Vec<_> = steps.iter().map(|step| format!("`{step}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
