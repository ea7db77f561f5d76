//! Events that the test sends.

use hephaestus_core::engine::{Cause, Record, SentEvent};
use hephaestus_core::{EventId, EventName, Json, StepRef};
use serde::Serialize;

use crate::Event;
use crate::testing::json;

/// An event to send, for [`TestRun::send`](super::TestRun::send) and [`TestRun::try_send`](super::TestRun::try_send).
/// A bare event, or its name, will often do.
///
/// ```
/// use hephaestus_guest::testing::Sending;
///
/// let rejected = Sending::of("rejected")
///     .with(serde_json::json!({ "reason": "too dear" }))
///     .to("approve")
///     .id("mail-7");
/// ```
#[derive(Debug, Clone)]
pub struct Sending {
    event: String,
    payload: Option<Json>,
    step: Option<String>,
    id: Option<String>,
}

impl Sending {
    /// Without a payload, to whichever step takes it.
    pub fn of(event: impl Into<Self>) -> Self {
        event.into()
    }

    /// The payload: it becomes the result of the step that takes the event.
    ///
    /// # Panics
    /// If `payload` can't be written as JSON.
    #[must_use]
    pub fn with(mut self, payload: impl Serialize) -> Self {
        let text = json(&payload);
        let payload = Json::parse(&text).unwrap_or_else(|error| panic!("the payload is {error}"));
        self.payload = Some(payload);
        self
    }

    /// Names the step that it is meant for.
    #[must_use]
    pub fn to(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }

    /// The sender's id for it: sending it again is a no-op. Without one, every event has an id of its own.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// As the engine takes it; `number` makes the id if the sender has none.
    ///
    /// # Panics
    /// If event, step or id are no names and no id.
    pub(super) fn into_event(self, number: u64) -> SentEvent {
        let id = self.id.unwrap_or_else(|| format!("event {number}"));
        SentEvent {
            event_id: EventId::new(&id).unwrap_or_else(|error| panic!("{error}")),
            event: EventName::new(&self.event).unwrap_or_else(|error| panic!("the event {error}")),
            step: self
                .step
                .map(|step| StepRef::new(&step).unwrap_or_else(|error| panic!("the step {error}"))),
            payload: self.payload,
        }
    }
}

impl<E: Event> From<E> for Sending {
    fn from(event: E) -> Self {
        event.name().into()
    }
}

impl From<&str> for Sending {
    fn from(event: &str) -> Self {
        Self {
            event: event.into(),
            payload: None,
            step: None,
            id: None,
        }
    }
}

/// What became of an event that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It ended the wait of this step.
    Taken {
        /// The step.
        by: String,
    },
    /// No step waits for it yet: it is kept in the inbox for the first one that does.
    Kept,
    /// An event with the same id was accepted before: nothing happened.
    Repeated,
}

impl Delivery {
    /// What the records say that followed from sending `id`.
    pub(super) fn of(id: &EventId, records: &[Record]) -> Self {
        if records.is_empty() {
            return Self::Repeated;
        }
        let taken = records.iter().find_map(|record| match record {
            Record::StepCompleted(completed) if completed.cause == Cause::Sent(id.clone()) => {
                Some(completed.step.to_string())
            }
            _ => None,
        });
        taken.map_or(Self::Kept, |by| Self::Taken { by })
    }
}
