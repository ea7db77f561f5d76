//! What can be wrong with a definition.

use std::fmt;

use serde::{Serialize, Serializer};

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

impl Violation {
    /// A violation that concerns the whole workflow.
    pub(super) fn new(kind: ViolationKind, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            step: None,
            event: None,
            kind,
            message: message.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn at(self, step: &StepRef) -> Self {
        Self {
            step: Some(step.clone()),
            ..self
        }
    }

    pub(super) fn on(self, event: &EventName) -> Self {
        Self {
            event: Some(event.clone()),
            ..self
        }
    }
}

/// The rules of the proof (`docs/concepts.md`). That every path ends in `done` is no rule of its own: it follows from `cycle`, `dead-end`,
/// `missing-transition`, `no-targets` and `unknown-step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// Something is more, longer or larger than [`limits`](super::limits) allow.
    LimitExceeded,
    /// The version is 0.
    BadVersion,
    /// Two steps have the same name.
    DuplicateStep,
    /// `done` has something else than a join, or a transition leaves it.
    DoneIsBuiltIn,
    /// The start step is `done`, or a transition leads to it.
    BadStart,
    /// The step for cancelling is `done` or the start step, or has transitions.
    BadOnCancel,
    /// A step is named that doesn't exist.
    UnknownStep,
    /// A step neither emits nor accepts an event.
    DeadEnd,
    /// A step lists an event twice.
    DuplicateEvent,
    /// A step emits or accepts the reserved event `failed`.
    ReservedEvent,
    /// An event that a step emits or accepts leads nowhere.
    MissingTransition,
    /// A transition is for an event that its step neither emits nor accepts.
    UnknownEvent,
    /// Two transitions are for the same event of the same step.
    DuplicateTransition,
    /// A transition has no targets.
    NoTargets,
    /// A transition names a target twice.
    DuplicateTarget,
    /// The transition for `failed` is dynamic.
    DynamicFailed,
    /// A step leads back to itself.
    Cycle,
    /// No path leads from the start step to a step.
    Unreachable,
    /// A step has a join, but no transition leads to it.
    JoinWithoutIncoming,
    /// A group of a join has no parts.
    EmptyJoin,
    /// A join names a transition that doesn't lead to its step.
    UnknownInJoin,
    /// A join can't become true.
    ImpossibleJoin,
    /// A retry policy makes no sense.
    BadRetry,
    /// A deadline is zero.
    BadDeadline,
    /// A step asks for a capability that is none, or asks twice.
    BadRequest,
}

impl ViolationKind {
    /// The rule's name, as the API and the command line show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LimitExceeded => "limit-exceeded",
            Self::BadVersion => "bad-version",
            Self::DuplicateStep => "duplicate-step",
            Self::DoneIsBuiltIn => "done-is-built-in",
            Self::BadStart => "bad-start",
            Self::BadOnCancel => "bad-on-cancel",
            Self::UnknownStep => "unknown-step",
            Self::DeadEnd => "dead-end",
            Self::DuplicateEvent => "duplicate-event",
            Self::ReservedEvent => "reserved-event",
            Self::MissingTransition => "missing-transition",
            Self::UnknownEvent => "unknown-event",
            Self::DuplicateTransition => "duplicate-transition",
            Self::NoTargets => "no-targets",
            Self::DuplicateTarget => "duplicate-target",
            Self::DynamicFailed => "dynamic-failed",
            Self::Cycle => "cycle",
            Self::Unreachable => "unreachable",
            Self::JoinWithoutIncoming => "join-without-incoming",
            Self::EmptyJoin => "empty-join",
            Self::UnknownInJoin => "unknown-in-join",
            Self::ImpossibleJoin => "impossible-join",
            Self::BadRetry => "bad-retry",
            Self::BadDeadline => "bad-deadline",
            Self::BadRequest => "bad-request",
        }
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ViolationKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Everything that is wrong with a definition; never empty. The order is stable: by rule, then as in the definition.
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
