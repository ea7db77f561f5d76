//! Executes records. Decides nothing: consequences are in the records. Refuses what doesn't fit, and never panics.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Cancelling, DamagedJournal, End, Inbox, InstanceState, InstanceStatus, Item, Slot, StepState, Suspended,
    TimerChanges,
};
use crate::definition::{StepIx, Workflow};
use crate::engine::{
    Cause, Created, EndStatus, Ended, Failure, JournalEntry, Record, SentEvent, StepCompleted, Timer,
    TimerPurpose, unique_key,
};
use crate::{EventId, EventName, StepRef, Timestamp};

/// What doesn't fit, for [`DamagedJournal`].
pub(super) type Fits<T = ()> = Result<T, String>;

impl InstanceState {
    /// The state after the first entry.
    pub(in crate::engine) fn begin(
        workflow: Arc<Workflow>,
        entry: &JournalEntry,
        timers: &mut TimerChanges,
    ) -> Result<Self, DamagedJournal> {
        let damaged = |problem: String| DamagedJournal {
            seq: entry.seq,
            problem,
        };
        if entry.seq != 1 {
            return Err(damaged("expected entry 1".to_owned()));
        }
        let Record::Created(created) = &entry.record else {
            return Err(damaged("the first entry must be `created`".to_owned()));
        };
        Self::created_by(workflow, created, entry.at, timers).map_err(damaged)
    }

    fn created_by(
        workflow: Arc<Workflow>,
        created: &Created,
        at: Timestamp,
        timers: &mut TimerChanges,
    ) -> Fits<Self> {
        let definition = workflow.definition();
        if (&created.workflow, created.version) != (&definition.name, definition.version) {
            return Err(format!(
                "it is of `{}` version {}, not of `{}` version {}",
                created.workflow, created.version, definition.name, definition.version
            ));
        }
        let key = unique_key(
            definition.business_key.uniqueness,
            &definition.name,
            definition.version,
            &created.business_id,
        );
        let mut state = Self {
            created: Arc::new(created.clone()),
            unique_key: key.map(Arc::from),
            created_at: at,
            updated_at: at,
            seq: 0,
            slots: vec![Slot::IDLE; workflow.steps().len()],
            edges: vec![None; workflow.edges().len()],
            ready: 0,
            pausing: 0,
            waiting_since: None,
            results: BTreeMap::new(),
            timers: BTreeMap::new(),
            next_timer: 1,
            inbox: Inbox::default(),
            accepted: std::collections::BTreeSet::new(),
            undelivered: Inbox::default(),
            cancelling: None,
            ended: None,
            suspended: None,
            workflow,
        };
        let start = state.find(&created.start)?;
        state.make_ready(start)?;
        if let Some(timer) = &created.deadline {
            state.set_timer(timer, &TimerPurpose::Deadline, timers)?;
        }
        state.seq = 1;
        Ok(state)
    }

    /// Applies the next entry. On error the state is in between and must be dropped.
    pub(in crate::engine) fn apply(
        &mut self,
        entry: &JournalEntry,
        timers: &mut TimerChanges,
    ) -> Result<(), DamagedJournal> {
        let next = self.next_seq();
        let fits = if entry.seq == next {
            self.execute(entry, timers)
        } else {
            Err(format!("expected entry {next}"))
        };
        fits.map_err(|problem| DamagedJournal {
            seq: entry.seq,
            problem,
        })?;
        self.seq = next;
        self.updated_at = entry.at;
        self.waiting_since = match self.status() {
            InstanceStatus::Waiting => self.waiting_since.or(Some(entry.at)),
            _ => None,
        };
        Ok(())
    }

