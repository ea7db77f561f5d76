//! What records have in common: finding and checking steps, moving them, their edges and timers.

use std::collections::BTreeMap;

use super::apply::Fits;
use super::{InstanceState, StepState, TimerChanges, is_taken};
use crate::definition::StepIx;
use crate::engine::{Advance, Timer, TimerPurpose};
use crate::{EventName, StepRef};

impl InstanceState {
    pub(super) fn find(&self, step: &StepRef) -> Fits<StepIx> {
        let found = self.workflow.index(step.as_str());
        found.ok_or_else(|| format!("the workflow has no step `{step}`"))
    }

    pub(super) fn unfit(&self, at: StepIx, expected: &str, attempt: u32) -> String {
        let (name, state) = (self.name(at), &self.slots[at.0].state);
        format!("`{name}` is not {expected} with attempt {attempt}, it {state}")
    }

    pub(super) fn must_be_ready(&self, at: StepIx, attempt: u32) -> Fits {
        match self.slots[at.0].state {
            StepState::Ready { attempt: current } if current == attempt => Ok(()),
            _ => Err(self.unfit(at, "ready", attempt)),
        }
    }

    pub(super) fn must_be_waiting(&self, at: StepIx, attempt: u32) -> Fits {
        match self.slots[at.0].state {
            StepState::Waiting { attempt: current, .. } if current == attempt => Ok(()),
            _ => Err(self.unfit(at, "waiting", attempt)),
        }
    }

    /// The number of the entry that is being applied.
    pub(super) fn next_seq(&self) -> u64 {
        self.seq + 1
    }

    /// Changes the state of a step; gives back the old one.
    pub(super) fn put(&mut self, at: StepIx, state: StepState) -> StepState {
        if matches!(state, StepState::Ready { .. }) {
            self.slots[at.0].ready_since = self.next_seq();
            self.slots[at.0].recovery.has_begun = false;
        }
        let old = std::mem::replace(&mut self.slots[at.0].state, state);
        for (state, before) in [(&old, true), (&self.slots[at.0].state, false)] {
            let count = match state {
                StepState::Ready { .. } => &mut self.ready,
                StepState::Waiting { .. } | StepState::Retrying { .. } => &mut self.pausing,
                _ => continue,
            };
            *count = if before {
                count.saturating_sub(1)
            } else {
                *count + 1
            };
        }
        old
    }

    /// J-2.
    pub(super) fn make_ready(&mut self, at: StepIx) -> Fits {
        self.must_be_idle(at)?;
        self.slots[at.0].attempt = 1;
        self.put(at, StepState::Ready { attempt: 1 });
        Ok(())
    }

    pub(super) fn must_be_idle(&self, at: StepIx) -> Fits {
        match &self.slots[at.0].state {
            StepState::Idle => Ok(()),
            other => Err(format!("`{}` is not idle, it {other}", self.name(at))),
        }
    }

    /// J-1.
    pub(super) fn settle_edges(&mut self, source: StepIx, event: &EventName, chosen: Option<&[StepRef]>) {
        for &edge in self.workflow.outgoing(source) {
            self.edges[edge.0] = Some(is_taken(&self.workflow, edge, event, chosen));
        }
    }

    /// J-2 and J-3.
    pub(super) fn advance(&mut self, advance: &Advance, timers: &mut TimerChanges) -> Fits {
        for step in &advance.dead {
            let at = self.find(step)?;
            self.must_be_idle(at)?;
            self.put(at, StepState::Dead);
            self.clear_step(at, timers);
            for &edge in self.workflow.outgoing(at) {
                self.edges[edge.0] = Some(false);
            }
        }
        for step in &advance.ready {
            let at = self.find(step)?;
            self.make_ready(at)?;
        }
        Ok(())
    }

    /// Stops these steps, which must be all that are active; gives back what they were.
    pub(super) fn stop(&mut self, steps: &[StepRef]) -> Fits<Vec<(StepIx, StepState)>> {
        let mut stopped = Vec::with_capacity(steps.len());
        for step in steps {
            let at = self.find(step)?;
            if !self.slots[at.0].state.is_active() {
                return Err(format!("`{step}` is not active, it {}", self.slots[at.0].state));
            }
            stopped.push((at, self.put(at, StepState::Stopped)));
        }
        match self.steps().find(|(_, state)| state.is_active()) {
            Some((step, state)) => Err(format!("`{step}` goes on, it {state}")),
            None => Ok(stopped),
        }
    }

    pub(super) fn set_timer(
        &mut self,
        timer: &Timer,
        purpose: &TimerPurpose,
        timers: &mut TimerChanges,
    ) -> Fits {
        if timer.number < self.next_timer {
            return Err(format!("timer {} is not new", timer.number));
        }
        if timer.purpose != *purpose {
            return Err(format!("timer {} has the wrong purpose", timer.number));
        }
        self.next_timer = timer.number.saturating_add(1);
        self.timers.insert(timer.number, timer.clone());
        timers.set(timer);
        Ok(())
    }

    pub(super) fn clear_timer(&mut self, number: u32, timers: &mut TimerChanges) {
        if self.timers.remove(&number).is_some() {
            timers.clear(number);
        }
    }

    /// Clears all timers; gives back those that belong to steps.
    pub(super) fn clear_timers(&mut self, timers: &mut TimerChanges) -> BTreeMap<u32, Timer> {
        let mut cleared = std::mem::take(&mut self.timers);
        cleared.keys().for_each(|number| timers.clear(*number));
        cleared.retain(|_, timer| timer.purpose != TimerPurpose::Deadline);
        cleared
    }

    /// J-11: the timers and the queued `timeout`s of a step that has ended.
    pub(super) fn clear_step(&mut self, at: StepIx, timers: &mut TimerChanges) {
        let name = &self.workflow.step(at).name;
        self.timers.retain(|number, timer| {
            let dies = timer.purpose.step() == Some(name);
            if dies {
                timers.clear(*number);
            }
            !dies
        });
        self.inbox.drop_timeouts(at);
    }

    /// The step of a timer of `schedule_resume`.
    pub(super) fn scheduled(&self, number: u32) -> Fits<StepIx> {
        match self.timers.get(&number).map(|timer| &timer.purpose) {
            Some(TimerPurpose::Scheduled(step)) => self.find(step),
            _ => Err(format!("no scheduled timer {number} is set")),
        }
    }
}
