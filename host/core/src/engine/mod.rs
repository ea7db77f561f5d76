//! What an instance does next. A state machine without I/O: `decide(state, input) -> records`, `apply(state, record)`.
//!
//! `docs/engine.md` has the table *step state x input -> records, next state*; this module follows it line by line.

mod decide;
mod input;
mod outcome;
mod record;
mod state;
mod summary;

pub use decide::{
    Change, Decision, EngineLimits, NewInstance, Refusal, advance, apply, begin, create, decide,
};
pub use input::Input;
pub use outcome::{Failure, FailureKind, Outcome, Receipt, Routing};
pub use record::{
    Advance, Cause, Created, EndStatus, Ended, InstanceFailure, JournalEntry, Record, SentEvent,
    StepCompleted, Timer, TimerPurpose,
};
pub use state::{DamagedJournal, InstanceState, InstanceStatus, StepState};
pub use summary::{Summary, unique_key};
