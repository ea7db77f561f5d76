//! When a step with several incoming transitions runs.

use std::fmt;

use crate::{Event, Step};

/// When a step with several incoming transitions runs. Without a rule: any of the transitions of one source, all
/// sources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JoinRule {
    /// Any of the transitions of one source, all sources. For `done`: as [`JoinRule::Settled`].
    #[default]
    Default,
    /// Any of the transitions of one source, all sources; for `done` too.
    All,
    /// At the first transition taken.
    Any,
    /// When no incoming transition is open any more and one was taken.
    Settled,
    /// Spelled out.
    Expression(Join),
}

impl From<Join> for JoinRule {
    fn from(join: Join) -> Self {
        Self::Expression(join)
    }
}

/// An expression over the incoming transitions of a step. Made of [`Join::on`], [`Join::failed`], [`all`], [`any`] and
/// [`settled`].
///
/// ```
/// # use hephaestus_guest::{Finished, step};
/// # #[step] fn reserve() -> Finished { Finished }
/// # #[step] fn charge() -> Finished { Finished }
/// # #[step] fn ship() -> Finished { Finished }
/// use hephaestus_guest::{Join, all, any};
///
/// let join = all([Join::on::<reserve>(Finished), any([Join::on::<charge>(Finished), Join::failed::<ship>()])]);
/// assert_eq!(join.to_string(), "all[reserve.finished, any[charge.finished, ship.failed]]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join(Part);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Transition {
        source: &'static str,
        event: &'static str,
    },
    Group {
        word: &'static str,
        parts: Vec<Join>,
    },
}

impl Join {
    /// The transition that a step takes when it ends with an event.
    pub fn on<S: Step>(event: S::Event) -> Self {
        Self::transition(S::NAME, event.name())
    }

    /// The transition that a step takes when it has used up its attempts.
    pub fn failed<S: Step>() -> Self {
        Self::transition(S::NAME, "failed")
    }

    fn transition(source: &'static str, event: &'static str) -> Self {
        Self(Part::Transition { source, event })
    }

    fn group(word: &'static str, parts: impl IntoIterator<Item = Join>) -> Self {
        Self(Part::Group {
            word,
            parts: parts.into_iter().collect(),
        })
    }
}

/// Once all of these are true.
pub fn all(parts: impl IntoIterator<Item = Join>) -> Join {
    Join::group("all", parts)
}

/// Once one of these is true.
pub fn any(parts: impl IntoIterator<Item = Join>) -> Join {
    Join::group("any", parts)
}

/// Once none of these is open any more, if one is true.
pub fn settled(parts: impl IntoIterator<Item = Join>) -> Join {
    Join::group("settled", parts)
}

/// The form the host reads.
impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, parts) = match &self.0 {
            Part::Transition { source, event } => return write!(f, "{source}.{event}"),
            Part::Group { word, parts } => (word, parts),
        };
        write!(f, "{word}[")?;
        for (at, part) in parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{part}")?;
        }
        f.write_str("]")
    }
}
