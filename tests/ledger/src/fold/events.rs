//! Events: accepted once, settled once.

use hephaestus_core::EventId;

use super::{Fold, Here, Sink};
use crate::Violation;

/// What is known of an accepted event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    accepted: u64,
    /// The entry that consumed it, or said that nobody took it; 0: none yet.
    settled: u64,
    is_undelivered: bool,
}

impl Fold {
    pub(crate) fn has_accepted(&self, id: &EventId) -> bool {
        self.events.contains_key(id)
    }

    pub(super) fn event_accepted(&mut self, id: &EventId, here: Here, sink: &mut Sink<'_>) {
        let accepted = Event {
            accepted: here.seq,
            settled: 0,
            is_undelivered: false,
        };
        match self.events.get(id) {
            None => drop(self.events.insert(id.clone(), accepted)),
            Some(before) => sink.push(Violation::EventAcceptedTwice {
                instance: self.instance,
                event_id: id.clone(),
                first: before.accepted,
                second: here.seq,
            }),
        }
    }

    pub(super) fn settle_event(
        &mut self,
        id: &EventId,
        is_undelivered: bool,
        here: Here,
        sink: &mut Sink<'_>,
    ) {
        let instance = self.instance;
        match self.events.get_mut(id) {
            Some(event) if event.settled == 0 => {
                event.settled = here.seq;
                event.is_undelivered = is_undelivered;
            }
            Some(event) => sink.push(Violation::EventSettledTwice {
                instance,
                event_id: id.clone(),
                first: event.settled,
                second: here.seq,
            }),
            None => {
                let problem = format!("event `{id}` is settled, but was never accepted");
                sink.push(self.misfit(here, problem));
            }
        }
    }

    /// The instance ends: no event is left.
    pub(super) fn end_events(&mut self, sink: &mut Sink<'_>) {
        for (id, _) in self.events.iter().filter(|(_, event)| event.settled == 0) {
            sink.push(Violation::EventUnsettled {
                instance: self.instance,
                event_id: id.clone(),
            });
        }
    }

    /// An operator retried: an undelivered event is in the inbox again.
    pub(super) fn redeliver(&mut self, id: &EventId, here: Here, sink: &mut Sink<'_>) {
        match self.events.get_mut(id) {
            Some(event) if event.is_undelivered && event.settled > 0 => {
                event.settled = 0;
                event.is_undelivered = false;
            }
            _ => {
                let problem = format!("event `{id}` is redelivered, but wasn't undelivered");
                sink.push(self.misfit(here, problem));
            }
        }
    }
}
