//! Options of the commands that follow an instance whose code is in the store.

use std::path::PathBuf;

use super::CodeArgs;

/// How an instance is followed.
#[derive(Debug, clap::Args)]
pub(crate) struct FollowArgs {
    /// What the steps may use, a TOML file; without one they have no HTTP and no secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,

    /// Follow a waiting instance for so long (30s, 5min, 2h) before exiting as waiting
    #[arg(short, long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,

    #[command(flatten)]
    pub(crate) code: CodeArgs,
}
