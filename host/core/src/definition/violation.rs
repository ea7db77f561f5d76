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

/// Writes the kinds once: as variants, as names, and as the list of all of them.
macro_rules! kinds {
    ($(#[$of_all:meta])* pub enum ViolationKind { $($(#[$doc:meta])* $kind:ident = $name:literal,)* }) => {
        $(#[$of_all])*
        pub enum ViolationKind {
            $($(#[$doc])* $kind,)*
        }

        impl ViolationKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The rule's name, as the API and the command line show it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// The rules of the proof (`docs/concepts.md`). That every path ends in `done` is no rule of its own: it follows from `cycle`, `dead-end`,
    /// `missing-transition`, `no-targets` and `unknown-step`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum ViolationKind {
        /// Something is more, longer or larger than [`limits`](super::limits) allow.
        LimitExceeded = "limit-exceeded",
        /// The version is 0.
        BadVersion = "bad-version",
        /// Two steps have the same name.
        DuplicateStep = "duplicate-step",
        /// `done` has something else than a join, or a transition leaves it.
        DoneIsBuiltIn = "done-is-built-in",
        /// The start step is `done`, or a transition leads to it.
        BadStart = "bad-start",
        /// The step for cancelling is `done` or the start step, or has transitions.
        BadOnCancel = "bad-on-cancel",
        /// A step is named that doesn't exist.
        UnknownStep = "unknown-step",
        /// A step neither emits nor accepts an event.
        DeadEnd = "dead-end",
        /// A step lists an event twice.
        DuplicateEvent = "duplicate-event",
        /// A step emits or accepts the reserved event `failed`.
        ReservedEvent = "reserved-event",
        /// An event that a step emits or accepts leads nowhere.
        MissingTransition = "missing-transition",
        /// A transition is for an event that its step neither emits nor accepts.
        UnknownEvent = "unknown-event",
        /// Two transitions are for the same event of the same step.
        DuplicateTransition = "duplicate-transition",
        /// A transition has no targets.
        NoTargets = "no-targets",
        /// A transition names a target twice.
        DuplicateTarget = "duplicate-target",
        /// The transition for `failed` is dynamic.
        DynamicFailed = "dynamic-failed",
        /// A step leads back to itself.
        Cycle = "cycle",
        /// No path leads from the start step to a step.
        Unreachable = "unreachable",
        /// A step has a join, but no transition leads to it.
        JoinWithoutIncoming = "join-without-incoming",
        /// A group of a join has no parts.
        EmptyJoin = "empty-join",
        /// A join names a transition that doesn't lead to its step.
        UnknownInJoin = "unknown-in-join",
        /// A join can't become true.
        ImpossibleJoin = "impossible-join",
        /// A retry policy makes no sense.
        BadRetry = "bad-retry",
        /// A deadline is zero.
        BadDeadline = "bad-deadline",
        /// A step asks for a capability that is none, or asks twice.
        BadRequest = "bad-request",
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
