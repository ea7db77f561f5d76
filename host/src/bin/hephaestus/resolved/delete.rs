//! `hephaestus delete`, as meant.

use std::ffi::OsStr;

use super::operate::Target;
use crate::args::DeleteArgs;
use crate::usage::UsageError;

/// What `hephaestus delete` is to do.
#[derive(Debug)]
pub(crate) struct DeleteOptions {
    /// What is removed.
    pub(crate) target: Target,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &DeleteArgs, program: &OsStr) -> Result<DeleteOptions, UsageError> {
    Ok(DeleteOptions {
        target: Target::read(&args.instance, &args.store, program)?,
    })
}
