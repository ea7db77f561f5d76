//! `hephaestus cancel`, as meant.

use std::ffi::OsStr;

use super::operate::{Following, Target};
use crate::args::CancelArgs;
use crate::usage::UsageError;

/// What `hephaestus cancel` is to do.
#[derive(Debug)]
pub(crate) struct CancelOptions {
    /// What is cancelled.
    pub(crate) target: Target,
    /// Why, in the operator's words.
    pub(crate) reason: Option<String>,
    /// How its clean-up is followed.
    pub(crate) following: Following,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &CancelArgs, program: &OsStr) -> Result<CancelOptions, UsageError> {
    Ok(CancelOptions {
        target: Target::read(&args.instance, &args.store, program)?.followed(&args.follow),
        reason: args.reason.clone(),
        following: Following::read(&args.follow)?,
    })
}