    fn execute(&mut self, entry: &JournalEntry, timers: &mut TimerChanges) -> Fits {
        if self.ended.is_some() && !matches!(entry.record, Record::Retried { .. }) {
            return Err("the instance has ended".to_owned());
        }
        match &entry.record {
            Record::Created(_) => Err("the instance is created already".to_owned()),
            Record::StepCompleted(completed) => self.step_completed(completed, timers),
            Record::StepWaiting {
                step, attempt, timer, ..
            } => self.step_waiting((step, *attempt), timer.as_ref(), entry.at, timers),
            Record::AttemptFailed {
                step,
                attempt,
                failure,
                retry,
                ..
            } => self.attempt_failed((step, *attempt), failure, retry, timers),
            Record::StepFailed {
                step,
                attempt,
                failure,
                advance,
                ..
            } => {
                let at = self.step_failed((step, *attempt), failure, timers)?;
                let Some(advance) = advance else { return Ok(()) };
                self.drop_checkpoint(at);
                self.settle_edges(at, &EventName::failed(), None);
                self.advance(advance, timers)
            }
            Record::CheckpointSaved { step, attempt, value } => {
                self.checkpoint_saved((step, *attempt), value)
            }
            Record::StepReady { step, attempt } => self.step_ready(step, *attempt, timers),
            Record::AttemptBegan { step, attempt } => self.attempt_began(step, *attempt),
            Record::AttemptsLost {
                steps,
                uncounted,
                shutdown,
            } => self.attempts_lost(steps, uncounted, *shutdown),
            Record::EventAccepted(event) => self.event_accepted(event, entry.seq),
            Record::EventUndelivered { event_id } => self.event_undelivered(event_id),
            Record::TimerSet(timer) => self.timer_set(timer, timers),
            Record::TimerQueued { number } => self.timer_queued(*number, entry.seq, timers),
            Record::TimerCancelled { number } => {
                self.scheduled(*number)?;
                self.clear_timer(*number, timers);
                Ok(())
            }
            Record::Cancelling {
                reason,
                stopped,
                cleanup,
            } => self.cancelling(reason.as_ref(), stopped, cleanup, timers),
            Record::Retried {
                ready,
                resumed,
                events,
            } => self.retried(ready, resumed, events, timers),
            Record::Ended(ended) => self.end(ended, entry.at, timers),
        }
    }

    fn step_completed(&mut self, completed: &StepCompleted, timers: &mut TimerChanges) -> Fits {
        let at = self.find(&completed.step)?;
        match &completed.cause {
            Cause::Emitted => self.must_be_ready(at, completed.attempt)?,
            Cause::Sent(id) => {
                self.must_be_waiting(at, completed.attempt)?;
                self.inbox
                    .take_event(id)
                    .ok_or_else(|| format!("event `{id}` is not in the inbox"))?;
            }
            Cause::Timer(number) => {
                self.must_be_waiting(at, completed.attempt)?;
                if !self.timers.contains_key(number) && !self.inbox.has_timeout(*number) {
                    return Err(format!("timer {number} is not set"));
                }
            }
        }
        if let Some(result) = &completed.result {
            self.results.insert(completed.step.clone(), result.clone());
        }
        let event = Some(completed.event.clone());
        self.put(at, StepState::Completed { event });
        self.drop_checkpoint(at);
        self.clear_step(at, timers);
        self.settle_edges(at, &completed.event, completed.chosen.as_deref());
        self.advance(&completed.advance, timers)
    }

    fn step_waiting(
        &mut self,
        (step, attempt): (&StepRef, u32),
        timer: Option<&Timer>,
        since: Timestamp,
        timers: &mut TimerChanges,
    ) -> Fits {
        let at = self.find(step)?;
        self.must_be_ready(at, attempt)?;
        if let Some(timer) = timer {
            self.set_timer(timer, &TimerPurpose::Wait(step.clone()), timers)?;
        }
        let waiting = StepState::Waiting {
            attempt,
            since,
            timer: timer.map(|timer| timer.number),
        };
        self.put(at, waiting);
        Ok(())
    }

    fn attempt_failed(
        &mut self,
        (step, attempt): (&StepRef, u32),
        failure: &Failure,
        retry: &Timer,
        timers: &mut TimerChanges,
    ) -> Fits {
        let at = self.find(step)?;
        self.must_be_ready(at, attempt)?;
        self.set_timer(retry, &TimerPurpose::Retry(step.clone()), timers)?;
        let slot = &mut self.slots[at.0];
        slot.attempt = attempt.saturating_add(1);
        slot.last_failure = Some(failure.clone());
        let retrying = StepState::Retrying {
            attempt: slot.attempt,
            timer: retry.number,
        };
        self.put(at, retrying);
        Ok(())
    }

