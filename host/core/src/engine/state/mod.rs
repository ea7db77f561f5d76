//! The state of an instance: a fold over its journal.
//!
//! Everything by step is kept by [`StepIx`], so reading and changing one step costs the same in every workflow.
//! Only `apply.rs` and what it calls changes a state.

mod apply;
mod checkpoint;
mod inbox;
mod parts;
mod recovery;
mod retried;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use checkpoint::Progress;
use recovery::Recovery;

use super::{Created, EndStatus, Failure, InstanceFailure, JournalEntry, SentEvent, Timer};
use crate::context::ContextView;
use crate::definition::{EdgeIx, StepIx, Workflow};
use crate::{EventId, EventName, Json, StepRef, Timestamp};

pub(super) use checkpoint::checkpoint_cost;
pub(super) use inbox::{Inbox, Item};
pub use status::{InstanceStatus, StepState};

/// A folded instance.
#[derive(Debug, Clone)]
pub struct InstanceState {
    workflow: Arc<Workflow>,
    created: Arc<Created>,
    unique_key: Option<Arc<str>>,
    created_at: Timestamp,
    updated_at: Timestamp,
    seq: u64,
    slots: Vec<Slot>,
    /// Open, taken or dead, by [`EdgeIx`].
    edges: Vec<Option<bool>>,
    /// How many steps are ready.
    ready: usize,
    /// How many steps are waiting or retrying.
    pausing: usize,
    waiting_since: Option<Timestamp>,
    results: BTreeMap<StepRef, Json>,
    timers: BTreeMap<u32, Timer>,
    next_timer: u32,
    inbox: Inbox,
    /// The ids of all events that were ever accepted.
    accepted: BTreeSet<EventId>,
    /// The events that the last end found in the inbox.
    undelivered: Inbox,
    cancelling: Option<Cancelling>,
    ended: Option<End>,
    /// What an operator's retry brings back; only while the instance is failed.
    suspended: Option<Box<Suspended>>,
}

/// What is kept of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// Where it stands.
    pub(super) state: StepState,
    /// The last attempt that was begun, or is to begin; 0 before the first.
    pub(super) attempt: u32,
    /// Attempts made before an operator's retry: they don't count against the policy.
    pub(super) forgiven: u32,
    /// Attempts lost with the host.
    pub(super) recovery: Recovery,
    /// Why the last attempt failed that did.
    pub(super) last_failure: Option<Failure>,
    /// The entry that made the step ready for the last time; 0 before the first.
    pub(super) ready_since: u64,
    /// What the step has saved.
    pub(super) progress: Progress,
}

impl Slot {
    const IDLE: Self = Self {
        state: StepState::Idle,
        attempt: 0,
        forgiven: 0,
        recovery: Recovery::NONE,
        last_failure: None,
        ready_since: 0,
        progress: Progress::NONE,
    };
}

/// The attempts of one step so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepAttempts<'a> {
    /// The last attempt that was begun, or is to begin; 0 before the first.
    pub last: u32,
    /// How many were lost with the host that count towards `max_recoveries`: since it last saved a checkpoint, or an
    /// operator retried it.
    pub lost: u32,
    /// Why the last one failed that did.
    pub last_failure: Option<&'a Failure>,
}

/// The operator's order to cancel, while the clean-up step runs and ever after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cancelling {
    reason: Option<String>,
}

/// How and when the instance ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    status: EndStatus,
    at: Timestamp,
    failure: Option<InstanceFailure>,
}

/// What `Ended(failed)` stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suspended {
    steps: Vec<(StepIx, StepState)>,
    timers: BTreeMap<u32, Timer>,
    timeouts: Inbox,
}

/// How the timers of a commit differ from those before it.
#[derive(Debug, Default)]
pub(super) struct TimerChanges {
    /// Set now, not before.
    pub(super) set: Vec<Timer>,
    /// Set before, not now.
    pub(super) cleared: Vec<u32>,
}

impl TimerChanges {
    fn set(&mut self, timer: &Timer) {
        self.set.push(timer.clone());
    }

    fn clear(&mut self, number: u32) {
        match self.set.iter().position(|timer| timer.number == number) {
            Some(at) => drop(self.set.remove(at)),
            None => self.cleared.push(number),
        }
    }
}

/// A journal that no engine of this version can have written for this workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged at entry {seq}: {problem}")]
pub struct DamagedJournal {
    /// The entry.
    pub seq: u64,
    /// What doesn't fit.
    pub problem: String,
}

