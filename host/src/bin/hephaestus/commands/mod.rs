//! The subcommands. Each takes resolved options and answers with how it came out; none prints the outcome itself.

pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod delete;
mod find;
mod follow;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod list;
mod load;
pub(crate) mod new;
mod open;
mod operate;
pub(crate) mod receipts;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod store;

use hephaestus_host::core::engine::InstanceStatus;

use crate::exit::Exit;
pub(crate) use follow::Finished;

/// Why a command stopped following an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The instance ended.
    Ended(InstanceStatus),
    /// It waits for events, and nobody wants to wait with it.
    Waiting,
    /// A signal came.
    Interrupted,
}

impl Ending {
    /// The exit code for it.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Ended(InstanceStatus::Completed) => Exit::Completed,
            Self::Ended(InstanceStatus::Failed) => Exit::Failed,
            Self::Ended(InstanceStatus::Cancelled) => Exit::Cancelled,
            Self::Ended(InstanceStatus::Waiting) | Self::Waiting => Exit::Waiting,
            // An instance that hasn't ended and doesn't wait: its host stopped under it.
            Self::Ended(InstanceStatus::Pending | InstanceStatus::Running) | Self::Interrupted => {
                Exit::Interrupted
            }
        }
    }
}
