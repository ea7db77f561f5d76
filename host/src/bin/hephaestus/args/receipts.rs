//! `hephaestus receipts`, as typed.

use super::StoreArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus receipts`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReceiptsArgs {
    /// Only instances of this workflow
    #[arg(long, value_name = "NAME")]
    pub(crate) workflow: Option<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Completed, "the sums were drawn, if there are any"),
    (Exit::Usage, "bad usage, or no such store"),
    (Exit::Host, "the store can't be read"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "Reads the journal of each instance: the more there are, the longer it takes. Works beside a host
that uses the store, and changes nothing. For one instance: `hephaestus history --receipts`.

Examples:
  Which workflow takes the most?
    hephaestus receipts
  Processor time of each version, for a script:
    hephaestus receipts --workflow order-flow --json | jq '.workflows[] | [.version, .usage.cpu_us]'

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
