//! What `hephaestus new` made.

use std::path::PathBuf;

use hephaestus_host::core::WorkflowName;

/// A crate that was made.
#[derive(Debug)]
pub(crate) struct NewReport {
    /// Where.
    pub(crate) folder: PathBuf,
    /// Whether that is where the command was run.
    pub(crate) is_here: bool,
    /// What it is called.
    pub(crate) name: WorkflowName,
    /// What it is called in Rust, and its component.
    pub(crate) crate_name: String,
}
