//! One instance: what was promised about it, what was seen of it, what the store holds of it.

use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{EventId, InstanceId, Json, StepRef, TimerId, Timestamp};

use crate::fold::{Fate, Fold, Place, Sink};
use crate::journal::Journal;
use crate::{Expect, Order, Violation};

/// What was acknowledged and must be in the journal that is read next.
#[derive(Debug)]
pub(crate) enum Owed {
    Start,
    Event(EventId),
    Timer(u32, Timestamp),
    Cancellation(u32),
    Cancel,
    Retry,
    Checkpoint(StepRef, Json),
}

#[derive(Debug)]
pub(crate) struct Instance {
    id: InstanceId,
    journal: Journal,
    fold: Fold,
    owed: Vec<Owed>,
    /// Acknowledged retries.
    retries: u32,
    /// Whether attempts began that the journal hasn't been asked about yet.
    has_attempts: bool,
    /// It was changed where it must not: what it says from now on is not looked at.
    is_broken: bool,
    deletion: Deletion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deletion {
    None,
    /// It may be gone.
    Ordered,
    Acknowledged,
}

impl Instance {
    pub(crate) fn new(id: InstanceId, tolerance: Duration) -> Self {
        Self {
            id,
            journal: Journal::default(),
            fold: Fold::new(id, tolerance),
            owed: Vec::new(),
            retries: 0,
            has_attempts: false,
            is_broken: false,
            deletion: Deletion::None,
        }
    }

    pub(crate) fn owe(&mut self, owed: Owed) {
        self.owed.push(owed);
    }

    pub(crate) fn deleting(&mut self) {
        if self.deletion == Deletion::None {
            self.deletion = Deletion::Ordered;
        }
    }

    pub(crate) fn deleted(&mut self) {
        self.deletion = Deletion::Acknowledged;
        self.owed = Vec::new();
    }

    /// An attempt began.
    pub(crate) fn attempt(&mut self, step: &StepRef, attempt: u32, key: &Arc<str>, sink: &mut Sink<'_>) {
        let instance = self.id;
        self.has_attempts = true;
        let known = self.fold.steps.entry(step.clone()).or_default();
        match &known.key {
            None => known.key = Some(Arc::clone(key)),
            Some(first) if first == key => {}
            Some(first) => sink.push(Violation::KeyChanged {
                instance,
                step: step.clone(),
                first: first.to_string(),
                second: key.to_string(),
            }),
        }
        let fate = known.fate(attempt);
        // A later attempt begins when the outcome of this one is durable.
        let later = known.tries.iter().any(|it| it.attempt > attempt && it.began > 0);
        let outcome = known.since;
        let seen = known.a_try(attempt);
        seen.began += 1;
        if seen.began > 1 {
            sink.figures.attempts_repeated += 1;
        }
        if fate == Fate::Over || later {
            sink.push(Violation::AttemptAfterOutcome {
                instance,
                step: step.clone(),
                attempt,
                outcome,
            });
        } else if fate == Fate::Unready {
            seen.is_unready = true;
        }
    }

    /// The store holds this now.
    pub(crate) fn look(&mut self, entries: Vec<JournalEntry>, sink: &mut Sink<'_>) {
        if self.is_broken {
            return;
        }
        if self.deletion == Deletion::Acknowledged && !entries.is_empty() {
            sink.push(Violation::CameBack { instance: self.id });
        }
        if entries.is_empty() && (self.deletion != Deletion::None || self.journal.version() == 0) {
            return self.is_absent(sink);
        }
        match self.journal.compare(self.id, entries) {
            Ok(fresh) => {
                for entry in &fresh {
                    self.fold.apply(entry, sink);
                }
                self.journal.extend(fresh);
            }
            Err(violation) => {
                sink.push(violation);
                self.is_broken = true;
                return;
            }
        }
        self.settle_debts(sink);
        self.explain_attempts(sink);
        if self.fold.end.is_some() {
            self.journal.shrink();
        }
    }

