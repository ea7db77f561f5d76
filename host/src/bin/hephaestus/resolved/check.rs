//! `hephaestus check`, as meant.

use super::component::{ComponentFile, read_component};
use crate::args::CheckArgs;
use crate::usage::UsageError;

/// What `hephaestus check` is to do.
#[derive(Debug)]
pub(crate) struct CheckOptions {
    /// What is checked.
    pub(crate) component: ComponentFile,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &CheckArgs) -> Result<CheckOptions, UsageError> {
    Ok(CheckOptions {
        component: read_component(&args.component)?,
        json: args.json,
    })
}
