//! Those who use a host: each sends one command after the other, and checks what it is told against what is durable at
//! that moment.
//!
//! What an answer says about whether something was done is written in `hephaestus_host`'s page ("When something fails"):
//! [`Verdict`] is that table.

mod operate;
mod read;
mod resume;
mod start;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::InstanceId;
use hephaestus_host::Host;
use hephaestus_host::runner::{InstanceError, InstanceRef, StartError};
use hephaestus_host::store::StoreError;

use super::flows::Flows;
use crate::audit::Audit;
use crate::chance::Chance;
use crate::log::Log;
use crate::witness::Witness;

pub(super) use start::Request;

/// How long a client waits for an answer, unless it is in a hurry. Longer than any trouble that a run makes.
const PATIENCE: Duration = Duration::from_secs(600);

/// What an answer says about whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is durable.
    Done,
    /// Nothing was changed.
    NotDone,
    /// Nobody knows.
    Perhaps,
}

/// One user of hosts, over all rounds.
pub(super) struct Client {
    name: usize,
    chance: Chance,
    count: u64,
    requests: Vec<Request>,
    sent: Vec<resume::Sent>,
    timers: Vec<hephaestus_core::TimerId>,
    /// Instances that something was asked of that may still be done.
    loose: BTreeSet<InstanceId>,
}

/// What a client has in one round.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) host: Host,
    pub(super) audit: Arc<Audit>,
    pub(super) witness: Arc<Witness>,
    pub(super) flows: Arc<Flows>,
    pub(super) log: Log,
    pub(super) max_restarts: usize,
}

impl Client {
    pub(super) fn new(name: usize, chance: Chance) -> Self {
        Self {
            name,
            chance,
            count: 0,
            requests: Vec::new(),
            sent: Vec::new(),
            timers: Vec::new(),
            loose: BTreeSet::new(),
        }
    }

    /// Whatever was asked of the last host is done by now, or never will be.
    pub(super) fn begin_round(&mut self) {
        self.loose.clear();
        self.requests.iter_mut().for_each(Request::close);
        self.sent.iter_mut().for_each(resume::Sent::close);
    }

    /// One command after the other, until `is_over`.
    pub(super) async fn work(&mut self, desk: &Desk, is_over: impl Fn() -> bool) {
        let leisure = 1 + self.chance.below(60);
        while !is_over() {
            self.command(desk).await;
            // At least a millisecond: time passes only while everybody sleeps.
            tokio::time::sleep(Duration::from_millis(1 + self.chance.below(leisure))).await;
        }
    }

    async fn command(&mut self, desk: &Desk) {
        match self.chance.below(40) {
            0..=9 => self.start(desk).await,
            10..=22 => self.send(desk).await,
            23..=25 => self.schedule(desk).await,
            26 | 27 => self.cancel_timer(desk).await,
            28 => self.cancel(desk).await,
            29..=31 => self.retry(desk).await,
            32 => self.delete(desk).await,
            33 => self.deploy(desk).await,
            _ => self.read(desk).await,
        }
    }

    /// An id that no client has used before.
    fn fresh(&mut self, kind: char) -> String {
        self.count += 1;
        format!("c{}-{kind}{}", self.name, self.count)
    }

    /// One of the instances, mostly one that goes on; rarely one that doesn't exist.
    fn some_instance(&self, desk: &Desk) -> Option<InstanceId> {
        if self.chance.one_in(50) {
            let digits = format!("{:032x}", u128::from(self.chance.any()));
            return digits.parse().ok();
        }
        self.among(desk, |_| true)
    }

    /// One that no other client operates on: so what changes is what this one did.
    fn own_instance(&self, desk: &Desk) -> Option<InstanceId> {
        self.among(desk, |id| id.0.as_u128() % 3 == self.name as u128)
    }

    fn among(&self, desk: &Desk, is_meant: impl Fn(InstanceId) -> bool) -> Option<InstanceId> {
        let all = desk
            .audit
            .all(|id, book| (id, !book.state.status().is_terminal()));
        let all = all.into_iter().filter(|(id, _)| is_meant(*id));
        let (active, ended): (Vec<_>, Vec<_>) = all.partition(|(_, is_active)| *is_active);
        let chosen = match active.is_empty() || self.chance.one_in(5) {
            true => &ended,
            false => &active,
        };
        let last = chosen.len().checked_sub(1)?;
        Some(chosen[last - self.chance.index(last.min(12) + 1)].0)
    }

    /// How the instance is named: by its id, or as people call it.
    fn named(&self, desk: &Desk, instance: InstanceId) -> InstanceRef {
        let business = desk
            .audit
            .look(instance, |book| book.state.created().business_id.clone());
        match business {
            Some(business) if self.chance.one_in(6) => InstanceRef::Business(business),
            _ => InstanceRef::Id(instance),
        }
    }

