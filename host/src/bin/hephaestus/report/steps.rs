//! What became of each step: a fold over the journal alone, so that it can show what the state has forgotten (attempts,
//! durations, pauses).

use std::time::Duration;

use hephaestus_host::core::engine::{Advance, Cause, Failure, JournalEntry, Receipt, Record};
use hephaestus_host::core::{EventName, StepRef, Timestamp};

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepStatus {
    /// It is to be executed, or is being executed.
    Ready,
    /// It waits for an event.
    Waiting,
    /// It pauses before another attempt.
    Retrying,
    /// It ended with an event.
    Completed,
    /// It failed for good.
    Failed,
    /// The instance ended, or was cancelled, before it did.
    Stopped,
}

impl StepStatus {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// One step that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepReport {
    /// The step.
    pub(crate) step: StepRef,
    /// Where it stands.
    pub(crate) status: StepStatus,
    /// The event that it ended with.
    pub(crate) event: Option<EventName>,
    /// Whether a timer ended its wait.
    pub(crate) timed_out: bool,
    /// How many attempts ended, lost ones included.
    pub(crate) attempts: u32,
    /// How many of them were lost with a host.
    pub(crate) lost: u32,
    /// How long its code ran, all attempts together.
    pub(crate) ran: Duration,
    /// How long it waited for an event, if it did. What goes on isn't counted yet.
    pub(crate) waited: Option<Duration>,
    /// Since when it has been waiting, if it is.
    pub(crate) waiting_since: Option<Timestamp>,
    /// The attempts that failed.
    pub(crate) failures: Vec<FailedAttempt>,
}

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedAttempt {
    /// Which one.
    pub(crate) attempt: u32,
    /// Why.
    pub(crate) failure: Failure,
    /// How long it ran.
    pub(crate) ran: Option<Duration>,
    /// How long the pause before the next one is.
    pub(crate) pause: Option<Duration>,
}

/// What became of the steps of an instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    /// Steps that began, in the order in which they did.
    pub(crate) steps: Vec<StepReport>,
    /// Steps that can't begin any more.
    pub(crate) dead: Vec<StepRef>,
}

impl Timeline {
    /// Folds a journal.
    pub(crate) fn of(history: &[JournalEntry]) -> Self {
        let mut timeline = Self::default();
        for entry in history {
            timeline.add(entry);
        }
        timeline
    }

    fn add(&mut self, entry: &JournalEntry) {
        let at = entry.at;
        match &entry.record {
            Record::Created(created) => self.begin(&created.start),
            Record::StepCompleted(done) => {
                let step = self.step(&done.step);
                step.stop_waiting(at);
                if done.cause == Cause::Emitted {
                    step.count_attempt(done.receipt.as_ref());
                }
                step.timed_out = matches!(done.cause, Cause::Timer(_));
                step.event = Some(done.event.clone());
                step.status = StepStatus::Completed;
                self.advance(&done.advance);
            }
            Record::StepWaiting { step, receipt, .. } => {
                let step = self.step(step);
                step.count_attempt(receipt.as_ref());
                step.waiting_since = Some(at);
                step.status = StepStatus::Waiting;
            }
            Record::AttemptFailed {
                step,
                attempt,
                failure,
                retry,
                receipt,
            } => {
                let step = self.step(step);
                step.fail(*attempt, failure, receipt.as_ref(), Some(retry.due.since(at)));
                step.status = StepStatus::Retrying;
            }
            Record::StepFailed {
                step,
                attempt,
                failure,
                advance,
                receipt,
                ..
            } => {
                let step = self.step(step);
                step.stop_waiting(at);
                step.fail(*attempt, failure, receipt.as_ref(), None);
                step.status = StepStatus::Failed;
                advance.iter().for_each(|advance| self.advance(advance));
            }
            Record::StepReady { step, .. } => self.step(step).status = StepStatus::Ready,
            Record::AttemptsLost { steps, .. } => {
                for step in steps {
                    let step = self.step(step);
                    step.attempts += 1;
                    step.lost += 1;
                }
            }
            Record::Cancelling { stopped, cleanup, .. } => {
                self.stop(stopped, at);
                self.begin(cleanup);
            }
            Record::Retried { ready, resumed, .. } => self.resume(ready, resumed, at),
            Record::Ended(ended) => self.stop(&ended.stopped, at),
            Record::AttemptBegan { .. }
            | Record::CheckpointSaved { .. }
            | Record::EventAccepted(_)
            | Record::EventUndelivered { .. }
            | Record::TimerSet(_)
            | Record::TimerQueued { .. }
            | Record::TimerCancelled { .. } => {}
        }
    }

    fn advance(&mut self, advance: &Advance) {
        advance.ready.iter().for_each(|step| self.begin(step));
        self.dead
            .extend(advance.dead.iter().filter(|step| !step.is_done()).cloned());
    }

    /// `done` is built in and has nothing to show.
    fn begin(&mut self, step: &StepRef) {
        if !step.is_done() {
            self.step(step).status = StepStatus::Ready;
        }
    }

    fn stop(&mut self, steps: &[StepRef], at: Timestamp) {
        for step in steps.iter().filter(|step| !step.is_done()) {
            let step = self.step(step);
            step.stop_waiting(at);
            step.status = StepStatus::Stopped;
        }
    }

    fn resume(&mut self, ready: &[StepRef], resumed: &[StepRef], at: Timestamp) {
        ready.iter().for_each(|step| self.begin(step));
        for step in resumed {
            let step = self.step(step);
            if step.waited.is_some() {
                step.waiting_since = Some(at);
                step.status = StepStatus::Waiting;
            } else {
                step.status = StepStatus::Retrying;
            }
        }
    }

    fn step(&mut self, step: &StepRef) -> &mut StepReport {
        let at = match self.steps.iter().position(|known| known.step == *step) {
            Some(at) => at,
            None => {
                self.steps.push(StepReport::new(step.clone()));
                self.steps.len() - 1
            }
        };
        &mut self.steps[at]
    }
}

impl StepReport {
    fn new(step: StepRef) -> Self {
        Self {
            step,
            status: StepStatus::Ready,
            event: None,
            timed_out: false,
            attempts: 0,
            lost: 0,
            ran: Duration::ZERO,
            waited: None,
            waiting_since: None,
            failures: Vec::new(),
        }
    }

    fn count_attempt(&mut self, receipt: Option<&Receipt>) {
        self.attempts += 1;
        self.ran += receipt.map(wall).unwrap_or_default();
    }

    fn fail(&mut self, attempt: u32, failure: &Failure, receipt: Option<&Receipt>, pause: Option<Duration>) {
        // Without a receipt, it failed after its last attempt, which was counted when it began to wait.
        if receipt.is_some() || self.status == StepStatus::Ready {
            self.count_attempt(receipt);
        }
        self.failures.push(FailedAttempt {
            attempt,
            failure: failure.clone(),
            ran: receipt.map(wall),
            pause,
        });
    }

    fn stop_waiting(&mut self, at: Timestamp) {
        if let Some(since) = self.waiting_since.take() {
            self.waited = Some(self.waited.unwrap_or_default() + at.since(since));
        }
    }
}

fn wall(receipt: &Receipt) -> Duration {
    Duration::from_micros(receipt.wall_us)
}

#[cfg(test)]
mod tests;
