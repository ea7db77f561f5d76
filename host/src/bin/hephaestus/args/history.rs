//! `hephaestus history`, as typed.

use super::StoreArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus history`.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// The instance: its id, or the beginning of it; or its business id, or the value of that
    #[arg(value_name = "INSTANCE")]
    pub(crate) instance: String,

    /// Only what came after the entry with this number
    #[arg(long, value_name = "SEQ", default_value = "0", hide_default_value = true)]
    pub(crate) after: u64,

    /// Say what each attempt consumed: time, memory, traffic; and all together
    #[arg(long)]
    pub(crate) receipts: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Completed, "the history was told"),
    (Exit::Usage, "bad usage, no such store, or no such instance"),
    (Exit::Host, "the store can't be read"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "Works beside a host that uses the store, and changes nothing. Instants are those of UTC.

Examples:
  What happened to an order?
    hephaestus history a1
  The same, by its full business id, with what each attempt took:
    hephaestus history orderid::a1 --receipts
  All of its journal, for a program:
    hephaestus history orderid::a1 --json

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
