//! Errors of usage: what was found, what was expected, how to fix it, and which option it is about.

use std::fmt;

/// A command line that makes no sense. Nothing was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsageError {
    /// The option or argument, as people type it.
    pub(crate) option: &'static str,
    /// What was found.
    pub(crate) found: String,
    /// What was expected.
    pub(crate) expected: String,
    /// What to do.
    pub(crate) fix: String,
}

impl UsageError {
    /// An error about `option`.
    pub(crate) fn new(
        option: &'static str,
        found: impl Into<String>,
        expected: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            option,
            found: found.into(),
            expected: expected.into(),
            fix: fix.into(),
        }
    }
}

impl std::error::Error for UsageError {}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            option,
            found,
            expected,
            fix,
        } = self;
        write!(f, "{option}: found {found}; expected {expected}; {fix}")
    }
}
