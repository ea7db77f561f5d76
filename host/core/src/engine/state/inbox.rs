//! The inbox: what was accepted for steps that don't wait yet, in order of arrival.

use crate::definition::StepIx;
use crate::engine::SentEvent;
use crate::{EventId, StepRef};

/// Items by arrival.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::engine) struct Inbox(Vec<Queued>);

/// One item, with the number of the journal entry that put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Queued {
    seq: u64,
    item: Item,
}

/// What can be in an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Item {
    /// Somebody sent it.
    Event(SentEvent),
    /// A scheduled timer came due: `timeout` for that step.
    Timeout {
        /// The timer.
        number: u32,
        /// The step.
        step: StepIx,
    },
}

impl Inbox {
    pub(super) fn push(&mut self, seq: u64, item: Item) {
        self.0.push(Queued { seq, item });
    }

    /// How many items there are.
    pub(in crate::engine) fn len(&self) -> usize {
        self.0.len()
    }

    /// All items, in order of arrival.
    pub(in crate::engine) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().map(|queued| &queued.item)
    }

    /// The events among the items.
    pub(in crate::engine) fn events(&self) -> impl Iterator<Item = &SentEvent> {
        self.items().filter_map(|item| match item {
            Item::Event(event) => Some(event),
            Item::Timeout { .. } => None,
        })
    }

    /// The first item that a step takes which is called `name` and accepts what `accepts` says.
    pub(in crate::engine) fn first_for(
        &self,
        (step, name): (StepIx, &StepRef),
        accepts: impl Fn(&str) -> bool,
    ) -> Option<&Item> {
        self.items().find(|item| match item {
            Item::Event(event) => {
                event.step.as_ref().is_none_or(|named| named == name) && accepts(event.event.as_str())
            }
            Item::Timeout { step: meant, .. } => *meant == step,
        })
    }

    /// Takes an event out, with the number of the entry that put it there.
    pub(super) fn take_event(&mut self, id: &EventId) -> Option<(u64, SentEvent)> {
        let is_it = |queued: &Queued| matches!(&queued.item, Item::Event(event) if event.event_id == *id);
        let at = self.0.iter().position(is_it)?;
        let Queued { seq, item } = self.0.remove(at);
        match item {
            Item::Event(event) => Some((seq, event)),
            Item::Timeout { .. } => None,
        }
    }

    /// Whether a due timer is among the items.
    pub(super) fn has_timeout(&self, timer: u32) -> bool {
        self.items()
            .any(|item| matches!(item, Item::Timeout { number, .. } if *number == timer))
    }

    /// Drops what due timers have for a step that has ended (J-11).
    pub(super) fn drop_timeouts(&mut self, of: StepIx) {
        self.0
            .retain(|queued| !matches!(queued.item, Item::Timeout { step, .. } if step == of));
    }

    /// Takes out what due timers have.
    pub(super) fn take_timeouts(&mut self) -> Self {
        let is_timeout = |queued: &mut Queued| matches!(queued.item, Item::Timeout { .. });
        Self(self.0.extract_if(.., is_timeout).collect())
    }

    /// Puts items back where their arrival says.
    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_by_key(|queued| queued.seq);
    }
}
