//! `hephaestus new`, as typed.

use std::path::PathBuf;

use crate::exit::{self, Exit};

/// The words of `hephaestus new`.
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// The folder to make, or an empty one (`.`); its name is that of the crate and the workflow
    #[arg(value_name = "NAME")]
    pub(crate) folder: PathBuf,

    /// A checkout's guest-sdk/ folder to build against [default: the one of the checkout that this program was built in, else
    /// the version of the registry]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) sdk: Option<PathBuf>,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 3] = [
    (Exit::Completed, "the crate was made"),
    (Exit::Usage, "bad usage; nothing was made"),
    (Exit::Host, "the files can't be written"),
];

pub(super) fn after_help() -> String {
    format!(
        "The crate holds a small workflow that builds, passes its tests and `check`, and runs as it is.

Examples:
  Begin a workflow, and test it:
    hephaestus new onboarding
    cd onboarding && cargo test

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
