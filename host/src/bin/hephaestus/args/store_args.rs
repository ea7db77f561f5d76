//! `--store` and `--json` of the commands that work on a store.

use std::ffi::OsString;

use crate::invocation::DEFAULT_STORE;

/// Which store, and how it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    /// The store: the file in which `run` keeps instances
    #[arg(long, value_name = "sqlite:PATH", default_value = DEFAULT_STORE)]
    pub(crate) store: OsString,

    /// End with one JSON object on standard output, and write nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}
