//! Timers: never before they are due, once at most, and not after what they died with.

use hephaestus_core::engine::{Timer as SetTimer, TimerPurpose};
use hephaestus_core::{StepRef, Timestamp};

use super::{Fold, Here, Place, Sink};
use crate::Violation;

/// What is known of a timer.
#[derive(Debug)]
pub(super) struct Timer {
    due: Timestamp,
    purpose: TimerPurpose,
    place: Stand,
}

/// Where a timer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Its time is to come.
    Set,
    /// It came due before its step waited.
    Queued,
    /// It did what it was for.
    Used,
    Cancelled,
    /// What it belonged to has ended.
    Dead,
    /// So has the instance, by a failure: an operator can bring it back.
    Suspended {
        was_queued: bool,
    },
}

impl Stand {
    fn told(self) -> &'static str {
        match self {
            Self::Set => "is set",
            Self::Queued => "had come due",
            Self::Used => "had come and was used",
            Self::Cancelled => "had been cancelled",
            Self::Dead => "had died with its step, its wait or its instance",
            Self::Suspended { .. } => "had died with its instance",
        }
    }
}

impl Fold {
    /// When a timer of `schedule_resume` is due; `None` if there never was one with this number.
    pub(crate) fn scheduled(&self, number: u32) -> Option<Timestamp> {
        let timer = self.timers.get(&number)?;
        matches!(timer.purpose, TimerPurpose::Scheduled(_)).then_some(timer.due)
    }

    pub(crate) fn is_cancelled(&self, number: u32) -> bool {
        self.timers
            .get(&number)
            .is_some_and(|timer| timer.place == Stand::Cancelled)
    }

    /// Timers that are set and due before `instant`.
    pub(crate) fn overdue(&self, instant: Timestamp) -> impl Iterator<Item = (u32, Timestamp)> {
        let set = self.timers.iter().filter(|(_, timer)| timer.place == Stand::Set);
        set.filter(move |(_, timer)| timer.due < instant)
            .map(|(number, timer)| (*number, timer.due))
    }

    pub(super) fn set_timer(&mut self, timer: &SetTimer, here: Here, sink: &mut Sink<'_>) {
        let set = Timer {
            due: timer.due,
            purpose: timer.purpose.clone(),
            place: Stand::Set,
        };
        if self.timers.insert(timer.number, set).is_some() {
            let problem = format!("timer number {} is used twice", timer.number);
            sink.push(self.misfit(here, problem));
        }
    }

    /// A scheduled timer came due before its step waited.
    pub(super) fn queue_timer(&mut self, number: u32, here: Here, sink: &mut Sink<'_>) {
        if self.comes_due(number, here, sink) {
            self.put_timer(number, Stand::Queued);
        }
    }

    /// A timer ends a wait: now, or after it was queued.
    pub(super) fn use_timeout(&mut self, number: u32, here: Here, sink: &mut Sink<'_>) {
        let is_queued = self
            .timers
            .get(&number)
            .is_some_and(|timer| timer.place == Stand::Queued);
        if is_queued || self.comes_due(number, here, sink) {
            self.put_timer(number, Stand::Used);
        }
    }

    /// The pause before an attempt is over.
    pub(super) fn end_pause(&mut self, step: &StepRef, here: Here, sink: &mut Sink<'_>) {
        let is_pause = |timer: &Timer| {
            timer.place == Stand::Set && matches!(&timer.purpose, TimerPurpose::Retry(of) if of == step)
        };
        let found = self.timers.iter().find(|(_, timer)| is_pause(timer));
        let Some(number) = found.map(|(number, _)| *number) else {
            let problem = format!("the pause of `{step}` is over, but it has none");
            return sink.push(self.misfit(here, problem));
        };
        if self.comes_due(number, here, sink) {
            self.put_timer(number, Stand::Used);
        }
    }

    pub(super) fn use_deadline(&mut self, here: Here, sink: &mut Sink<'_>) {
        let mut timers = self.timers.iter();
        let found = timers.find(|(_, timer)| timer.purpose == TimerPurpose::Deadline);
        let Some(number) = found.map(|(number, _)| *number) else {
            let problem = "its deadline passed, but it has none".to_owned();
            return sink.push(self.misfit(here, problem));
        };
        if self.comes_due(number, here, sink) {
            self.put_timer(number, Stand::Used);
        }
    }

    pub(super) fn cancel_timer(&mut self, number: u32, here: Here, sink: &mut Sink<'_>) {
        if self.must_be_set(number, here, sink) {
            self.put_timer(number, Stand::Cancelled);
        }
    }

    /// J-11: a step has ended.
    pub(super) fn clear_step_timers(&mut self, step: &StepRef) {
        for timer in self.timers.values_mut() {
            if timer.purpose.step() == Some(step) && matches!(timer.place, Stand::Set | Stand::Queued) {
                timer.place = Stand::Dead;
            }
        }
    }

    /// All die; those of steps may come back if an operator can retry the instance.
    pub(super) fn clear_timers(&mut self, may_come_back: bool) {
        for timer in self.timers.values_mut() {
            let was_queued = timer.place == Stand::Queued;
            if was_queued || timer.place == Stand::Set {
                let is_kept = may_come_back && timer.purpose != TimerPurpose::Deadline;
                timer.place = if is_kept {
                    Stand::Suspended { was_queued }
                } else {
                    Stand::Dead
                };
            }
        }
    }

    pub(super) fn bring_back_timers(&mut self) {
        for timer in self.timers.values_mut() {
            if let Stand::Suspended { was_queued } = timer.place {
                timer.place = if was_queued { Stand::Queued } else { Stand::Set };
            }
        }
    }

    /// Whether there is such a timer, and its time is to come: says so if it isn't.
    fn must_be_set(&self, number: u32, here: Here, sink: &mut Sink<'_>) -> bool {
        let was = match self.timers.get(&number) {
            Some(timer) if timer.place == Stand::Set => return true,
            Some(timer) => timer.place.told(),
            None => "was never set",
        };
        sink.push(Violation::TimerNotSet {
            timer: self.timer_id(number),
            seq: here.seq,
            was,
        });
        false
    }

    fn comes_due(&self, number: u32, here: Here, sink: &mut Sink<'_>) -> bool {
        if !self.must_be_set(number, here, sink) {
            return false;
        }
        sink.figures.timers_due += 1;
        let due = self.timers.get(&number).map_or(here.at, |timer| timer.due);
        if here.at.after(self.tolerance) < due {
            sink.push(Violation::TimerEarly {
                timer: self.timer_id(number),
                due,
                came_at: here.at,
                seq: here.seq,
            });
        }
        true
    }

    fn put_timer(&mut self, number: u32, place: Stand) {
        if let Some(timer) = self.timers.get_mut(&number) {
            timer.place = place;
        }
    }

    /// Whether any step is ready: work that isn't waiting for anything.
    pub(crate) fn is_busy(&self) -> bool {
        let mut steps = self.steps.values();
        steps.any(|step| step.place == Place::Active(super::Active::Ready))
    }
}
