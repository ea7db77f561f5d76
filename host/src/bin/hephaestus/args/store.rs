//! `hephaestus store`, as typed.

use std::path::PathBuf;

use clap::Subcommand;

use super::{CodeArgs, StoreArgs};
use crate::exit::{self, Exit};

/// The words of `hephaestus store`.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreCommandArgs {
    /// What to do with it
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

/// What can be done with a store.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Look whether all that is stored can be read and makes sense
    #[command(after_help = check_help())]
    Check {
        /// Which one.
        #[command(flatten)]
        store: StoreArgs,

        /// How its code is loaded.
        #[command(flatten)]
        code: CodeArgs,
    },

    /// Make a copy that is whole, also while a host uses the store
    #[command(after_help = backup_help())]
    Backup {
        /// The file to make; it must not be there yet
        #[arg(value_name = "TO")]
        to: PathBuf,

        /// Which one.
        #[command(flatten)]
        store: StoreArgs,
    },

    /// Make the file as small as what is in it
    #[command(after_help = vacuum_help())]
    Vacuum {
        /// Which one.
        #[command(flatten)]
        store: StoreArgs,
    },
}

impl StoreCommand {
    /// Which store, and how it is told.
    pub(crate) fn store(&self) -> &StoreArgs {
        match self {
            Self::Check { store, .. } | Self::Backup { store, .. } | Self::Vacuum { store } => store,
        }
    }

    /// How code is loaded, by the one that does it.
    pub(crate) fn code(&self) -> Option<&CodeArgs> {
        match self {
            Self::Check { code, .. } => Some(code),
            Self::Backup { .. } | Self::Vacuum { .. } => None,
        }
    }
}

fn check_help() -> String {
    let meanings = [
        (Exit::Completed, "nothing wrong was found"),
        (Exit::Usage, "bad usage, or no such store"),
        (Exit::Host, "the store is damaged, or can't be read"),
        (Exit::Interrupted, "interrupted by a signal"),
    ];
    format!(
        "Every row is read: the file's own structure, each instance's journal, its summary and its timers,
the components. Works beside a host that uses the store, and changes nothing.

Examples:
  After a disk has failed:
    hephaestus store check
  A backup that can't be read is none:
    hephaestus store backup monday.db && hephaestus store check --store sqlite:monday.db

Exit codes:
{}",
        exit::table(&meanings)
    )
}

fn backup_help() -> String {
    let meanings = [
        (Exit::Completed, "the copy is made, and on the disk"),
        (
            Exit::Usage,
            "bad usage, no such store, or a file is there already",
        ),
        (Exit::Host, "the store can't be read, or the copy not written"),
        (Exit::Interrupted, "interrupted by a signal"),
    ];
    format!(
        "The copy is a store like any other: what was durable when it was begun is in it. To go back to it,
stop the host, move the store and its log (`-wal`, `-shm`) away, and put the copy in its place.

Examples:
  Every night:
    hephaestus store backup \"orders-$(date +%F).db\" --store sqlite:orders.db

Exit codes:
{}",
        exit::table(&meanings)
    )
}

fn vacuum_help() -> String {
    let meanings = [
        (Exit::Completed, "the file is compact"),
        (Exit::Usage, "bad usage, or no such store"),
        (Exit::Host, "the host failed (store in use, disk full, a bug)"),
        (Exit::Interrupted, "interrupted by a signal"),
    ];
    format!(
        "What was deleted leaves room in the file that the store uses again. This gives it back to the disk.
No host may use the store meanwhile, and until it is done the disk needs room for two more copies.

Examples:
  After many instances were removed:
    hephaestus store vacuum --store sqlite:orders.db

Exit codes:
{}",
        exit::table(&meanings)
    )
}
