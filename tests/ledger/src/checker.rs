//! Takes observations in, and says which promises they break.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::{InstanceId, RequestId, StepRef, Timestamp};

use crate::fold::Sink;
use crate::instance::{Instance, Owed};
use crate::{Figures, Observation, Order, Violation};

/// Folds what was seen, and collects what doesn't fit.
#[derive(Debug, Default)]
pub struct Checker {
    instances: BTreeMap<InstanceId, Instance>,
    requests: BTreeMap<RequestId, InstanceId>,
    keys: BTreeMap<Arc<str>, (InstanceId, StepRef)>,
    violations: Vec<Violation>,
    figures: Figures,
    tolerance: Duration,
}

/// How instances must stand when nothing more will be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// All have ended.
    AllEnded,
    /// They may wait for events, and for timers that are due at this instant or later; nothing is ready to run.
    MayWait {
        /// Every timer that is due before has come.
        overdue_before: Timestamp,
    },
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The broken promises, in the order in which they were found.
    pub violations: Vec<Violation>,
    /// How much was seen.
    pub figures: Figures,
}

impl Checker {
    /// One that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One for hosts whose wall clock jumps back by up to `tolerance`: by that much a timer may seem to come early, since
    /// within a process it follows the monotonic clock.
    pub fn tolerating(tolerance: Duration) -> Self {
        Self {
            tolerance,
            ..Self::default()
        }
    }

    /// The broken promises so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How much was seen so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Takes one more observation in, in the order in which they were made.
    pub fn observe(&mut self, observation: Observation<'_>) {
        match observation {
            Observation::Started { instance, request } => self.started(instance, request),
            Observation::Sent { instance, event_id } => {
                self.figures.events += 1;
                self.owe(instance, Owed::Event(event_id));
            }
            Observation::Scheduled { timer, not_before } => {
                self.figures.timers += 1;
                self.owe(timer.instance, Owed::Timer(timer.number, not_before));
            }
            Observation::TimerCancelled { timer } => {
                self.figures.timers_cancelled += 1;
                self.owe(timer.instance, Owed::Cancellation(timer.number));
            }
            Observation::Ordered { instance, order } => {
                self.figures.orders += 1;
                let owed = match order {
                    Order::Cancel => Owed::Cancel,
                    Order::Retry => Owed::Retry,
                };
                self.owe(instance, owed);
            }
            Observation::Saved {
                instance,
                step,
                value,
            } => {
                self.figures.saves += 1;
                self.owe(instance, Owed::Checkpoint(step, value));
            }
            Observation::Attempt {
                instance,
                step,
                attempt,
                key,
            } => self.attempt(instance, &step, attempt, key),
            Observation::Journal { instance, entries } => {
                self.figures.journals += 1;
                self.at(instance, |it, sink| it.look(entries, sink));
            }
            Observation::Deleting { instance } => {
                // What is deleted is forgotten: its request may start another instance.
                self.requests.retain(|_, started| *started != instance);
                self.at(instance, |it, _| it.deleting());
            }
            Observation::Deleted { instance } => self.at(instance, |it, _| it.deleted()),
        }
    }

    /// Nothing more will be seen. What was acknowledged after the last look at a journal is judged by that look: look at
    /// the journal of every instance before.
    pub fn finish(mut self, expect: Expect) -> Report {
        let mut sink = Sink {
            violations: &mut self.violations,
            figures: &mut self.figures,
        };
        for instance in self.instances.values_mut() {
            instance.finish(expect, &mut sink);
        }
        Report {
            violations: self.violations,
            figures: self.figures,
        }
    }

    /// Tells one instance.
    fn at(&mut self, id: InstanceId, tell: impl FnOnce(&mut Instance, &mut Sink<'_>)) {
        let tolerance = self.tolerance;
        let known = match self.instances.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                self.figures.instances += 1;
                vacant.insert(Instance::new(id, tolerance))
            }
        };
        let mut sink = Sink {
            violations: &mut self.violations,
            figures: &mut self.figures,
        };
        tell(known, &mut sink);
    }

    fn owe(&mut self, instance: InstanceId, owed: Owed) {
        self.at(instance, |it, _| it.owe(owed));
    }

    fn started(&mut self, instance: InstanceId, request: Option<RequestId>) {
        self.figures.starts += 1;
        self.owe(instance, Owed::Start);
        let Some(request) = request else { return };
        match self.requests.entry(request) {
            Entry::Vacant(vacant) => drop(vacant.insert(instance)),
            Entry::Occupied(first) if *first.get() == instance => {}
            Entry::Occupied(first) => self.violations.push(Violation::RequestStartedTwice {
                request: first.key().clone(),
                first: *first.get(),
                second: instance,
            }),
        }
    }

    fn attempt(&mut self, instance: InstanceId, step: &StepRef, attempt: u32, key: &str) {
        self.figures.attempts += 1;
        let key = match self.keys.get_key_value(key) {
            Some((key, (of, its))) => {
                if (*of, its) != (instance, step) {
                    self.violations.push(Violation::KeyShared {
                        key: key.to_string(),
                        first: (*of, its.clone()),
                        second: (instance, step.clone()),
                    });
                }
                Arc::clone(key)
            }
            None => {
                let key: Arc<str> = key.into();
                self.keys.insert(Arc::clone(&key), (instance, step.clone()));
                key
            }
        };
        self.at(instance, |it, sink| it.attempt(step, attempt, &key, sink));
    }
}
