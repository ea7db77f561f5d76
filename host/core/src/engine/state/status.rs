//! Where instances and steps stand.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::engine::{EndStatus, Failure};
use crate::{EventName, Timestamp};

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceStatus {
    /// Created; nothing has happened yet.
    Pending,
    /// Something is ready or running.
    Running,
    /// Nothing is ready or running, something waits for an event or pauses before another attempt.
    Waiting,
    /// It reached `done`.
    Completed,
    /// It failed.
    Failed,
    /// An operator cancelled it.
    Cancelled,
}

impl InstanceStatus {
    /// The status as the API and the command line show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the instance has ended. A failed one can still be retried.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl From<EndStatus> for InstanceStatus {
    fn from(status: EndStatus) -> Self {
        match status {
            EndStatus::Completed => Self::Completed,
            EndStatus::Failed => Self::Failed,
            EndStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl fmt::Display for InstanceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a step of an instance stands. That a ready step is being executed is known to the runner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Its join is open, or was when the instance ended.
    Idle,
    /// To be executed, or being executed.
    Ready {
        /// Which try it is, from 1.
        attempt: u32,
    },
    /// Its code has run; it waits for an event.
    Waiting {
        /// The attempt that asked to wait.
        attempt: u32,
        /// Since when.
        since: Timestamp,
        /// The timer of this wait.
        timer: Option<u32>,
    },
    /// An attempt failed; the next one is due later.
    Retrying {
        /// The attempt that comes.
        attempt: u32,
        /// The timer that makes it ready.
        timer: u32,
    },
    /// It ended with an event.
    Completed {
        /// The event; none for `done`, which emits nothing.
        event: Option<EventName>,
    },
    /// It failed for good.
    Failed {
        /// The last failure.
        failure: Failure,
    },
    /// The instance ended, or was cancelled, before it did.
    Stopped,
    /// Its join can't become true any more.
    Dead,
}

impl StepState {
    /// Whether it is ready, waiting or retrying.
    pub fn is_active(&self) -> bool {
        matches!(
            self,
            Self::Ready { .. } | Self::Waiting { .. } | Self::Retrying { .. }
        )
    }
}

impl fmt::Display for StepState {
    /// For people, in messages: what has become of the step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("has not begun"),
            Self::Ready { attempt } => write!(f, "is ready or running (attempt {attempt})"),
            Self::Waiting { .. } => f.write_str("is waiting"),
            Self::Retrying { attempt, .. } => write!(f, "pauses before attempt {attempt}"),
            Self::Completed { event: Some(event) } => write!(f, "has ended with `{event}`"),
            Self::Completed { event: None } => f.write_str("has ended"),
            Self::Failed { failure } => write!(f, "has failed ({}: {})", failure.kind, failure.message),
            Self::Stopped => f.write_str("was stopped"),
            Self::Dead => f.write_str("can't run any more"),
        }
    }
}
