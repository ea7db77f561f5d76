//! Events that were accepted and that no step has taken.

use hephaestus_host::core::engine::{Cause, JournalEntry, Record, SentEvent};
use hephaestus_host::core::{EventId, EventName, StepRef};

/// An event that was accepted and that no step has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UntakenEvent {
    /// The sender's id for it.
    pub(crate) event_id: EventId,
    /// Its name.
    pub(crate) event: EventName,
    /// The step that it is meant for, if the sender said so.
    pub(crate) step: Option<StepRef>,
    /// Whether the instance has ended without it. Until then it is kept.
    pub(crate) is_undelivered: bool,
}

impl UntakenEvent {
    fn new(sent: &SentEvent) -> Self {
        Self {
            event_id: sent.event_id.clone(),
            event: sent.event.clone(),
            step: sent.step.clone(),
            is_undelivered: false,
        }
    }

    /// As `run --event` names it: `approved`, or `approve.approved`.
    pub(crate) fn name(&self) -> String {
        match &self.step {
            Some(step) => format!("{step}.{}", self.event),
            None => self.event.to_string(),
        }
    }
}

/// Those of a journal, in the order in which they were accepted.
pub(crate) fn untaken_events(history: &[JournalEntry]) -> Vec<UntakenEvent> {
    let mut untaken: Vec<UntakenEvent> = Vec::new();
    let find = |untaken: &[UntakenEvent], id: &EventId| untaken.iter().position(|it| it.event_id == *id);
    for entry in history {
        match &entry.record {
            Record::EventAccepted(sent) => untaken.push(UntakenEvent::new(sent)),
            Record::StepCompleted(done) => {
                if let Cause::Sent(id) = &done.cause
                    && let Some(at) = find(&untaken, id)
                {
                    untaken.remove(at);
                }
            }
            Record::EventUndelivered { event_id } => {
                if let Some(at) = find(&untaken, event_id) {
                    untaken[at].is_undelivered = true;
                }
            }
            Record::Retried { events, .. } => {
                for event in untaken.iter_mut().filter(|it| events.contains(&it.event_id)) {
                    event.is_undelivered = false;
                }
            }
            _ => {}
        }
    }
    untaken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixtures::{Journal, accepted, created, resumed};

    fn of(journal: Journal) -> Vec<(String, bool)> {
        let events = untaken_events(&journal.entries());
        events.iter().map(|it| (it.name(), it.is_undelivered)).collect()
    }

    fn sent() -> Journal {
        Journal::default().at(0, created()).at(1, accepted("approved"))
    }

    fn id() -> EventId {
        EventId::new("e1").expect("an id")
    }

    #[test]
    fn an_event_is_kept_taken_or_undelivered() {
        assert_eq!(of(sent()), [("approved".to_owned(), false)]);
        let taken = resumed("approve", "approved", Cause::Sent(id()), &[], &[]);
        assert_eq!(of(sent().at(2, taken)), []);
        let undelivered = || sent().at(2, Record::EventUndelivered { event_id: id() });
        assert_eq!(of(undelivered()), [("approved".to_owned(), true)]);
        let retried = Record::Retried {
            ready: Vec::new(),
            resumed: Vec::new(),
            events: vec![id()],
        };
        assert_eq!(
            of(undelivered().at(3, retried)),
            [("approved".to_owned(), false)],
            "an operator's retry brings it back"
        );
    }
}
