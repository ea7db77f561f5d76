//! What the harness and the host that it kills say to each other: one JSON object a line.

use std::time::Duration;

use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{BusinessValue, EventId, EventName, InstanceId, Json, RequestId, StepRef, TimerId};
use serde::{Deserialize, Serialize};

/// A line to the host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Comes back with the answer.
    pub id: u64,
    /// What to do.
    pub order: Order,
}

/// What the host can be asked to do. The answer comes when its call has returned: that is the acknowledgement.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Start an instance.
    Start {
        /// Repeated until it is answered.
        request: RequestId,
        /// What people call it.
        value: BusinessValue,
        /// Its input.
        initial: Json,
        /// How long it may take.
        deadline: Option<Duration>,
    },
    /// Send an event.
    Send {
        /// To which instance.
        instance: InstanceId,
        /// Repeated until it is answered.
        event_id: EventId,
        /// Its name.
        event: EventName,
    },
    /// Send `timeout` later.
    Schedule {
        /// To which instance.
        instance: InstanceId,
        /// To which step.
        step: StepRef,
        /// How much later.
        delay: Duration,
    },
    /// Cancel such a timer.
    CancelTimer {
        /// Which one.
        timer: TimerId,
    },
    /// Cancel an instance.
    Cancel {
        /// Which one.
        instance: InstanceId,
    },
    /// Retry a failed instance.
    Retry {
        /// Which one.
        instance: InstanceId,
    },
    /// Delete an instance that has ended.
    Delete {
        /// Which one.
        instance: InstanceId,
    },
    /// Say where an instance stands.
    Get {
        /// Which one.
        instance: InstanceId,
    },
}

/// A line from the host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The store is open, and the runner recovers what it finds.
    Opened,
    /// The workflow is deployed: orders are taken.
    Ready,
    /// An order was carried out, or not.
    Answer {
        /// Which one.
        id: u64,
        /// What came of it.
        answer: Answer,
    },
}

/// What came of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, durably.
    Done,
    /// The instance exists, durably.
    Started(InstanceId),
    /// The timer is set, durably.
    Scheduled(TimerId),
    /// Where the instance stands.
    Stands {
        /// Its status.
        status: InstanceStatus,
        /// The events that it waits for now.
        awaits: Vec<EventName>,
    },
    /// The instance is not where such an order makes sense; nothing was changed.
    Refused {
        /// Because it has ended.
        is_terminal: bool,
        /// Why.
        reason: String,
    },
    /// There is no such instance: it was deleted, or lost.
    Unknown,
    /// The host can't. Nothing in the kill loop is a reason for that.
    Failed(String),
}
