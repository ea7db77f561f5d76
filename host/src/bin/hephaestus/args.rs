//! The command line as it was typed: words, not yet read. [`resolved`](crate::resolved) makes sense of them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use crate::exit::Exit;

/// Runs durable workflows whose steps are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(
    name = "hephaestus",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Set NO_COLOR to have no colours."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Show what guests write, and the host's log; twice for more [filter: HEPHAESTUS_LOG]
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 100)]
    pub(crate) verbose: u8,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start an instance of a workflow, or go on with the active one, and follow it
    #[command(after_help = run_after_help())]
    Run(RunArgs),
}

/// The words of `hephaestus run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The workflow: a WebAssembly component
    #[arg(value_name = "COMPONENT.WASM")]
    pub(crate) component: PathBuf,

    /// The input, a JSON object: the text itself, @FILE, or - for standard input [default: {}]
    #[arg(short, long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) input: Option<OsString>,

    /// The value of the business id, or an instance id; an active instance with it goes on [default: a
    /// new UUID]
    #[arg(long, value_name = "VALUE")]
    pub(crate) id: Option<String>,

    /// Where instances are kept; `memory` loses them with the process
    #[arg(
        long,
        value_name = "sqlite:PATH|memory",
        default_value = "sqlite:hephaestus.db"
    )]
    pub(crate) store: OsString,

    /// Send this event, with an optional payload; it is kept until a step waits for it. STEP.NAME names
    /// the step too. Can be repeated
    #[arg(short, long, value_name = "NAME[=JSON]")]
    pub(crate) event: Vec<String>,

    /// Follow a waiting instance for so long (30s, 5min, 2h) before exiting as waiting
    #[arg(short, long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,

    /// End with one JSON object on standard output, and write nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

fn run_after_help() -> String {
    format!(
        "Examples:
  Run an order, and see that it waits for an approval:
    hephaestus run order-flow.wasm --input @order.json --id a1
  Send the approval, and follow the order to its end:
    hephaestus run order-flow.wasm --id a1 --event 'approved={{\"by\":\"kim\"}}'
  Everything at once, for a script:
    hephaestus run order-flow.wasm -i - -e approved --json < order.json

Exit codes:
{}",
        Exit::table()
    )
}

/// Reads a command line.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(words)
}

/// Whether a command line that can't be read asks for JSON nevertheless.
pub(crate) fn asks_for_json(words: &[OsString]) -> bool {
    words
        .iter()
        .skip(1)
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}

#[cfg(test)]
mod tests;
