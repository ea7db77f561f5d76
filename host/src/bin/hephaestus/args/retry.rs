//! `hephaestus retry`, as typed.

use super::{FollowArgs, StoreArgs};
use crate::exit::{self, Exit};

/// The words of `hephaestus retry`.
#[derive(Debug, clap::Args)]
pub(crate) struct RetryArgs {
    /// The instance: its id, or the beginning of it; or its business id, or the value of that
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,

    #[command(flatten)]
    pub(crate) follow: FollowArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 8] = [
    (Exit::Completed, "the instance completed"),
    (Exit::Failed, "it failed again"),
    (
        Exit::Usage,
        "bad usage, no such store or instance, or it can't be retried",
    ),
    (Exit::Waiting, "the instance waits for an event"),
    (Exit::Cancelled, "the instance was cancelled"),
    (Exit::Refused, "its code in the store is refused by this host"),
    (Exit::Host, "the host failed (store in use, files, a bug)"),
    (
        Exit::Interrupted,
        "interrupted by a signal; `run` with its id goes on",
    ),
];

pub(super) fn after_help() -> String {
    format!(
        "The step that failed runs again, with fresh attempts; steps that were stopped go on where they
were. The code is the one in the store that the instance began with; what steps may use is what
--manifest says now. The instance is followed as `run` does.

Examples:
  The carrier answers again:
    hephaestus retry a1
  The step was denied a secret, and the manifest grants it now:
    hephaestus retry a1 --manifest hephaestus.toml

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
