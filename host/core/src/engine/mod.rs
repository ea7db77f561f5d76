//! What an instance does next. A state machine without I/O: `decide(state, input) -> records`, `apply(state, record)`.
//!
//! `docs/engine.md` has the table *step state x input -> records, next state*; this module follows it line by line, and
//! names like `A-5` are its rows.
//!
//! - [`decide`](decide()) reads the state and never changes it; one file per input in `decide/`.
//! - [`advance`] numbers what was decided, applies it, and says what to commit.
//! - [`InstanceState`] is a fold over [`JournalEntry`]s; `state/apply.rs` executes what records say and decides nothing.

mod commit;
mod decide;
mod input;
mod outcome;
mod record;
mod state;
mod summary;
mod usage;

pub use commit::{Change, NewInstance, advance, apply, begin, create};
pub use decide::{Decision, EngineLimits, Refusal, decide};
pub use input::Input;
pub use outcome::{Failure, FailureKind, HostCalls, Outcome, Receipt, Routed, Routing};
pub use record::{
    Advance, Cause, Created, EndStatus, Ended, InstanceFailure, JournalEntry, Record, SentEvent,
    StepCompleted, Timer, TimerPurpose,
};
pub use state::{DamagedJournal, InstanceState, InstanceStatus, StepAttempts, StepState};
pub use summary::{Summary, unique_key};
pub use usage::Usage;
