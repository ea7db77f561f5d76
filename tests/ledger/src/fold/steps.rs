//! Steps: each join is decided once, each attempt has one outcome, each step ends once.

use std::sync::Arc;

use hephaestus_core::StepRef;
use hephaestus_core::engine::Advance;

use super::{Fold, Here, Sink};
use crate::Violation;

/// What is known of a step.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub(crate) place: Place,
    /// The entry that put it there.
    pub(crate) since: u64,
    /// The last attempt that was made ready, or is to be.
    pub(crate) attempt: u32,
    /// The entry that decided its join; 0: none yet.
    decided: u64,
    /// The entry with the last outcome of an attempt; 0: none yet.
    outcome: u64,
    /// Whether it lost an attempt, since an operator last brought it back.
    was_lost: bool,
    /// Whether the journal says that its current attempt has begun.
    has_begun: bool,
    /// Its attempts, as they were seen and as the journal explains them.
    pub(crate) tries: Vec<Try>,
    /// The idempotency key that its first attempt was told.
    pub(crate) key: Option<Arc<str>>,
}

/// One attempt number of one step.
#[derive(Debug, Default)]
pub(crate) struct Try {
    pub(crate) attempt: u32,
    /// How often it was seen to begin.
    pub(crate) began: u32,
    /// How often the journal lets it begin: once, and once more for each loss and each retry of an operator.
    pub(crate) explained: u32,
    /// It was seen to begin when no known entry had made it ready, or not any more.
    pub(crate) is_unready: bool,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    #[default]
    Idle,
    Active(Active),
    Completed,
    Failed {
        /// Whether the graph goes on from the failure. If it doesn't, an operator can retry the step.
        is_answered: bool,
    },
    Dead,
    Stopped {
        was: Active,
        /// Whether no operator can bring it back.
        for_good: bool,
    },
}

/// How a step is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Active {
    Ready,
    Waiting,
    Retrying,
}

/// What the journal says to an attempt that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is ready.
    Ready,
    /// It isn't, as far as is known: a later entry may make it ready.
    Unready,
    /// It has an outcome, or the step can't run any more.
    Over,
}

impl Step {
    pub(crate) fn fate(&self, attempt: u32) -> Fate {
        let may_follow = |is_over: bool| if is_over { Fate::Over } else { Fate::Unready };
        match self.place {
            Place::Active(Active::Ready) if attempt == self.attempt => Fate::Ready,
            Place::Idle => Fate::Unready,
            Place::Completed
            | Place::Dead
            | Place::Failed { is_answered: true }
            | Place::Stopped { for_good: true, .. } => Fate::Over,
            Place::Failed { .. }
            | Place::Active(Active::Waiting)
            | Place::Stopped {
                was: Active::Waiting, ..
            } => may_follow(attempt <= self.attempt),
            Place::Active(_) | Place::Stopped { .. } => may_follow(attempt < self.attempt),
        }
    }

    pub(crate) fn a_try(&mut self, attempt: u32) -> &mut Try {
        // Most steps have one; the last one is the one that is asked for.
        let at = self.tries.iter().rposition(|it| it.attempt == attempt);
        let at = at.unwrap_or_else(|| {
            self.tries.push(Try {
                attempt,
                ..Try::default()
            });
            self.tries.len() - 1
        });
        &mut self.tries[at]
    }

    fn put(&mut self, place: Place, here: Here) {
        self.place = place;
        self.since = here.seq;
    }

    fn make_ready(&mut self, attempt: u32, here: Here) {
        self.attempt = attempt;
        self.has_begun = false;
        self.put(Place::Active(Active::Ready), here);
        let explained = self.a_try(attempt);
        explained.explained += 1;
        explained.is_unready = false;
    }
}

impl Fold {
    pub(super) fn step(&mut self, step: &StepRef) -> &mut Step {
        if !self.steps.contains_key(step) {
            self.steps.insert(step.clone(), Step::default());
        }
        self.steps
            .get_mut(step)
            .unwrap_or_else(|| unreachable!("it was inserted"))
    }

    /// A step is decided by its join: it runs, or it never will.
    pub(super) fn decide_join(&mut self, step: &StepRef, runs: bool, here: Here, sink: &mut Sink<'_>) {
        let instance = self.instance;
        let decided = self.step(step);
        if decided.place != Place::Idle {
            sink.push(Violation::JoinFiredTwice {
                instance,
                step: step.clone(),
                first: decided.decided,
                second: here.seq,
            });
        }
        decided.decided = here.seq;
        if runs {
            sink.figures.steps_ready += 1;
            decided.make_ready(1, here);
        } else {
            decided.put(Place::Dead, here);
        }
    }

