//! What `hephaestus new` made.

use std::path::PathBuf;

/// A crate that was made.
#[derive(Debug)]
pub(crate) struct NewReport {
    /// Where.
    pub(crate) folder: PathBuf,
    /// What it is called in Rust, and its component.
    pub(crate) crate_name: String,
}
