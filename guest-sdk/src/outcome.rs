//! How an attempt ended, as a step says it.

use std::time::Duration;

use crate::Event;

/// How an attempt ended: with an event of type `E` and a result of type `O`, or by waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<E, O> {
    /// The step is over.
    Completed {
        /// One of the events that its code emits.
        event: E,
        /// What later steps can read.
        output: Option<O>,
        /// Facts for operators; later steps can't read them.
        metadata: Vec<(String, String)>,
    },
    /// The step waits for one of the events it accepts. Its code doesn't run again: that event ends the step, and
    /// the event's payload is the step's result.
    Waiting {
        /// Send `timeout` to the step after this long.
        resume_after: Option<Duration>,
    },
}

impl<E, O> Outcome<E, O> {
    /// The step is over, without a result.
    pub fn completed(event: E) -> Self {
        Self::Completed {
            event,
            output: None,
            metadata: Vec::new(),
        }
    }

    /// The step is over, and later steps can read `output`.
    pub fn completed_with(event: E, output: O) -> Self {
        Self::Completed {
            event,
            output: Some(output),
            metadata: Vec::new(),
        }
    }

    /// The step waits, however long it takes.
    pub fn wait() -> Self {
        Self::Waiting { resume_after: None }
    }

    /// The step waits, and gets the event `timeout` after `limit`, which it has to accept. The timer is durable: it
    /// survives a crash of the host. It counts whole milliseconds; zero is due at once.
    pub fn wait_at_most(limit: Duration) -> Self {
        Self::Waiting {
            resume_after: Some(limit),
        }
    }

    /// Adds a fact for operators to a completion. A wait has none: there it changes nothing.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        if let Self::Completed { metadata, .. } = &mut self {
            metadata.push((key.into(), value.into()));
        }
        self
    }

    /// The event the step ended with; `None` while it waits.
    pub fn event(&self) -> Option<&E> {
        match self {
            Self::Completed { event, .. } => Some(event),
            Self::Waiting { .. } => None,
        }
    }

    /// The result; `None` if there is none, and while the step waits.
    pub fn output(&self) -> Option<&O> {
        match self {
            Self::Completed { output, .. } => output.as_ref(),
            Self::Waiting { .. } => None,
        }
    }
}

/// The step is over, without a result: `Ok(Stock::OutOfStock.into())`.
impl<E: Event, O> From<E> for Outcome<E, O> {
    fn from(event: E) -> Self {
        Self::completed(event)
    }
}
