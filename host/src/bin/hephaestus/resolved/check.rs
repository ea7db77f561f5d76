//! `hephaestus check`, as meant.

use hephaestus_host::deploy::Manifest;

use super::component::{ComponentFile, read_component};
use super::run::read_manifest;
use crate::args::CheckArgs;
use crate::usage::UsageError;

/// What `hephaestus check` is to do.
#[derive(Debug)]
pub(crate) struct CheckOptions {
    /// What is checked.
    pub(crate) component: ComponentFile,
    /// What the operator grants, if that is to be looked at.
    pub(crate) manifest: Option<Manifest>,
    /// The version to compare with.
    pub(crate) current: Option<ComponentFile>,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &CheckArgs) -> Result<CheckOptions, UsageError> {
    Ok(CheckOptions {
        component: read_component(&args.component)?,
        manifest: args.manifest.as_deref().map(read_manifest).transpose()?,
        current: args.current.as_deref().map(read_component).transpose()?,
        json: args.json,
    })
}
