//! The decisions.

use std::sync::Arc;

use super::{Created, DamagedJournal, Input, InstanceState, JournalEntry, Record, Timer};
use crate::definition::Workflow;
use crate::{EventName, InstanceId, Json, StepRef, Timestamp};

/// Bounds that the host sets on every instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineLimits {
    /// How often the attempts of one step may be lost with the host before the step fails with kind `host`.
    pub max_recoveries: u32,
    /// How many accepted events an instance may hold that no step has taken yet.
    pub max_inbox: usize,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            max_recoveries: 5,
            max_inbox: 1_000,
        }
    }
}

/// What follows from an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These records, in one commit. Empty: nothing changes (a repeated event, an outcome that came too late).
    Records(Vec<Record>),
    /// The transition that would be taken is dynamic: call `transit` for it, and decide again with its answer.
    Route {
        /// The step that is about to end.
        step: StepRef,
        /// The event that it is about to end with.
        event: EventName,
        /// The result that it is about to have.
        result: Option<Json>,
    },
}

/// An input that is refused. Nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The instance has ended.
    #[error("the instance is {status}")]
    Terminal {
        /// How it ended.
        status: super::InstanceStatus,
    },
    /// No step can ever take the event.
    #[error("{reason}")]
    NotExpected {
        /// The event.
        event: EventName,
        /// Why not: what the steps that accept it have come to, and what is accepted instead.
        reason: String,
    },
    /// Several waiting steps accept the event, and the sender named none.
    #[error(
        "event `{event}` is accepted by several waiting steps ({}): name the step",
        list(steps)
    )]
    Ambiguous {
        /// The event.
        event: EventName,
        /// The steps.
        steps: Vec<StepRef>,
    },
    /// The workflow has no such step.
    #[error("the workflow has no step `{step}`")]
    UnknownStep {
        /// The step.
        step: StepRef,
    },
    /// No such timer is set.
    #[error("no timer {number} is set: it came due, was cancelled, or never was")]
    UnknownTimer {
        /// The timer.
        number: u32,
    },
    /// A delay of zero.
    #[error("the delay must be longer than zero")]
    InvalidDelay,
    /// The instance holds as many events as it may that no step has taken.
    #[error("the inbox is full: {limit} events wait to be taken")]
    InboxFull {
        /// The limit.
        limit: usize,
    },
    /// The instance can't be retried.
    #[error("the instance can't be retried: {reason}")]
    NotRetryable {
        /// Why not.
        reason: String,
    },
}

fn list(steps: &[StepRef]) -> String {
    steps
        .iter()
        .map(|step| format!("`{step}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a starter brings for a new instance.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// See [`Created`].
    pub instance: InstanceId,
    /// See [`Created`].
    pub digest: crate::Digest,
    /// The value for the workflow's business key.
    pub business_value: crate::BusinessValue,
    /// See [`Created`].
    pub request_id: Option<crate::RequestId>,
    /// The input; must be an object.
    pub initial: Json,
    /// Overrides the workflow's deadline.
    pub deadline: Option<std::time::Duration>,
    /// See [`Created`].
    pub metadata: std::collections::BTreeMap<String, String>,
}

/// The first record of an instance.
pub fn create(_workflow: &Workflow, _new: NewInstance, _now: Timestamp) -> Created {
    todo!("engine helper")
}

/// What follows from `input` in `state`. Pure: the same arguments give the same answer.
pub fn decide(
    _state: &InstanceState,
    _input: &Input,
    _limits: &EngineLimits,
    _now: Timestamp,
) -> Result<Decision, Refusal> {
    todo!("engine helper")
}

/// Applies one entry.
pub fn apply(_state: InstanceState, _entry: &JournalEntry) -> Result<InstanceState, DamagedJournal> {
    todo!("engine helper")
}

/// One commit: the entries of a decision, and what they change outside the journal.
#[derive(Debug, Clone)]
pub struct Change {
    /// The new entries.
    pub entries: Vec<JournalEntry>,
    /// Timers that are set now and weren't before.
    pub timers_set: Vec<Timer>,
    /// Timers that were set before and aren't now.
    pub timers_cleared: Vec<u32>,
    /// The instance as queries show it.
    pub summary: super::Summary,
}

/// Numbers `records`, applies them, and says what changed.
pub fn advance(
    _state: InstanceState,
    _records: Vec<Record>,
    _now: Timestamp,
) -> Result<(InstanceState, Change), DamagedJournal> {
    todo!("engine helper")
}

/// A new instance: its state, and the commit that creates it.
pub fn begin(_workflow: Arc<Workflow>, _created: Created, _now: Timestamp) -> (InstanceState, Change) {
    todo!("engine helper")
}
