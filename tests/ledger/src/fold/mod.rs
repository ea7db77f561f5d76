//! What a journal says, folded: where steps, events and timers stand, and what doesn't fit.
//!
//! The rules are those of `docs/engine.md`, without the graph: the fold knows no workflow, so that it can't excuse a
//! record by deciding anew. It complains and goes on as well as it can.

mod events;
mod steps;
mod timers;

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_core::engine::{
    Cause, Created, EndStatus, Ended, FailureKind, JournalEntry, Record, StepCompleted,
};
use hephaestus_core::{EventId, InstanceId, Json, StepRef, TimerId, Timestamp};

pub(crate) use steps::{Active, Fate, Place, Step};

use events::Event;
use timers::Timer;

use crate::{Figures, Violation};

/// Where complaints and figures go.
pub(crate) struct Sink<'a> {
    pub(crate) violations: &'a mut Vec<Violation>,
    pub(crate) figures: &'a mut Figures,
}

impl Sink<'_> {
    pub(crate) fn push(&mut self, violation: Violation) {
        self.violations.push(violation);
    }
}

/// A folded journal.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) instance: InstanceId,
    pub(crate) steps: BTreeMap<StepRef, Step>,
    events: BTreeMap<EventId, Event>,
    timers: BTreeMap<u32, Timer>,
    /// The entry that ended it, and how, if it has ended.
    pub(crate) end: Option<(u64, EndStatus)>,
    /// Whether an operator cancelled it.
    pub(crate) was_cancelled: bool,
    /// How often an operator retried it.
    pub(crate) retries: u32,
    /// All checkpoints.
    saved: Vec<(StepRef, Json)>,
    /// By how much a timer may seem to come early.
    tolerance: Duration,
}

/// The entry that is folded.
#[derive(Clone, Copy)]
struct Here {
    seq: u64,
    at: Timestamp,
}

impl Fold {
    pub(crate) fn new(instance: InstanceId, tolerance: Duration) -> Self {
        Self {
            instance,
            steps: BTreeMap::new(),
            events: BTreeMap::new(),
            timers: BTreeMap::new(),
            end: None,
            was_cancelled: false,
            retries: 0,
            saved: Vec::new(),
            tolerance,
        }
    }

    fn timer_id(&self, number: u32) -> TimerId {
        TimerId {
            instance: self.instance,
            number,
        }
    }

    fn misfit(&self, here: Here, problem: String) -> Violation {
        Violation::Misfit {
            instance: self.instance,
            seq: here.seq,
            problem,
        }
    }

    /// Whether a step saved this.
    pub(crate) fn has_saved(&self, step: &StepRef, value: &Json) -> bool {
        self.saved.iter().any(|(by, saved)| by == step && saved == value)
    }

    /// Folds the next entry.
    pub(crate) fn apply(&mut self, entry: &JournalEntry, sink: &mut Sink<'_>) {
        sink.figures.entries += 1;
        let here = Here {
            seq: entry.seq,
            at: entry.at,
        };
        let is_created = matches!(entry.record, Record::Created(_));
        if is_created != (entry.seq == 1) {
            let problem = "`created` is the first entry, and no other".to_owned();
            sink.push(self.misfit(here, problem));
        }
        if let (Some((end, _)), false) = (self.end, matches!(entry.record, Record::Retried { .. })) {
            sink.push(Violation::EntryAfterEnd {
                instance: self.instance,
                end,
                seq: entry.seq,
            });
        }
        self.execute(&entry.record, here, sink);
    }

