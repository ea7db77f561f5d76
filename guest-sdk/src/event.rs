//! Events as enums: the compiler checks that every event of a step leads somewhere.

use std::fmt::Debug;

use crate::Outcome;

/// The events that can end a step: an enum with [`#[events]`](macro@crate::events).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events",
    label = "not events",
    note = "say `#[events]` at the enum; a step that can end in one way only has the event `Finished`"
)]
pub trait Event: Copy + Debug + Eq + Send + Sync + 'static {
    /// All of them, in the order of the definition.
    const ALL: &'static [Self];

    /// The name the host knows it by: kebab-case.
    fn name(self) -> &'static str;

    /// Who brings it about.
    fn origin(self) -> Origin;
}

/// Who brings an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The step's own code ends with it.
    Emitted,
    /// Somebody, or a timer, sends it to the waiting step.
    Accepted,
}

/// The event `finished`, for steps that can end in one way only. Written `Finished`, as a type and as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The step is over.
    Finished,
}

/// The value of [`Finished`](enum@Finished).
#[expect(
    non_upper_case_globals,
    reason = "the type and its one value share their name"
)]
pub const Finished: Finished = Finished::Finished;

impl Finished {
    /// The step is over, and later steps can read `output`.
    pub fn with<O>(self, output: O) -> Outcome<Self, O> {
        Outcome::completed_with(self, output)
    }
}

impl Event for Finished {
    const ALL: &'static [Self] = &[Self::Finished];

    fn name(self) -> &'static str {
        "finished"
    }

    fn origin(self) -> Origin {
        Origin::Emitted
    }
}
