//! The state of an instance: a fold over its journal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Created, Failure, InstanceFailure, JournalEntry, SentEvent, Timer};
use crate::context::ContextView;
use crate::definition::Workflow;
use crate::{EventName, Json, StepRef, Timestamp};

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

impl fmt::Display for InstanceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a step of an instance stands. That a ready step is being executed is known to the runner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Its join is open.
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
        /// The event.
        event: EventName,
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

/// A folded instance.
#[derive(Debug, Clone)]
pub struct InstanceState {
    workflow: Arc<Workflow>,
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
    pub fn fold(_workflow: Arc<Workflow>, _journal: &[JournalEntry]) -> Result<Self, DamagedJournal> {
        todo!("engine helper")
    }

    /// The workflow it executes.
    pub fn workflow(&self) -> &Arc<Workflow> {
        &self.workflow
    }

    /// How it began.
    pub fn created(&self) -> &Created {
        todo!("engine helper")
    }

    /// The number of its last journal entry.
    pub fn version(&self) -> u64 {
        todo!("engine helper")
    }

    /// Where it stands.
    pub fn status(&self) -> InstanceStatus {
        todo!("engine helper")
    }

    /// Where a step stands; `None` if the workflow has no such step.
    pub fn step(&self, _step: &StepRef) -> Option<&StepState> {
        todo!("engine helper")
    }

    /// All steps in the order of the definition.
    pub fn steps(&self) -> impl Iterator<Item = (&StepRef, &StepState)> {
        todo!("engine helper") as std::iter::Empty<(&StepRef, &StepState)>
    }

    /// The steps to execute, with the attempt it would be, in the order of the definition.
    pub fn ready(&self) -> impl Iterator<Item = (&StepRef, u32)> {
        todo!("engine helper") as std::iter::Empty<(&StepRef, u32)>
    }

    /// The results of completed steps.
    pub fn results(&self) -> &BTreeMap<StepRef, Json> {
        todo!("engine helper")
    }

    /// The timers that are set, by number.
    pub fn timers(&self) -> &BTreeMap<u32, Timer> {
        todo!("engine helper")
    }

    /// Accepted events that no step has taken yet, in order of arrival.
    pub fn inbox(&self) -> &[SentEvent] {
        todo!("engine helper")
    }

    /// Why it failed.
    pub fn failure(&self) -> Option<&InstanceFailure> {
        todo!("engine helper")
    }

    /// Since when it has been waiting, if it is.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        todo!("engine helper")
    }

    /// What `step` may read while it executes.
    pub fn context(&self, _step: &StepRef) -> ContextView {
        todo!("engine helper")
    }

    /// What `transit` may read for `step` that is about to end with `result`: as [`Self::context`], and its own result.
    pub fn routing_context(&self, _step: &StepRef, _result: Option<&Json>) -> ContextView {
        todo!("engine helper")
    }
}
