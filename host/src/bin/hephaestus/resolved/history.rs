//! `hephaestus history`, as meant.

use std::ffi::OsStr;

use super::operate::Target;
use crate::args::HistoryArgs;
use crate::usage::UsageError;

/// What `hephaestus history` is to do.
#[derive(Debug)]
pub(crate) struct HistoryOptions {
    /// Whose.
    pub(crate) target: Target,
    /// Only what came after this entry.
    pub(crate) after: u64,
    /// Whether to say what each attempt took.
    pub(crate) receipts: bool,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &HistoryArgs, program: &OsStr) -> Result<HistoryOptions, UsageError> {
    Ok(HistoryOptions {
        target: Target::read(&args.instance, &args.store, program)?,
        after: args.after,
        receipts: args.receipts,
    })
}
