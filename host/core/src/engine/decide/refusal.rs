//! What is refused, and why.

use crate::engine::InstanceStatus;
use crate::{EventName, StepRef};

/// An input that is refused. Nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The instance has ended.
    #[error("the instance is {status}")]
    Terminal {
        /// How it ended.
        status: InstanceStatus,
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
    #[error("no scheduled timer {number} is set: it came due, was cancelled, or never was")]
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
    /// The execution is over: its step ended, was stopped, or was recorded as lost and is executed again.
    #[error("attempt {attempt} of `{step}` is over, or was recorded as lost")]
    TooLate {
        /// The step.
        step: StepRef,
        /// The attempt.
        attempt: u32,
    },
    /// A checkpoint is too long.
    #[error("the checkpoint has {bytes} bytes, {limit} are allowed: hand large data over by reference")]
    CheckpointTooLarge {
        /// The length of its JSON text, in bytes.
        bytes: usize,
        /// The longest that is allowed.
        limit: usize,
    },
    /// The step has saved as much as it may.
    #[error(
        "the checkpoints of the step come to more than {limit} bytes together: save smaller ones, or fewer"
    )]
    CheckpointsUsedUp {
        /// What is allowed, in bytes.
        limit: usize,
    },
    /// The instance can't be retried.
    #[error("the instance can't be retried: {reason}")]
    NotRetryable {
        /// Why not.
        reason: String,
    },
}

/// Names, quoted and joined.
pub(super) fn list(names: &[impl std::fmt::Display]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