impl InstanceState {
    /// Folds a whole journal; the first entry is [`Record::Created`](super::Record::Created).
    pub fn fold(workflow: Arc<Workflow>, journal: &[JournalEntry]) -> Result<Self, DamagedJournal> {
        let mut timers = TimerChanges::default();
        let (first, rest) = journal.split_first().ok_or_else(|| DamagedJournal {
            seq: 1,
            problem: "it is empty".to_owned(),
        })?;
        let mut state = Self::begin(workflow, first, &mut timers)?;
        for entry in rest {
            state.apply(entry, &mut TimerChanges::default())?;
        }
        Ok(state)
    }

    /// The workflow it executes.
    pub fn workflow(&self) -> &Arc<Workflow> {
        &self.workflow
    }

    /// How it began.
    pub fn created(&self) -> &Created {
        &self.created
    }

    /// When it was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When its last entry was written.
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// When it ended, if it has.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended.as_ref().map(|end| end.at)
    }

    /// The number of its last journal entry.
    pub fn version(&self) -> u64 {
        self.seq
    }

    /// Where it stands (I-1 to I-4).
    pub fn status(&self) -> InstanceStatus {
        match &self.ended {
            Some(end) => end.status.into(),
            None if self.seq <= 1 => InstanceStatus::Pending,
            None if self.ready > 0 => InstanceStatus::Running,
            None => InstanceStatus::Waiting,
        }
    }

    /// Whether an operator has cancelled it and its clean-up step has yet to end (I-5).
    pub fn is_cancelling(&self) -> bool {
        self.cancelling.is_some() && self.ended.is_none()
    }

    /// Where a step stands; `None` if the workflow has no such step.
    pub fn step(&self, step: &StepRef) -> Option<&StepState> {
        Some(&self.slot_of(step)?.state)
    }

    /// The attempts of a step so far; `None` if the workflow has no such step.
    pub fn attempts(&self, step: &StepRef) -> Option<StepAttempts<'_>> {
        let slot = self.slot_of(step)?;
        Some(StepAttempts {
            last: slot.attempt,
            lost: slot.recovery.losses,
            last_failure: slot.last_failure.as_ref(),
        })
    }

    /// The entry that made a step ready for the last time, a loss or an operator's retry included: it names one
    /// execution (K-1). 0 before the first.
    pub fn ready_since(&self, step: &StepRef) -> u64 {
        self.slot_of(step).map_or(0, |slot| slot.ready_since)
    }

    /// Whether [`Input::AttemptBegins`](super::Input::AttemptBegins) must be durable before the step is executed: it lost
    /// an attempt before (B-3).
    pub fn must_announce(&self, step: &StepRef) -> bool {
        self.slot_of(step)
            .is_some_and(|slot| slot.recovery.is_unannounced())
    }

    /// Whether the journal says that the attempt for which the step is ready has begun (B-3).
    pub fn has_begun(&self, step: &StepRef) -> bool {
        self.slot_of(step).is_some_and(|slot| slot.recovery.has_begun)
    }

    /// What a step saved last; none if it saved nothing, or its code can't run again.
    pub fn checkpoint(&self, step: &StepRef) -> Option<&Json> {
        self.slot_of(step)?.progress.last.as_ref()
    }

    /// All steps in the order of the definition.
    pub fn steps(&self) -> impl Iterator<Item = (&StepRef, &StepState)> {
        let steps = self.workflow.steps().iter().zip(&self.slots);
        steps.map(|(step, slot)| (&step.name, &slot.state))
    }

    /// The steps to execute, with the attempt it would be, in the order of the definition. None once it has ended.
    pub fn ready(&self) -> impl Iterator<Item = (&StepRef, u32)> {
        self.steps().filter_map(|(step, state)| match state {
            StepState::Ready { attempt } => Some((step, *attempt)),
            _ => None,
        })
    }

    /// The steps that wait, in the order of the definition, each with the events that would end its wait.
    pub fn accepting(&self) -> impl Iterator<Item = (&StepRef, &[EventName])> {
        let steps = self.workflow.steps().iter().zip(&self.slots);
        steps
            .filter(|(_, slot)| matches!(slot.state, StepState::Waiting { .. }))
            .map(|(step, _)| (&step.name, step.accepts.as_slice()))
    }

    /// Whether some step waits for this event now.
    pub fn awaits(&self, event: &str) -> bool {
        self.accepting()
            .any(|(_, events)| events.iter().any(|accepted| accepted.as_str() == event))
    }

    /// The result of a step, if it has completed with one.
    pub fn result(&self, step: &str) -> Option<&Json> {
        self.results.get(step)
    }

    /// The results of completed steps.
    pub fn results(&self) -> &BTreeMap<StepRef, Json> {
        &self.results
    }

    /// The timers that are set, by number.
    pub fn timers(&self) -> &BTreeMap<u32, Timer> {
        &self.timers
    }

    /// Accepted events that no step has taken yet, in order of arrival.
    pub fn inbox(&self) -> impl Iterator<Item = &SentEvent> {
        self.inbox.events()
    }

    /// Accepted events that no step had taken when the instance ended.
    pub fn undelivered(&self) -> impl Iterator<Item = &SentEvent> {
        self.undelivered.events()
    }

    /// Why it failed.
    pub fn failure(&self) -> Option<&InstanceFailure> {
        self.ended.as_ref()?.failure.as_ref()
    }

    /// Since when it has been waiting, if it is.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting_since
    }

    /// What `step` may read while it executes. A step that the workflow doesn't have reads the input only.
    pub fn context(&self, step: &StepRef) -> ContextView {
        let mut results = BTreeMap::new();
        if let Some(at) = self.workflow.index(step.as_str()) {
            for (place, other) in self.workflow.steps().iter().enumerate() {
                if self.workflow.is_ancestor(StepIx(place), at) {
                    results.insert(other.name.clone(), self.results.get(&other.name).cloned());
                }
            }
        }
        ContextView {
            initial: self.created.initial.clone(),
            results,
        }
    }

    /// What `transit` may read for `step` that is about to end with `result`: as [`Self::context`], and its own result.
    pub fn routing_context(&self, step: &StepRef, result: Option<&Json>) -> ContextView {
        let mut context = self.context(step);
        context.results.insert(step.clone(), result.cloned());
        context
    }
}

