//! `hephaestus graph`, as typed.

use std::path::PathBuf;

use clap::ValueEnum;

use super::CodeArgs;
use crate::exit::{self, Exit};

/// The words of `hephaestus graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct GraphArgs {
    /// The workflow: a WebAssembly component
    #[arg(value_name = "COMPONENT.WASM")]
    pub(crate) component: PathBuf,

    /// How it is drawn
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "ascii",
        hide_possible_values = true
    )]
    pub(crate) format: GraphFormat,

    #[command(flatten)]
    pub(crate) code: CodeArgs,
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A drawing for the terminal
    Ascii,
    /// A flowchart for Mermaid
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// All facts, for programs
    Json,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 5] = [
    (Exit::Completed, "the workflow was drawn"),
    (Exit::Usage, "bad usage"),
    (
        Exit::Refused,
        "the component was refused, or its graph is not sound",
    ),
    (Exit::Host, "the host failed (files, a bug)"),
    (Exit::Interrupted, "interrupted by a signal"),
];

pub(super) fn after_help() -> String {
    format!(
        "Formats:
  ascii    a drawing for the terminal, as wide as it is; 80 columns elsewhere
  mermaid  a flowchart for Mermaid, as Markdown pages show it
  dot      a graph for Graphviz
  json     all facts, one JSON object

Examples:
  Look at a workflow:
    hephaestus graph order-flow.wasm
  Make a picture of it:
    hephaestus graph order-flow.wasm --format dot | dot -Tsvg > order-flow.svg

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