    pub(super) fn advance(&mut self, advance: &Advance, here: Here, sink: &mut Sink<'_>) {
        for step in &advance.ready {
            self.decide_join(step, true, here, sink);
        }
        for step in &advance.dead {
            self.decide_join(step, false, here, sink);
        }
    }

    /// An attempt, or the wait that it began, came to something.
    pub(super) fn outcome(
        &mut self,
        (step, attempt): (&StepRef, u32),
        from: &[Active],
        to: Place,
        here: Here,
        sink: &mut Sink<'_>,
    ) {
        let instance = self.instance;
        let known = self.step(step);
        let fits = matches!(known.place, Place::Active(active) if from.contains(&active));
        if !fits || known.attempt != attempt {
            let (first, second) = (known.outcome, here.seq);
            let step = step.clone();
            let violation = match known.place {
                Place::Completed | Place::Failed { .. } => Violation::StepEndedTwice {
                    instance,
                    step,
                    first,
                    second,
                },
                Place::Active(_) | Place::Stopped { .. } if first > 0 && attempt <= known.attempt => {
                    Violation::OutcomeTwice {
                        instance,
                        step,
                        attempt,
                        first,
                        second,
                    }
                }
                place => Violation::Misfit {
                    instance,
                    seq: here.seq,
                    problem: format!(
                        "an outcome of attempt {attempt} of `{step}`, which is {place:?} with attempt {}",
                        known.attempt
                    ),
                },
            };
            sink.push(violation);
        }
        known.outcome = here.seq;
        known.attempt = attempt;
        known.put(to, here);
    }

    pub(super) fn step_ready(&mut self, step: &StepRef, attempt: u32, here: Here, sink: &mut Sink<'_>) {
        let known = self.step(step);
        let expected = (Place::Active(Active::Retrying), attempt);
        let found = (known.place, known.attempt);
        known.make_ready(attempt, here);
        if found != expected {
            let problem = format!("`{step}` is ready for attempt {attempt}, but was {found:?}");
            sink.push(self.misfit(here, problem));
        }
    }

    pub(super) fn attempt_lost(&mut self, step: &StepRef, here: Here, sink: &mut Sink<'_>) {
        let known = self.step(step);
        if known.place == Place::Active(Active::Ready) {
            known.make_ready(known.attempt, here);
            known.was_lost = true;
        } else {
            let problem = format!("`{step}` lost an attempt, but is {:?}", known.place);
            sink.push(self.misfit(here, problem));
        }
    }

    /// B-3: written once for each attempt after one was lost, and for no other.
    pub(super) fn attempt_began(&mut self, step: &StepRef, attempt: u32, here: Here, sink: &mut Sink<'_>) {
        let known = self.step(step);
        let is_due = known.place == Place::Active(Active::Ready) && known.was_lost && !known.has_begun;
        known.has_begun = true;
        if !is_due || known.attempt != attempt {
            let problem =
                format!("attempt {attempt} of `{step}` begins, which no loss and no entry announced");
            sink.push(self.misfit(here, problem));
        }
    }

    pub(super) fn stop(&mut self, step: &StepRef, for_good: bool, here: Here, sink: &mut Sink<'_>) {
        let known = self.step(step);
        if let Place::Active(was) = known.place {
            known.put(Place::Stopped { was, for_good }, here);
        } else {
            let problem = format!("`{step}` is stopped, but is {:?}", known.place);
            sink.push(self.misfit(here, problem));
        }
    }

    /// the step that failed has a new attempt, the others are where they were.
    pub(super) fn bring_back(&mut self, step: &StepRef, is_ready: bool, here: Here, sink: &mut Sink<'_>) {
        let known = self.step(step);
        let attempt = known.attempt;
        known.was_lost = false;
        match (known.place, is_ready) {
            (Place::Failed { is_answered: false }, true) => known.make_ready(attempt.saturating_add(1), here),
            (
                Place::Stopped {
                    was: Active::Ready,
                    for_good: false,
                },
                true,
            ) => known.make_ready(attempt, here),
            (
                Place::Stopped {
                    was: was @ (Active::Waiting | Active::Retrying),
                    for_good: false,
                },
                false,
            ) => known.put(Place::Active(was), here),
            (place, _) => {
                let problem = format!("`{step}` is brought back, but was {place:?}");
                sink.push(self.misfit(here, problem));
            }
        }
    }
}
