//! The command line as it was typed: words, not yet read. [`resolved`](crate::resolved) makes sense of them.
//!
//! One file for each subcommand.

mod check;
mod graph;
mod new;
mod run;

use std::ffi::OsString;

use clap::{ArgAction, Parser, Subcommand};

pub(crate) use check::CheckArgs;
pub(crate) use graph::{GraphArgs, GraphFormat};
pub(crate) use new::NewArgs;
pub(crate) use run::RunArgs;

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
    #[command(after_help = run::after_help())]
    Run(RunArgs),

    /// Prove that a workflow is sound, and look for runs that get stuck
    #[command(after_help = check::after_help())]
    Check(CheckArgs),

    /// Draw a workflow
    #[command(after_help = graph::after_help())]
    Graph(GraphArgs),

    /// Make a crate with a workflow, to begin with
    #[command(after_help = new::after_help())]
    New(NewArgs),
}

impl Command {
    /// Whether standard output is for programs.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Run(args) => args.json,
            Self::Check(args) => args.json,
            Self::Graph(args) => args.format == GraphFormat::Json,
            Self::New(_) => false,
        }
    }
}

/// Reads a command line.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(words)
}

/// Whether a command line that can't be read asks for JSON nevertheless.
pub(crate) fn asks_for_json(words: &[OsString]) -> bool {
    let words = || words.iter().skip(1).take_while(|word| *word != "--");
    let pairs = words().zip(words().skip(1));
    let is_format = |word: &OsString| word == "--format" || word == "-f";
    words().any(|word| word == "--json" || word == "--format=json")
        || pairs
            .into_iter()
            .any(|(name, value)| is_format(name) && value == "json")
}

#[cfg(test)]
mod tests;