    fn step_failed(
        &mut self,
        (step, attempt): (&StepRef, u32),
        failure: &Failure,
        timers: &mut TimerChanges,
    ) -> Fits<StepIx> {
        let at = self.find(step)?;
        self.must_be_ready(at, attempt)
            .or_else(|_| self.must_be_waiting(at, attempt))?;
        let failure = failure.clone();
        self.slots[at.0].last_failure = Some(failure.clone());
        self.put(at, StepState::Failed { failure });
        self.clear_step(at, timers);
        Ok(at)
    }

    fn step_ready(&mut self, step: &StepRef, attempt: u32, timers: &mut TimerChanges) -> Fits {
        let at = self.find(step)?;
        match self.slots[at.0].state {
            StepState::Retrying { attempt: next, timer } if next == attempt => {
                self.clear_timer(timer, timers);
                self.put(at, StepState::Ready { attempt });
                Ok(())
            }
            _ => Err(self.unfit(at, "retrying", attempt)),
        }
    }

    fn event_accepted(&mut self, event: &SentEvent, seq: u64) -> Fits {
        if !self.accepted.insert(event.event_id.clone()) {
            return Err(format!("event `{}` was accepted before", event.event_id));
        }
        self.inbox.push(seq, Item::Event(event.clone()));
        Ok(())
    }

    fn event_undelivered(&mut self, id: &EventId) -> Fits {
        let (seq, event) = self
            .inbox
            .take_event(id)
            .ok_or_else(|| format!("event `{id}` is not in the inbox"))?;
        self.undelivered.push(seq, Item::Event(event));
        Ok(())
    }

    fn timer_set(&mut self, timer: &Timer, timers: &mut TimerChanges) -> Fits {
        let TimerPurpose::Scheduled(step) = &timer.purpose else {
            return Err(format!("timer {} was not scheduled", timer.number));
        };
        let state = &self.slots[self.find(step)?.0].state;
        if *state != StepState::Idle && !state.is_active() {
            return Err(format!("a timer for `{step}`, which {state}"));
        }
        self.set_timer(timer, &timer.purpose, timers)
    }

    fn timer_queued(&mut self, number: u32, seq: u64, timers: &mut TimerChanges) -> Fits {
        let step = self.scheduled(number)?;
        self.clear_timer(number, timers);
        self.inbox.push(seq, Item::Timeout { number, step });
        Ok(())
    }

    fn cancelling(
        &mut self,
        reason: Option<&String>,
        stopped: &[StepRef],
        cleanup: &StepRef,
        timers: &mut TimerChanges,
    ) -> Fits {
        if self.cancelling.is_some() {
            return Err("the instance is cancelling already".to_owned());
        }
        self.stop(stopped)?;
        self.drop_checkpoints();
        self.clear_timers(timers);
        self.inbox.take_timeouts();
        self.cancelling = Some(Cancelling {
            reason: reason.cloned(),
        });
        self.make_ready(self.find(cleanup)?)
    }

    fn end(&mut self, ended: &Ended, at: Timestamp, timers: &mut TimerChanges) -> Fits {
        if ended.status == EndStatus::Completed {
            let done = self.workflow.done();
            self.must_be_ready(done, 1)?;
            self.put(done, StepState::Completed { event: None });
        }
        let steps = self.stop(&ended.stopped)?;
        if let Some(event) = self.inbox.events().next() {
            let id = &event.event_id;
            return Err(format!("event `{id}` is neither consumed nor undelivered"));
        }
        let timeouts = self.inbox.take_timeouts();
        let kept = self.clear_timers(timers);
        if ended.status == EndStatus::Failed {
            self.suspended = Some(Box::new(Suspended {
                steps,
                timers: kept,
                timeouts,
            }));
        } else {
            self.drop_checkpoints();
        }
        self.ended = Some(End {
            status: ended.status,
            at,
            failure: ended.failure.clone(),
        });
        Ok(())
    }
}
