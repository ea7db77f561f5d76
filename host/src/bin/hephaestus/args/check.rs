//! `hephaestus check`, as typed.

use std::path::PathBuf;

use super::CodeArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus check`.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The workflow: a WebAssembly component
    #[arg(value_name = "COMPONENT.WASM")]
    pub(crate) component: PathBuf,

    #[command(flatten)]
    pub(crate) code: CodeArgs,

    /// End with one JSON object on standard output, and write nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 6] = [
    (
        Exit::Completed,
        "the workflow is sound, and no run was found that gets stuck",
    ),
    (Exit::Usage, "bad usage"),
    (
        Exit::Refused,
        "the component was refused, or its graph is not sound",
    ),
    (Exit::Host, "the host failed (files, a bug)"),
    (Exit::Stuck, "the workflow is sound, but some runs get stuck"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "Nothing is stored, and no step is executed.

Examples:
  See whether a workflow is sound, and whether it can get stuck:
    hephaestus check order-flow.wasm
  In CI, where runs that get stuck are known and taken for granted:
    hephaestus check order-flow.wasm || test $? -eq 7

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
