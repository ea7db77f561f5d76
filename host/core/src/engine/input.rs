//! What can happen to an instance from outside.

use std::sync::Arc;
use std::time::Duration;

use super::{Outcome, Receipt, Routed, SentEvent};
use crate::definition::RetryPolicy;
use crate::{Json, StepRef};

/// One thing that happens to an instance. The table in `docs/engine.md` has a column for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// An attempt ended.
    Attempt {
        /// The step.
        step: StepRef,
        /// Which attempt; an outcome of another one than the current is ignored.
        attempt: u32,
        /// What it came to.
        outcome: Outcome,
        /// What it consumed.
        receipt: Option<Receipt>,
        /// How it is retried if it failed, where the operator says so; else as the workflow says.
        retry: Option<Arc<RetryPolicy>>,
        /// What `transit` chose, if the last decision asked for it.
        routing: Option<Routed>,
    },
    /// An attempt is about to be executed.
    AttemptBegins {
        /// The step.
        step: StepRef,
        /// Which attempt.
        attempt: u32,
        /// What [`InstanceState::ready_since`](super::InstanceState::ready_since) said when the attempt was taken up.
        since: u64,
    },
    /// A running attempt saves how far it has come.
    Checkpoint {
        /// The step.
        step: StepRef,
        /// Which attempt.
        attempt: u32,
        /// What [`InstanceState::ready_since`](super::InstanceState::ready_since) said when the attempt began.
        since: u64,
        /// The progress.
        value: Json,
    },
    /// Somebody sends an event.
    Event {
        /// The event.
        event: SentEvent,
        /// What `transit` chose, if the last decision asked for it.
        routing: Option<Routed>,
    },
    /// A timer is due.
    TimerDue {
        /// The timer.
        number: u32,
        /// What `transit` chose, if the last decision asked for it.
        routing: Option<Routed>,
    },
    /// `schedule_resume`.
    Schedule {
        /// The step that gets `timeout`.
        step: StepRef,
        /// When, from now.
        delay: Duration,
    },
    /// A timer is cancelled by its id.
    CancelTimer {
        /// The timer.
        number: u32,
    },
    /// An operator cancels the instance.
    Cancel {
        /// Why.
        reason: Option<String>,
    },
    /// An operator retries the failed instance.
    Retry,
    /// The host that executed the instance is gone; this one has just loaded it.
    HostRestarted,
    /// This host is being shut down: what still runs is broken off.
    HostStops,
}

impl Input {
    /// The same input with the answer to [`Decision::Route`](super::Decision::Route). An input that ends no step stays as
    /// it is.
    #[must_use]
    pub fn routed(mut self, answer: Routed) -> Self {
        match &mut self {
            Self::Attempt { routing, .. } | Self::Event { routing, .. } | Self::TimerDue { routing, .. } => {
                *routing = Some(answer);
            }
            Self::AttemptBegins { .. }
            | Self::Checkpoint { .. }
            | Self::Schedule { .. }
            | Self::CancelTimer { .. }
            | Self::Cancel { .. }
            | Self::Retry
            | Self::HostRestarted
            | Self::HostStops => {}
        }
        self
    }
}