/// What decisions read.
impl InstanceState {
    pub(super) fn slot(&self, at: StepIx) -> &Slot {
        &self.slots[at.0]
    }

    fn slot_of(&self, step: &StepRef) -> Option<&Slot> {
        Some(self.slot(self.workflow.index(step.as_str())?))
    }

    pub(super) fn name(&self, at: StepIx) -> &StepRef {
        &self.workflow.step(at).name
    }

    /// All places of steps, in the order of the definition.
    pub(super) fn places(&self) -> impl Iterator<Item = StepIx> + use<> {
        (0..self.slots.len()).map(StepIx)
    }

    /// How many steps are ready, waiting or retrying.
    pub(super) fn active(&self) -> usize {
        self.ready + self.pausing
    }

    pub(super) fn edge_values(&self) -> &[Option<bool>] {
        &self.edges
    }

    pub(super) fn next_timer(&self) -> u32 {
        self.next_timer
    }

    pub(super) fn queue(&self) -> &Inbox {
        &self.inbox
    }

    pub(super) fn has_accepted(&self, event: &EventId) -> bool {
        self.accepted.contains(event)
    }

    pub(super) fn unique_key(&self) -> Option<&str> {
        self.unique_key.as_deref()
    }

    /// The operator's words, if the instance was cancelled.
    pub(super) fn cancel_reason(&self) -> Option<&String> {
        self.cancelling.as_ref()?.reason.as_ref()
    }

    /// Whether the operator cancelled, though the clean-up may have failed since.
    pub(super) fn was_cancelled(&self) -> bool {
        self.cancelling.is_some()
    }

    /// The steps that a retry brings back, and what they were.
    pub(super) fn suspended_steps(&self) -> &[(StepIx, StepState)] {
        self.suspended.as_ref().map_or(&[], |suspended| &suspended.steps)
    }
}

/// Whether an edge is taken when its source ends with `event` (J-1).
pub(super) fn is_taken(
    workflow: &Workflow,
    edge: EdgeIx,
    event: &EventName,
    chosen: Option<&[StepRef]>,
) -> bool {
    let edge = workflow.edge(edge);
    edge.event == *event && chosen.is_none_or(|chosen| chosen.contains(&workflow.step(edge.target).name))
}

impl PartialEq for InstanceState {
    /// Two states are equal if everything that was folded is, and their workflows have the same definition.
    fn eq(&self, other: &Self) -> bool {
        let same_workflow = Arc::ptr_eq(&self.workflow, &other.workflow)
            || self.workflow.definition() == other.workflow.definition();
        let same_steps = self.slots == other.slots && self.edges == other.edges;
        let same_counts = (self.seq, self.ready, self.pausing) == (other.seq, other.ready, other.pausing);
        let same_times = (self.created_at, self.updated_at, self.waiting_since)
            == (other.created_at, other.updated_at, other.waiting_since);
        let same_timers = self.timers == other.timers && self.next_timer == other.next_timer;
        let same_events = self.inbox == other.inbox
            && self.accepted == other.accepted
            && self.undelivered == other.undelivered;
        let same_end = self.cancelling == other.cancelling
            && self.ended == other.ended
            && self.suspended == other.suspended;
        same_workflow
            && self.created == other.created
            && self.unique_key == other.unique_key
            && same_steps
            && same_counts
            && same_times
            && self.results == other.results
            && same_timers
            && same_events
            && same_end
    }
}

impl Eq for InstanceState {}
