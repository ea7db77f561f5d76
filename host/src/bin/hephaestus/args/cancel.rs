//! `hephaestus cancel`, as typed.

use super::{FollowArgs, StoreArgs};
use crate::exit::{self, Exit};

/// The words of `hephaestus cancel`.
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The instance: its id, or the beginning of it; or its business id, or the value of that
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,

    /// Why, for its history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    #[command(flatten)]
    pub(crate) follow: FollowArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 7] = [
    (Exit::Completed, "the instance is cancelled, and cleaned up"),
    (Exit::Failed, "its clean-up failed, and so the instance"),
    (
        Exit::Usage,
        "bad usage, no such store or instance, or it has ended already",
    ),
    (Exit::Waiting, "its clean-up waits for an event"),
    (Exit::Refused, "its code in the store is refused by this host"),
    (Exit::Host, "the host failed (store in use, files, a bug)"),
    (
        Exit::Interrupted,
        "interrupted by a signal; the same command goes on",
    ),
];

pub(super) fn after_help() -> String {
    format!(
        "What runs or waits is stopped. A workflow with an `on_cancel` step then runs that one, to clean up:
it is followed to its end, with the code that is in the store. Nothing else is undone.

Examples:
  Give an order up:
    hephaestus cancel a1 --reason 'the customer changed her mind'

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
