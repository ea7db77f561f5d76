//! Joins: when a step with several incoming transitions runs.
//!
//! [`Join`] is data and text, names only; [`Gate`] is the same expression over the places of a graph's edges, which is
//! what gets evaluated. Evaluation is monotone: a value, once known, never changes while more edges become known.

mod gate;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{EventName, StepRef};

pub(super) use gate::{Gate, fold};

/// How deep the groups of a join may be nested.
pub const MAX_JOIN_DEPTH: usize = 16;

/// How many transitions and groups a join may name.
pub const MAX_JOIN_PARTS: usize = 1_000;

/// The longest text that is read as a join, in bytes.
pub const MAX_JOIN_BYTES: usize = 64 * 1024;

/// The join of a step, as its definition gives it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinRule {
    /// `any` among the transitions of one source, `all` across sources. For `done`: [`JoinRule::Settled`].
    #[default]
    Default,
    /// `any` among the transitions of one source, `all` across sources; for `done` too.
    All,
    /// The first transition taken.
    Any,
    /// When no transition is open any more and one was taken.
    Settled,
    /// Spelled out.
    Expression(Join),
}

/// A three-valued expression over the incoming transitions of a step: open is unknown, taken is true, dead is false.
///
/// Its text form names a transition as `step.event`, and groups with brackets:
///
/// ```
/// use hephaestus_core::definition::Join;
///
/// let join: Join = "all[reserve.reserved, any[charge.declined, approve.rejected]]".parse()?;
/// assert_eq!(join.to_string(), "all[reserve.reserved, any[charge.declined, approve.rejected]]");
/// # Ok::<(), hephaestus_core::definition::InvalidJoin>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// The transition of `source` for `event` to this step.
    Transition {
        /// The step it comes from.
        source: StepRef,
        /// The event it is for.
        event: EventName,
    },
    /// And.
    All(Vec<Join>),
    /// Or.
    Any(Vec<Join>),
    /// Unknown while any part is unknown, then or.
    Settled(Vec<Join>),
}

/// A text that is not a join expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a join: at character {at}, {problem}")]
pub struct InvalidJoin {
    /// What was read, shortened.
    pub text: String,
    /// Where it stopped making sense, in characters from 0.
    pub at: usize,
    /// What was found and expected there.
    pub problem: String,
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, parts) = match self {
            Self::Transition { source, event } => return write!(f, "{source}.{event}"),
            Self::All(parts) => ("all", parts),
            Self::Any(parts) => ("any", parts),
            Self::Settled(parts) => ("settled", parts),
        };
        write!(f, "{word}[")?;
        for (at, part) in parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{part}")?;
        }
        f.write_str("]")
    }
}

impl std::str::FromStr for Join {
    type Err = InvalidJoin;
    fn from_str(text: &str) -> Result<Self, InvalidJoin> {
        parse::parse(text)
    }
}
