//! What can be wrong with a definition.

use std::fmt;

use serde::Serialize;

use crate::{EventName, StepRef};

/// One thing that is wrong with a definition: where, and the fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The step it concerns.
    pub step: Option<StepRef>,
    /// The event it concerns.
    pub event: Option<EventName>,
    /// Which rule is broken.
    pub kind: ViolationKind,
    /// What was found, for people.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// The rules of DESIGN 4.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ViolationKind {
    /// The version is 0.
    BadVersion,
}

/// Everything that is wrong with a definition; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violations(pub Vec<Violation>);

impl std::error::Error for Violations {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.fix)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}{violation}")?;
        }
        Ok(())
    }
}
