//! `hephaestus list`, as typed.

use clap::ValueEnum;

use super::StoreArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus list`.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only instances of this workflow
    #[arg(long, value_name = "NAME")]
    pub(crate) workflow: Option<String>,

    /// Only instances that are in one of these states: pending, running, waiting, completed, failed,
    /// cancelled; or active, which is any of the first three
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        num_args = 1..,
        hide_possible_values = true
    )]
    pub(crate) status: Vec<StatusWord>,

    /// How many at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) limit: u16,

    /// Only instances that are older than this one: the last of the page before
    #[arg(long, value_name = "INSTANCE")]
    pub(crate) before: Option<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// A word for a status, or for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusWord {
    /// Not begun yet
    Pending,
    /// Something is to be executed
    Running,
    /// Waits for events
    Waiting,
    /// Reached `done`
    Completed,
    /// Failed
    Failed,
    /// Cancelled by an operator
    Cancelled,
    /// Pending, running or waiting
    Active,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Completed, "the instances were listed, if there are any"),
    (Exit::Usage, "bad usage, or no such store"),
    (Exit::Host, "the store can't be read"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "The newest comes first. Works beside a host that uses the store, and changes nothing.

Examples:
  See what is there:
    hephaestus list
  Which orders wait for somebody, and which have failed?
    hephaestus list --workflow order-flow --status waiting failed
  How many have failed? For a script:
    hephaestus list --status failed --json | jq '.instances | length'

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
