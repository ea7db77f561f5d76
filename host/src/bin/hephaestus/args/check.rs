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

    /// Show what the steps ask for beside what this manifest grants, a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,

    /// The version that is in use: show what the new one asks for that it didn't
    #[arg(long, value_name = "COMPONENT.WASM")]
    pub(crate) current: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) code: CodeArgs,

    /// End with one JSON object on standard output, and write nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 7] = [
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
    (
        Exit::Ungranted,
        "the workflow is sound, but asks for something that the manifest doesn't grant",
    ),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "Nothing is stored, and no step is executed.

Examples:
  See whether a workflow is sound, and whether it can get stuck:
    hephaestus check order-flow.wasm
  Before a new version goes live: what does it ask for, and is it granted?
    hephaestus check order-flow-2.wasm --manifest hephaestus.toml --current order-flow-1.wasm
  In CI, where runs that get stuck are known and taken for granted:
    hephaestus check order-flow.wasm || test $? -eq 7

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
