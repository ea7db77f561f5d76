//! `hephaestus delete`, as typed.

use super::StoreArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteArgs {
    /// The instance: its id, or the beginning of it; or its business id, or the value of that
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Completed, "the instance is gone"),
    (
        Exit::Usage,
        "bad usage, no such store or instance, or it is active",
    ),
    (Exit::Host, "the host failed (store in use, files, a bug)"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "The instance, its journal and its results are gone for good, and nobody is asked. An instance that
is active is not deleted: cancel it first. `run --retain` deletes by age.

Examples:
  Remove an order that is done with:
    hephaestus delete a1

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
