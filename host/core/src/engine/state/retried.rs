//! Brings back what the end of a failed instance stopped.

use super::apply::Fits;
use super::{EndStatus, InstanceState, Item, Recovery, StepState, Suspended, TimerChanges};
use crate::definition::StepIx;
use crate::{EventId, StepRef};

impl InstanceState {
    pub(super) fn retried(
        &mut self,
        ready: &[StepRef],
        resumed: &[StepRef],
        events: &[EventId],
        timers: &mut TimerChanges,
    ) -> Fits {
        let failed = matches!(&self.ended, Some(end) if end.status == EndStatus::Failed);
        let suspended = self.suspended.take().filter(|_| failed);
        let Some(suspended) = suspended else {
            return Err("the instance has not failed".to_owned());
        };
        let Suspended {
            mut steps,
            timers: kept,
            timeouts,
        } = *suspended;
        for step in ready.iter().chain(resumed) {
            let at = self.find(step)?;
            self.bring_back(at, &mut steps)?;
        }
        if let Some((at, _)) = steps.first() {
            return Err(format!("`{}` is not brought back", self.name(*at)));
        }
        for (number, timer) in kept {
            timers.set(&timer);
            self.timers.insert(number, timer);
        }
        self.inbox.merge(timeouts);
        self.redeliver(events)?;
        self.ended = None;
        Ok(())
    }

    fn bring_back(&mut self, at: StepIx, stopped: &mut Vec<(StepIx, StepState)>) -> Fits {
        self.slots[at.0].recovery = Recovery::NONE;
        self.slots[at.0].progress.spent_bytes = 0;
        let was = stopped.iter().position(|(place, _)| *place == at);
        let culprit = self.failure().and_then(|failure| failure.step.as_ref());
        let is_culprit = culprit == Some(self.name(at));
        match (&self.slots[at.0].state, was) {
            (StepState::Failed { .. }, _) if is_culprit => {
                let slot = &mut self.slots[at.0];
                slot.forgiven = slot.attempt;
                slot.attempt = slot.attempt.saturating_add(1);
                let attempt = slot.attempt;
                self.put(at, StepState::Ready { attempt });
                Ok(())
            }
            (StepState::Stopped, Some(was)) => {
                let (_, state) = stopped.remove(was);
                self.put(at, state);
                Ok(())
            }
            (other, _) => Err(format!("`{}` can't be brought back, it {other}", self.name(at))),
        }
    }

    fn redeliver(&mut self, events: &[EventId]) -> Fits {
        for id in events {
            let (seq, event) = self
                .undelivered
                .take_event(id)
                .ok_or_else(|| format!("event `{id}` is not undelivered"))?;
            self.inbox.push(seq, Item::Event(event));
        }
        self.inbox.merge(Default::default());
        match self.undelivered.events().next() {
            Some(event) => Err(format!("event `{}` stays undelivered", event.event_id)),
            None => Ok(()),
        }
    }
}
