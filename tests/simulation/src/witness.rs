//! Sees every attempt begin and end, and what it is told; and checks each beginning against what is durable then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hephaestus_core::engine::{Record, StepState};
use hephaestus_core::{InstanceId, Json, StepRef};
use hephaestus_host::runner::Attempt;
use hephaestus_ledger::Observation;

use crate::audit::{Audit, Book};
use crate::log::Log;

/// One execution: the step, and the entry that it is ready since.
type Execution = (InstanceId, StepRef, u64);

/// See the head of this module.
pub struct Witness {
    /// What is durable.
    pub audit: Arc<Audit>,
    /// Where it tells.
    pub log: Log,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Attempts that execute now.
    running: BTreeMap<(InstanceId, StepRef), u32>,
    /// Calls of guests that are under way, and how many there may be.
    busy: usize,
    limit: usize,
    begun: BTreeSet<Execution>,
    /// The executions of this round that came to an outcome.
    finished: Vec<(Execution, u32)>,
    /// The last checkpoint that each step was told to be durable.
    saved: BTreeMap<(InstanceId, StepRef), u64>,
    is_ending: bool,
    /// Crashes of tasks in this round: each can be the reason why an instance is left alone.
    crashes: BTreeMap<InstanceId, usize>,
}

impl Witness {
    /// It has seen nothing yet.
    pub fn new(audit: Arc<Audit>, log: Log) -> Arc<Self> {
        Arc::new(Self {
            audit,
            log,
            seen: Mutex::default(),
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A host begins, which executes so many steps at once.
    pub fn begin_round(&self, limit: usize) {
        let mut seen = self.seen();
        if !seen.running.is_empty() || seen.busy > 0 {
            let running = format!("{:?}", seen.running);
            self.log
                .violation(format_args!("attempts outlive their host: {running}"));
        }
        seen.limit = limit;
        seen.is_ending = false;
        seen.finished.clear();
        seen.crashes.clear();
        self.audit.forget_conflicts();
    }

    /// From now on nothing may begin.
    pub fn begin_shutdown(&self) {
        self.seen().is_ending = true;
    }

    /// A task is about to crash.
    pub fn crashes(&self, instance: InstanceId) {
        *self.seen().crashes.entry(instance).or_default() += 1;
        self.log.count("panics");
    }

    /// How often the task of an instance crashed in this round.
    pub fn crashes_of(&self, instance: InstanceId) -> usize {
        self.seen().crashes.get(&instance).copied().unwrap_or(0)
    }

    /// How often the runner was told in this round that somebody else writes to an instance.
    pub fn conflicts_of(&self, instance: InstanceId) -> usize {
        self.audit.conflicts_of(instance)
    }

    /// A guest is called; until the answer is dropped.
    pub fn called(self: &Arc<Self>) -> Busy {
        let mut seen = self.seen();
        seen.busy += 1;
        if seen.busy > seen.limit {
            let (busy, limit) = (seen.busy, seen.limit);
            self.log
                .violation(format_args!("{busy} guests execute at once, {limit} may"));
        }
        self.log.most("most guests at once", seen.busy as u64);
        Busy(Arc::clone(self))
    }

    /// An attempt begins; until the answer is dropped.
    pub fn begins(self: &Arc<Self>, attempt: &Attempt) -> Running {
        let of = (attempt.instance, attempt.step.clone());
        let name = format!("{} `{}` attempt {}", of.0, of.1, attempt.attempt);
        self.log.trace(format_args!("begins {name}"));
        let log = &self.log;
        let since = match self
            .audit
            .look(of.0, |book| self.check_durable(book, attempt, &name))
        {
            Some(since) => since,
            None => {
                log.violation(format_args!("{name} begins and its instance isn't stored"));
                None
            }
        };
        match since {
            Some(_) => self.audit.saw(Observation::Attempt {
                instance: of.0,
                step: of.1.clone(),
                attempt: attempt.attempt,
                key: &attempt.idempotency_key(),
            }),
            None => log.count("attempts that began before their host knew of their end"),
        }
        let mut seen = self.seen();
        if seen.is_ending {
            log.violation(format_args!("{name} begins while the host shuts down"));
        }
        if seen.running.insert(of.clone(), attempt.attempt).is_some() {
            log.violation(format_args!("{name} begins while another one of the step runs"));
        }
        let execution = since.map(|since| (of.0, of.1.clone(), since));
        if let Some(execution) = &execution
            && !seen.begun.insert(execution.clone())
        {
            log.violation(format_args!("{name} begins again, and its loss isn't recorded"));
        }
        Running {
            witness: Arc::clone(self),
            of,
            execution,
        }
    }

    /// Compares an attempt with the durable state; answers since when it is ready, if that is what is durable.
    fn check_durable(&self, book: &Book, attempt: &Attempt, name: &str) -> Option<u64> {
        let (state, step, log) = (&book.state, &attempt.step, &self.log);
        if book.has_outcome(step) {
            log.violation(format_args!(
                "{name} begins after its step's outcome: {:?}",
                state.step(step)
            ));
        }
        let durable = state.step(step);
        if durable
            != Some(&StepState::Ready {
                attempt: attempt.attempt,
            })
        {
            // Stopped, say, by a commit that its host doesn't know of yet.
            if !self.audit.is_unsettled(attempt.instance) {
                log.violation(format_args!("{name} begins, durable is {durable:?}"));
            }
            return None;
        }
        if !reads_durable(book, attempt) {
            let (seen, durable) = (&attempt.context, state.context(step));
            log.violation(format_args!("{name} reads {seen:?}, durable is {durable:?}"));
        }
        let checkpoint = attempt
            .checkpoint
            .as_ref()
            .and_then(|checkpoint| checkpoint.load());
        if checkpoint.as_ref() != state.checkpoint(step) && !self.audit.is_unsettled(attempt.instance) {
            let durable = state.checkpoint(step);
            log.violation(format_args!(
                "{name} goes on from {checkpoint:?}, durable is {durable:?}"
            ));
        }
        let created = state.created();
        if (attempt.version, &attempt.business_id) != (created.version, &created.business_id) {
            log.violation(format_args!("{name} belongs to another version, or name"));
        }
        Some(state.ready_since(step))
    }

    /// A step goes on from what it saved before: never from less than it was told to be durable.
    pub fn continues(&self, attempt: &Attempt, from: u64) {
        let of = (attempt.instance, attempt.step.clone());
        let saved = self.seen().saved.get(&of).copied();
        self.log.add("attempts from a checkpoint", u64::from(from > 0));
        if saved.is_some_and(|saved| from < saved) {
            self.log.violation(format_args!(
                "{} `{}` goes on from checkpoint {from}, and was told that {saved:?} is durable",
                of.0, of.1
            ));
        }
    }

    /// A step was told that this is durable.
    pub fn saved(&self, attempt: &Attempt, (value, json): (u64, &Json)) {
        self.audit.saw(Observation::Saved {
            instance: attempt.instance,
            step: attempt.step.clone(),
            value: json.clone(),
        });
        let of = (attempt.instance, attempt.step.clone());
        self.seen().saved.insert(of, value);
    }

    /// After a shutdown that had the time it needed: what came to an outcome is recorded, nothing was cut off.
    pub fn check_shutdown(&self) {
        let seen = self.seen();
        if !seen.running.is_empty() {
            let running = &seen.running;
            self.log
                .violation(format_args!("attempts run after the shutdown: {running:?}"));
        }
        for ((instance, step, since), attempt) in &seen.finished {
            let is_open = self.audit.look(*instance, |book| {
                let ready = StepState::Ready { attempt: *attempt };
                book.state.ready_since(step) == *since && book.state.step(step) == Some(&ready)
            });
            let crashed = seen.crashes.contains_key(instance);
            if is_open == Some(true) && !crashed {
                self.log.violation(format_args!(
                    "{instance} `{step}` came to an outcome before the shutdown, and it isn't recorded"
                ));
            }
        }
    }
}

/// Whether what an attempt reads is durable: all that was when its step became ready, and perhaps what came since.
fn reads_durable(book: &Book, attempt: &Attempt) -> bool {
    let (seen, durable) = (&attempt.context, book.state.context(&attempt.step));
    let since = book.state.ready_since(&attempt.step);
    let came_since = |step: &StepRef| {
        book.journal.iter().rev().any(|entry| {
            let is_it = matches!(&entry.record, Record::StepCompleted(completed) if completed.step == *step);
            is_it && entry.seq > since
        })
    };
    seen.initial == durable.initial
        && seen.results.len() == durable.results.len()
        && durable.results.iter().all(|(step, result)| {
            let seen = seen.results.get(step);
            seen == Some(result) || (seen == Some(&None) && came_since(step))
        })
}

/// A guest that is called.
pub struct Busy(Arc<Witness>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.seen().busy -= 1;
    }
}

/// An attempt that runs.
pub struct Running {
    witness: Arc<Witness>,
    of: (InstanceId, StepRef),
    execution: Option<Execution>,
}

impl Running {
    /// It came to an outcome.
    pub fn ends(&self, attempt: u32) {
        self.witness
            .log
            .trace(format_args!("ends {} `{}`", self.of.0, self.of.1));
        if let Some(execution) = &self.execution {
            self.witness.seen().finished.push((execution.clone(), attempt));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.witness.seen().running.remove(&self.of);
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Busy").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}