    /// The answer. `None`: the client didn't wait for it, and what it asked for may still be done.
    async fn ask<T>(&self, desk: &Desk, what: &str, answer: impl Future<Output = T>) -> Option<T> {
        let hurries = self.chance.one_in(25);
        let patience = if hurries { self.chance.ms(15) } else { PATIENCE };
        let answer = tokio::time::timeout(patience, answer).await.ok();
        match (&answer, hurries) {
            (None, true) => desk.log.count("requests given up by their client"),
            (None, false) => desk
                .log
                .violation(format_args!("{what}: no answer within {PATIENCE:?}")),
            _ => {}
        }
        answer
    }

    fn told(&self, desk: &Desk, what: &str, answer: &dyn std::fmt::Debug) {
        let name = self.name;
        desk.log.trace(format_args!("client {name} {what}: {answer:?}"));
    }

    /// Compares what an answer says with what is durable: `was` it done before, `is` it now.
    fn judge(&self, desk: &Desk, what: &str, verdict: Option<Verdict>, (was, is): (bool, bool)) {
        let (is_broken, says) = match verdict {
            Some(Verdict::Done) => (!is, "it is done"),
            Some(Verdict::NotDone) => (was != is, "nothing was changed"),
            Some(Verdict::Perhaps) | None => (false, ""),
        };
        if is_broken {
            desk.log.violation(format_args!(
                "client {} {what}: the host says that {says}; durable before: {was}, now: {is}",
                self.name
            ));
        }
    }
}

fn of_store(error: &StoreError, desk: &Desk) -> Verdict {
    match error {
        StoreError::Unavailable { .. } => desk.log.count("answers: store not available"),
        StoreError::Closed => desk.log.count("answers: store closed"),
        StoreError::Unknown { .. } => {
            desk.log.count("answers: perhaps done");
            return Verdict::Perhaps;
        }
        other => desk.log.violation(format_args!("a client is told: {other}")),
    }
    Verdict::NotDone
}

fn of_start(error: &StartError, desk: &Desk) -> Verdict {
    match error {
        // Only a conflict that was told to come says so: ids are fresh.
        StartError::Store(StoreError::Damaged { .. }) => desk.log.count("answers: conflict at a start"),
        StartError::Store(error) => return of_store(error, desk),
        StartError::ComponentRemoved { .. } => desk.log.count("answers: component removed"),
        StartError::UnknownWorkflow { .. } => desk.log.count("answers: unknown workflow"),
        StartError::InvalidInput { .. } => desk.log.count("answers: invalid input"),
        StartError::AlreadyRunning { .. } => desk.log.count("answers: already running"),
        StartError::Load(_) => desk.log.count("answers: code can't be loaded"),
        StartError::ShuttingDown => desk.log.count("answers: shutting down"),
        other => desk.log.violation(format_args!("a client is told: {other}")),
    }
    Verdict::NotDone
}

fn of_instance(error: &InstanceError, desk: &Desk) -> Verdict {
    match error {
        InstanceError::Store(error) => return of_store(error, desk),
        InstanceError::Interrupted(_) => {
            desk.log.count("answers: interrupted");
            return Verdict::Perhaps;
        }
        InstanceError::TaskFailed(instance) => {
            desk.log.count("answers: task keeps failing");
            // The runner counts conflicts like crashes: somebody else writes to the instance.
            let crashes = desk.witness.crashes_of(*instance) + desk.witness.conflicts_of(*instance);
            if crashes <= desk.max_restarts {
                desk.log.violation(format_args!(
                    "{instance} was left alone after {crashes} crashes and conflicts, {} are allowed",
                    desk.max_restarts
                ));
            }
        }
        InstanceError::UnknownInstance(_) => desk.log.count("answers: unknown instance"),
        InstanceError::AmbiguousInstance { .. } => desk.log.count("answers: ambiguous name"),
        InstanceError::Refused(_) => desk.log.count("answers: refused"),
        InstanceError::PayloadTooLarge { .. } => desk.log.count("answers: payload too large"),
        InstanceError::AlreadyRunning { .. } => desk.log.count("answers: already running"),
        InstanceError::Load(_) => desk.log.count("answers: code can't be loaded"),
        InstanceError::ShuttingDown => desk.log.count("answers: shutting down"),
        other => desk.log.violation(format_args!("a client is told: {other}")),
    }
    Verdict::NotDone
}

/// What the answer to a request to an instance says.
fn verdict<T>(answer: Option<&Result<T, InstanceError>>, desk: &Desk) -> Option<Verdict> {
    match answer? {
        Ok(_) => Some(Verdict::Done),
        Err(error) => Some(of_instance(error, desk)),
    }
}
