//! `hephaestus retry`, as meant.

use std::ffi::OsStr;

use super::operate::{Following, Target};
use crate::args::RetryArgs;
use crate::usage::UsageError;

/// What `hephaestus retry` is to do.
#[derive(Debug)]
pub(crate) struct RetryOptions {
    /// What is tried again.
    pub(crate) target: Target,
    /// How it is followed.
    pub(crate) following: Following,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &RetryArgs, program: &OsStr) -> Result<RetryOptions, UsageError> {
    Ok(RetryOptions {
        target: Target::read(&args.instance, &args.store, program)?.followed(&args.follow),
        following: Following::read(&args.follow)?,
    })
}
