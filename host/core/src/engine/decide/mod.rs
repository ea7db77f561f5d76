//! The decisions: what follows from an input. Reads the state, never changes it. One file per input.

mod attempt;
mod begin;
mod checkpoint;
mod complete;
mod event;
mod explain;
mod fail;
mod finish;
mod operator;
mod refusal;
mod restart;
mod route;
mod settle;
mod timer;

use super::{Input, InstanceState, Record};
use crate::{EventName, Json, StepRef, Timestamp};

pub use refusal::Refusal;

/// Bounds that the host sets on every instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineLimits {
    /// How often attempts of one step may be lost with the host before the step fails with kind `host`. Only losses count
    /// of attempts that are known to have begun: not the first one, and none by an orderly shutdown. A checkpoint that
    /// the step saves starts the count again.
    pub max_recoveries: u32,
    /// How many accepted events an instance may hold that no step has taken yet. Due timers of `schedule_resume` that no
    /// step has taken count too.
    pub max_inbox: usize,
    /// How long one checkpoint may be, in bytes of JSON text.
    pub max_checkpoint_bytes: usize,
    /// How long all checkpoints of one step may be together, in bytes: they stay in the journal. Each counts for 256
    /// bytes more than its text. An operator's retry starts the count again.
    pub max_checkpoints_bytes: usize,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            max_recoveries: 5,
            max_inbox: 1_000,
            max_checkpoint_bytes: 256 * 1024,
            max_checkpoints_bytes: 64 * 1024 * 1024,
        }
    }
}

/// What follows from an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These records, in one commit. Empty: nothing changes (a repeated event, an outcome that came too late).
    Records(Vec<Record>),
    /// The transition that would be taken is dynamic: call `transit` for it, and decide the same input again with
    /// [`Routed`](super::Routed) (D-1). Nothing changes until then.
    Route {
        /// The step that is about to end.
        step: StepRef,
        /// The event that it is about to end with.
        event: EventName,
        /// The result that it is about to have.
        result: Option<Json>,
    },
}

impl Decision {
    /// What was said before, or too late.
    const NOTHING: Self = Self::Records(Vec::new());
}

/// What follows from `input` in `state`. Pure: the same arguments give the same answer.
pub fn decide(
    state: &InstanceState,
    input: &Input,
    limits: &EngineLimits,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    match input {
        Input::Attempt {
            step,
            attempt,
            outcome,
            receipt,
            retry,
            routing,
        } => {
            let report = attempt::Report {
                attempt: *attempt,
                outcome,
                receipt: receipt.as_ref(),
                retry: retry.as_deref(),
            };
            attempt::decide(state, step, report, routing.as_ref(), now)
        }
        Input::AttemptBegins { step, attempt, since } => begin::decide(state, step, (*attempt, *since)),
        Input::Checkpoint {
            step,
            attempt,
            since,
            value,
        } => checkpoint::decide(state, step, (*attempt, *since), value, limits),
        Input::Event { event, routing } => event::decide(state, event, routing.as_ref(), limits),
        Input::TimerDue { number, routing } => Ok(timer::due(state, *number, routing.as_ref())),
        Input::Schedule { step, delay } => {
            let due = now.after(*delay);
            timer::schedule(state, step, *delay, due, limits)
        }
        Input::CancelTimer { number } => timer::cancel(state, *number),
        Input::Cancel { reason } => operator::cancel(state, reason.as_ref()),
        Input::Retry => operator::retry(state),
        Input::HostRestarted => Ok(restart::decide(state, limits, now)),
        Input::HostStops => Ok(restart::stop(state)),
    }
}