    fn is_absent(&mut self, sink: &mut Sink<'_>) {
        let is_owed = self.deletion == Deletion::None && !self.owed.is_empty();
        self.owed = Vec::new();
        if is_owed {
            sink.push(Violation::StartLost { instance: self.id });
        } else if self.deletion == Deletion::None {
            self.explain_attempts(sink);
        } else {
            self.deletion = Deletion::Acknowledged;
        }
    }

    /// What was acknowledged is there.
    fn settle_debts(&mut self, sink: &mut Sink<'_>) {
        for owed in std::mem::take(&mut self.owed) {
            if let Some(violation) = self.judge(owed) {
                sink.push(violation);
            }
        }
    }

    fn judge(&mut self, owed: Owed) -> Option<Violation> {
        let (instance, fold) = (self.id, &self.fold);
        let timer = |number| TimerId { instance, number };
        match owed {
            Owed::Start => None,
            Owed::Event(event_id) if fold.has_accepted(&event_id) => None,
            Owed::Event(event_id) => Some(Violation::EventLost { instance, event_id }),
            Owed::Timer(number, not_before) => match fold.scheduled(number) {
                None => Some(Violation::TimerLost { timer: timer(number) }),
                Some(due) if due < not_before => Some(Violation::TimerDueEarly {
                    timer: timer(number),
                    due,
                    not_before,
                }),
                Some(_) => None,
            },
            Owed::Cancellation(number) if fold.is_cancelled(number) => None,
            Owed::Cancellation(number) => Some(Violation::CancellationLost { timer: timer(number) }),
            Owed::Cancel if fold.was_cancelled => None,
            Owed::Cancel => Some(Violation::OrderLost {
                instance,
                order: Order::Cancel,
            }),
            Owed::Retry => {
                self.retries += 1;
                (fold.retries < self.retries).then_some(Violation::OrderLost {
                    instance,
                    order: Order::Retry,
                })
            }
            Owed::Checkpoint(step, value) => {
                (!fold.has_saved(&step, &value)).then_some(Violation::CheckpointLost { instance, step })
            }
        }
    }

    /// All attempts that began until now had a ground, and each repetition a reason.
    fn explain_attempts(&mut self, sink: &mut Sink<'_>) {
        if !std::mem::take(&mut self.has_attempts) {
            return;
        }
        let instance = self.id;
        for (name, step) in &mut self.fold.steps {
            let outcome = step.since;
            for seen in &mut step.tries {
                let (step, attempt) = (name.clone(), seen.attempt);
                if std::mem::take(&mut seen.is_unready) {
                    sink.push(match seen.explained {
                        0 => Violation::AttemptUnfounded {
                            instance,
                            step,
                            attempt,
                        },
                        _ => Violation::AttemptAfterOutcome {
                            instance,
                            step,
                            attempt,
                            outcome,
                        },
                    });
                } else if seen.began > seen.explained && seen.explained > 0 {
                    let (began, explained) = (seen.began, seen.explained);
                    // Said once.
                    seen.explained = began;
                    sink.push(Violation::AttemptRepeated {
                        instance,
                        step,
                        attempt,
                        began,
                        explained,
                    });
                }
            }
        }
    }

    /// Nothing more will be seen.
    pub(crate) fn finish(&mut self, expect: Expect, sink: &mut Sink<'_>) {
        if self.is_broken || self.deletion == Deletion::Acknowledged {
            return;
        }
        if self.journal.version() == 0 {
            return self.is_absent(sink);
        }
        self.settle_debts(sink);
        self.explain_attempts(sink);
        if self.fold.end.is_some() {
            return;
        }
        let is_enough = match expect {
            Expect::AllEnded => false,
            Expect::MayWait { overdue_before } => {
                for (number, due) in self.fold.overdue(overdue_before) {
                    let timer = TimerId {
                        instance: self.id,
                        number,
                    };
                    sink.push(Violation::TimerOverdue { timer, due });
                }
                !self.fold.is_busy()
            }
        };
        if !is_enough {
            let is_active = |place: Place| matches!(place, Place::Active(_));
            let active = self.fold.steps.iter().filter(|(_, step)| is_active(step.place));
            sink.push(Violation::NotEnded {
                instance: self.id,
                version: self.journal.version(),
                steps: active.map(|(name, _)| name.clone()).collect(),
            });
        }
    }
}
