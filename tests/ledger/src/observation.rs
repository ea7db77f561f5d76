//! What can be seen from outside.

use std::fmt;

use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{EventId, InstanceId, Json, RequestId, StepRef, TimerId, Timestamp};

/// One thing that was seen. Observations are told in the order in which they were made: what was acknowledged before a
/// journal was read is told before that journal, because that journal must hold it.
#[derive(Debug, Clone)]
pub enum Observation<'a> {
    /// A start was acknowledged.
    Started {
        /// The instance that the answer named.
        instance: InstanceId,
        /// The id of the request, if there was one: all requests with it must be answered with this instance.
        request: Option<RequestId>,
    },
    /// An event was acknowledged as accepted.
    Sent {
        /// To which instance.
        instance: InstanceId,
        /// Which one.
        event_id: EventId,
    },
    /// `schedule_resume` was acknowledged.
    Scheduled {
        /// The timer that the answer named.
        timer: TimerId,
        /// The instant of the order and the delay: the timer is due then, or later.
        not_before: Timestamp,
    },
    /// The cancellation of a scheduled timer was acknowledged: it never comes due.
    TimerCancelled {
        /// The timer.
        timer: TimerId,
    },
    /// An operator's order was acknowledged.
    Ordered {
        /// For which instance.
        instance: InstanceId,
        /// What.
        order: Order,
    },
    /// The `save` of a running attempt returned.
    Saved {
        /// In which instance.
        instance: InstanceId,
        /// In which step.
        step: StepRef,
        /// What it saved.
        value: Json,
    },
    /// An attempt began to execute.
    Attempt {
        /// In which instance.
        instance: InstanceId,
        /// Of which step.
        step: StepRef,
        /// The number that it was told.
        attempt: u32,
        /// The idempotency key that it was told.
        key: &'a str,
    },
    /// What the store holds of an instance now, durably. May be told as often as one likes.
    Journal {
        /// The instance.
        instance: InstanceId,
        /// The journal from any entry on, to its end; empty if the store doesn't know the instance. What comes before
        /// the first of them isn't looked at.
        entries: Vec<JournalEntry>,
    },
    /// The deletion of an instance was ordered, or retention may delete it from now on: it may be gone.
    Deleting {
        /// The instance.
        instance: InstanceId,
    },
    /// A deletion was acknowledged: it is gone.
    Deleted {
        /// The instance.
        instance: InstanceId,
    },
}

/// What an operator can order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// End it.
    Cancel,
    /// Go on after a failure. One for each acknowledgement.
    Retry,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
        })
    }
}
