//! The command line as it was typed: words, not yet read. [`resolved`](crate::resolved) makes sense of them.
//!
//! One file for each subcommand.

mod cancel;
mod check;
mod code;
mod delete;
mod follow;
mod graph;
mod history;
mod list;
mod new;
mod receipts;
mod retry;
mod run;
mod store;
mod store_args;

use std::ffi::{OsStr, OsString};

use clap::{ArgAction, Parser, Subcommand};

pub(crate) use cancel::CancelArgs;
pub(crate) use check::CheckArgs;
pub(crate) use code::CodeArgs;
pub(crate) use delete::DeleteArgs;
pub(crate) use follow::FollowArgs;
pub(crate) use graph::{GraphArgs, GraphFormat};
pub(crate) use history::HistoryArgs;
pub(crate) use list::{ListArgs, StatusWord};
pub(crate) use new::NewArgs;
pub(crate) use receipts::ReceiptsArgs;
pub(crate) use retry::RetryArgs;
pub(crate) use run::{DurabilityWord, RunArgs};
pub(crate) use store::{StoreCommand, StoreCommandArgs};
pub(crate) use store_args::StoreArgs;

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

    /// List instances, the newest first
    #[command(after_help = list::after_help())]
    List(ListArgs),

    /// Tell what happened to an instance
    #[command(after_help = history::after_help())]
    History(HistoryArgs),

    /// Tell what workflows consumed: time, memory, traffic
    #[command(after_help = receipts::after_help())]
    Receipts(ReceiptsArgs),

    /// Stop an instance, and follow its clean-up if it has one
    #[command(after_help = cancel::after_help())]
    Cancel(CancelArgs),

    /// Let a failed instance try again where it failed, and follow it
    #[command(after_help = retry::after_help())]
    Retry(RetryArgs),

    /// Remove an instance that has ended, with its journal
    #[command(after_help = delete::after_help())]
    Delete(DeleteArgs),

    /// Check, copy and compact a store
    Store(StoreCommandArgs),
}

impl Command {
    /// Whether standard output is for programs.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Run(args) => args.json,
            Self::Check(args) => args.json,
            Self::Graph(args) => args.format == GraphFormat::Json,
            Self::New(_) => false,
            Self::List(args) => args.store.json,
            Self::History(args) => args.store.json,
            Self::Receipts(args) => args.store.json,
            Self::Cancel(args) => args.store.json,
            Self::Retry(args) => args.store.json,
            Self::Delete(args) => args.store.json,
            Self::Store(args) => args.command.store().json,
        }
    }

    /// Where compiled components are to be kept, if it is said.
    pub(crate) fn code_cache(&self) -> Option<&OsStr> {
        let code = match self {
            Self::Run(args) => &args.code,
            Self::Check(args) => &args.code,
            Self::Graph(args) => &args.code,
            Self::Cancel(args) => &args.follow.code,
            Self::Retry(args) => &args.follow.code,
            Self::Store(args) => args.command.code()?,
            Self::New(_) | Self::List(_) | Self::History(_) | Self::Receipts(_) | Self::Delete(_) => {
                return None;
            }
        };
        code.code_cache.as_deref()
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