    fn execute(&mut self, record: &Record, here: Here, sink: &mut Sink<'_>) {
        match record {
            Record::Created(created) => self.created(created, here, sink),
            Record::StepCompleted(completed) => self.step_completed(completed, here, sink),
            Record::StepWaiting {
                step, attempt, timer, ..
            } => {
                self.outcome(
                    (step, *attempt),
                    &[Active::Ready],
                    Place::Active(Active::Waiting),
                    here,
                    sink,
                );
                timer.iter().for_each(|timer| self.set_timer(timer, here, sink));
            }
            Record::AttemptFailed {
                step, attempt, retry, ..
            } => {
                sink.figures.retries += 1;
                self.outcome(
                    (step, *attempt),
                    &[Active::Ready],
                    Place::Active(Active::Retrying),
                    here,
                    sink,
                );
                self.step(step).attempt = attempt.saturating_add(1);
                self.set_timer(retry, here, sink);
            }
            Record::StepFailed {
                step,
                attempt,
                advance,
                ..
            } => {
                let failed = Place::Failed {
                    is_answered: advance.is_some(),
                };
                self.outcome(
                    (step, *attempt),
                    &[Active::Ready, Active::Waiting],
                    failed,
                    here,
                    sink,
                );
                self.clear_step_timers(step);
                advance
                    .iter()
                    .for_each(|advance| self.advance(advance, here, sink));
            }
            Record::StepReady { step, attempt } => {
                self.end_pause(step, here, sink);
                self.step_ready(step, *attempt, here, sink);
            }
            Record::CheckpointSaved { step, attempt, value } => {
                let saving = self.step(step);
                if (saving.place, saving.attempt) != (Place::Active(Active::Ready), *attempt) {
                    let problem = format!("`{step}` saves in attempt {attempt}, which doesn't run");
                    sink.push(self.misfit(here, problem));
                }
                self.saved.push((step.clone(), value.clone()));
            }
            Record::AttemptBegan { step, attempt } => self.attempt_began(step, *attempt, here, sink),
            Record::AttemptsLost { steps, uncounted, .. } => {
                sink.figures.losses += 1;
                if let Some(step) = uncounted.iter().find(|step| !steps.contains(step)) {
                    let problem = format!("`{step}` lost nothing that could be left uncounted");
                    sink.push(self.misfit(here, problem));
                }
                steps.iter().for_each(|step| self.attempt_lost(step, here, sink));
            }
            Record::EventAccepted(event) => self.event_accepted(&event.event_id, here, sink),
            Record::EventUndelivered { event_id } => {
                sink.figures.events_undelivered += 1;
                self.settle_event(event_id, true, here, sink);
            }
            Record::TimerSet(timer) => self.set_timer(timer, here, sink),
            Record::TimerQueued { number } => self.queue_timer(*number, here, sink),
            Record::TimerCancelled { number } => self.cancel_timer(*number, here, sink),
            Record::Cancelling { stopped, cleanup, .. } => {
                self.was_cancelled = true;
                stopped.iter().for_each(|step| self.stop(step, true, here, sink));
                self.clear_timers(false);
                self.decide_join(cleanup, true, here, sink);
            }
            Record::Retried {
                ready,
                resumed,
                events,
            } => self.retried(ready, resumed, events, here, sink),
            Record::Ended(ended) => self.ended(ended, here, sink),
        }
    }

    fn created(&mut self, created: &Created, here: Here, sink: &mut Sink<'_>) {
        if created.instance != self.instance {
            let problem = format!("it is the journal of instance {}", created.instance);
            sink.push(self.misfit(here, problem));
        }
        self.decide_join(&created.start, true, here, sink);
        let deadline = created.deadline.iter();
        deadline.for_each(|timer| self.set_timer(timer, here, sink));
    }

    fn step_completed(&mut self, completed: &StepCompleted, here: Here, sink: &mut Sink<'_>) {
        let from = match &completed.cause {
            Cause::Emitted => Active::Ready,
            Cause::Sent(id) => {
                sink.figures.events_consumed += 1;
                self.settle_event(id, false, here, sink);
                Active::Waiting
            }
            Cause::Timer(number) => {
                self.use_timeout(*number, here, sink);
                Active::Waiting
            }
        };
        let step = (&completed.step, completed.attempt);
        self.outcome(step, &[from], Place::Completed, here, sink);
        self.clear_step_timers(&completed.step);
        self.advance(&completed.advance, here, sink);
    }

    fn ended(&mut self, ended: &Ended, here: Here, sink: &mut Sink<'_>) {
        sink.figures.ends += 1;
        let is_final = ended.status != EndStatus::Failed;
        if ended.status == EndStatus::Completed {
            sink.figures.completions += 1;
            let done = StepRef::done();
            self.outcome((&done, 1), &[Active::Ready], Place::Completed, here, sink);
        }
        if ended.status == EndStatus::Cancelled {
            self.was_cancelled = true;
        }
        let failure = ended.failure.as_ref();
        if failure.is_some_and(|it| it.step.is_none() && it.failure.kind == FailureKind::Deadline) {
            self.use_deadline(here, sink);
        }
        for step in &ended.stopped {
            self.stop(step, is_final, here, sink);
        }
        for (name, step) in &self.steps {
            if matches!(step.place, Place::Active(_)) {
                let problem = format!("the instance ends, but `{name}` is active and not stopped");
                sink.push(self.misfit(here, problem));
            }
        }
        self.end_events(sink);
        self.clear_timers(!is_final);
        self.end = Some((here.seq, ended.status));
    }

    fn retried(
        &mut self,
        ready: &[StepRef],
        resumed: &[StepRef],
        events: &[EventId],
        here: Here,
        sink: &mut Sink<'_>,
    ) {
        if self
            .end
            .take()
            .is_none_or(|(_, status)| status != EndStatus::Failed)
        {
            let problem = "retried, but it has not failed".to_owned();
            sink.push(self.misfit(here, problem));
        }
        self.retries += 1;
        for step in ready {
            self.bring_back(step, true, here, sink);
        }
        for step in resumed {
            self.bring_back(step, false, here, sink);
        }
        self.bring_back_timers();
        for event in events {
            self.redeliver(event, here, sink);
        }
    }
}
