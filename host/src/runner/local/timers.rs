//! Durable timers: what is due is delivered to the instances' tasks.
//!
//! The store has all timers; the near ones are in memory, in an [`Agenda`]. Late rather than never: a timer that can't be
//! delivered is tried again. Once: the engine takes no notice of a number that isn't set any more. No storm: at most
//! `max_firing_timers` are delivered at the same time and about a `page` is in memory, however many are due at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use hephaestus_core::engine::{Input, Timer};
use hephaestus_core::{InstanceId, TimerId, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::mailbox::{Verb, ask};
use super::recovery::Recovery;
use super::{Phase, Shared, lock};
use crate::runner::InstanceError;
use crate::store::{DueTimer, StoreError};

const END_OF_TIME: Timestamp = Timestamp(u64::MAX);

/// The timers in memory, and the alarm for the task that delivers them.
#[derive(Debug)]
pub(super) struct Timers {
    agenda: Mutex<Agenda>,
    changed: Notify,
}

impl Timers {
    pub(super) fn new(recovery: Recovery) -> Self {
        // Without recovery of all instances nothing is read from the store: what is in memory is all there is.
        let horizon = match recovery {
            Recovery::All => Timestamp(0),
            Recovery::Activated => END_OF_TIME,
        };
        Self {
            agenda: Mutex::new(Agenda::new(horizon)),
            changed: Notify::new(),
        }
    }

    /// These timers of an instance are set; they may be known.
    pub(super) fn set<'a>(&self, instance: InstanceId, timers: impl ExactSizeIterator<Item = &'a Timer>) {
        if timers.len() == 0 {
            return; // The usual case: all instances share the lock.
        }
        let mut agenda = lock(&self.agenda);
        let first = agenda.first();
        for timer in timers {
            let id = TimerId {
                instance,
                number: timer.number,
            };
            if timer.due <= agenda.horizon {
                agenda.insert(DueTimer { due: timer.due, id });
            }
        }
        if agenda.first() != first {
            self.changed.notify_one();
        }
    }

    /// These timers of an instance aren't set any more.
    pub(super) fn clear(&self, instance: InstanceId, numbers: &[u32]) {
        if numbers.is_empty() {
            return;
        }
        let mut agenda = lock(&self.agenda);
        for &number in numbers {
            agenda.remove(TimerId { instance, number });
        }
    }
}

/// Timers in memory, in the order in which they are to be delivered.
#[derive(Debug)]
struct Agenda {
    queue: BTreeSet<DueTimer>,
    /// When each timer of `queue` is to be delivered.
    due: BTreeMap<TimerId, Timestamp>,
    /// Timers that are being delivered; with the time when it is due, one that was found to be set meanwhile.
    firing: BTreeMap<TimerId, Option<Timestamp>>,
    /// How often the delivery of a timer failed.
    failures: BTreeMap<TimerId, u32>,
    /// Timers of instances that were left alone: not again in this process.
    given_up: BTreeSet<TimerId>,
    /// Up to here, all timers of the store that nothing above knows were read.
    horizon: Timestamp,
}

impl Agenda {
    fn new(horizon: Timestamp) -> Self {
        Self {
            queue: BTreeSet::new(),
            due: BTreeMap::new(),
            firing: BTreeMap::new(),
            failures: BTreeMap::new(),
            given_up: BTreeSet::new(),
            horizon,
        }
    }

    fn first(&self) -> Option<Timestamp> {
        self.queue.first().map(|timer| timer.due)
    }

    fn insert(&mut self, timer: DueTimer) {
        // The delivery may have come too late for the old one, and a retry by an operator may have set it again.
        if let Some(again) = self.firing.get_mut(&timer.id) {
            *again = Some(timer.due);
            return;
        }
        let is_known = self.due.contains_key(&timer.id) || self.given_up.contains(&timer.id);
        if !is_known {
            self.due.insert(timer.id, timer.due);
            self.queue.insert(timer);
        }
    }

    fn remove(&mut self, id: TimerId) {
        self.failures.remove(&id);
        if let Some(again) = self.firing.get_mut(&id) {
            *again = None;
        }
        if let Some(due) = self.due.remove(&id) {
            self.queue.remove(&DueTimer { due, id });
        }
    }

    /// The next timer to deliver.
    fn take_due(&mut self, now: Timestamp) -> Option<TimerId> {
        let timer = *self.queue.first().filter(|timer| timer.due <= now)?;
        self.queue.remove(&timer);
        self.due.remove(&timer.id);
        self.firing.insert(timer.id, None);
        Some(timer.id)
    }

    fn delivered(&mut self, id: TimerId) {
        self.failures.remove(&id);
        if let Some(Some(due)) = self.firing.remove(&id) {
            self.insert(DueTimer { due, id });
        }
    }

    fn give_up(&mut self, id: TimerId) {
        self.firing.remove(&id);
        self.failures.remove(&id);
        self.given_up.insert(id);
    }

    /// How often in a row the delivery of `id` has failed by now.
    fn failed(&mut self, id: TimerId) -> u32 {
        self.firing.remove(&id);
        let failures = self.failures.entry(id).or_default();
        *failures = failures.saturating_add(1);
        *failures
    }

    /// Timers in memory that a scan of the store will find again.
    fn known(&self) -> usize {
        self.queue.len() + self.firing.len() + self.given_up.len()
    }

    /// Whether there is room to read more timers; those that wait to be tried again don't count.
    fn has_room(&self, page: usize) -> bool {
        self.queue.len().saturating_sub(self.failures.len()) <= page / 2
    }
}

/// Delivers timers until the runner ends.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut firing = JoinSet::new();
    let mut scan = Scan {
        not_before: Timestamp(0),
        failures: 0,
    };
    loop {
        scan.go_on(&shared).await;
        let now = shared.clock.now();
        while firing.len() < shared.limits.max_firing_timers {
            let Some(timer) = lock(&shared.timers.agenda).take_due(now) else {
                break;
            };
            firing.spawn(fire(Arc::clone(&shared), timer));
        }
        let alarm = alarm(&shared, &scan, firing.len());
        tokio::select! {
            biased;
            () = shared.phase.reached(Phase::Draining) => return,
            Some(_) = firing.join_next() => {}
            () = shared.timers.changed.notified() => {}
            () = shared.clock.sleep_until(alarm.unwrap_or(Timestamp(0))), if alarm.is_some() => {}
        }
    }
}

/// When to look again although nothing changes.
fn alarm(shared: &Shared, scan: &Scan, firing: usize) -> Option<Timestamp> {
    if firing >= shared.limits.max_firing_timers {
        return None; // The next delivery that ends makes room.
    }
    let agenda = lock(&shared.timers.agenda);
    let scans_again = agenda.horizon < END_OF_TIME && agenda.has_room(shared.limits.page);
    let scan = scans_again.then(|| agenda.horizon.max(scan.not_before));
    agenda.first().into_iter().chain(scan).min()
}

/// Reads what comes due next from the store.
#[derive(Debug)]
struct Scan {
    not_before: Timestamp,
    failures: u32,
}

impl Scan {
    /// Reads a page when everything that was read before is due.
    async fn go_on(&mut self, shared: &Shared) {
        let now = shared.clock.now();
        let page = shared.limits.page;
        let (horizon, known) = {
            let agenda = lock(&shared.timers.agenda);
            if now < agenda.horizon || now < self.not_before || !agenda.has_room(page) {
                return;
            }
            (agenda.horizon, agenda.known())
        };
        let until = now.after(shared.limits.timer_horizon);
        let limit = page.saturating_add(known);
        match self.read(shared, until, limit).await {
            Ok(found) => {
                self.failures = 0;
                let mut agenda = lock(&shared.timers.agenda);
                // A page that is full may end within an instant: the next one begins with the same.
                let read_up_to = match found.last() {
                    Some(last) if found.len() >= limit => last.due.max(horizon),
                    _ => until,
                };
                agenda.horizon = read_up_to;
                found.into_iter().for_each(|timer| agenda.insert(timer));
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                self.not_before = now.after(shared.limits.pause(self.failures));
                if !shared.health.explains(&error) {
                    tracing::warn!(%error, failures = self.failures, "timers can't be read now");
                }
            }
        }
    }

    /// Timers may be set while the store is read: until it is over, all up to `until` count as near.
    async fn read(
        &self,
        shared: &Shared,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTimer>, StoreError> {
        let before = std::mem::replace(&mut lock(&shared.timers.agenda).horizon, until);
        let found = shared.store.due_timers(until, limit).await;
        shared.health.read(&*shared.clock, None, &found);
        if found.is_err() {
            lock(&shared.timers.agenda).horizon = before;
        }
        found
    }
}

async fn fire(shared: Arc<Shared>, timer: TimerId) {
    let input = Input::TimerDue {
        number: timer.number,
        routing: None,
    };
    let answer = ask(&shared, timer.instance, Verb::Input(Box::new(input))).await;
    let mut agenda = lock(&shared.timers.agenda);
    match answer {
        Ok(_) => agenda.delivered(timer),
        Err(InstanceError::ShuttingDown) => agenda.delivered(timer),
        // The instance has ended, or the timer was cleared in this moment.
        Err(InstanceError::Refused(_)) => agenda.delivered(timer),
        // It has ended, and was deleted in this moment; its timers with it.
        Err(InstanceError::UnknownInstance(_)) => agenda.give_up(timer),
        Err(error) if is_hopeless(&error) => {
            tracing::error!(%timer, %error, "a timer is given up until the host restarts");
            agenda.give_up(timer);
        }
        Err(error) => {
            let failures = agenda.failed(timer);
            let again = shared.clock.now().after(shared.limits.pause(failures));
            if !matches!(&error, InstanceError::Store(error) if shared.health.explains(error)) {
                tracing::warn!(%timer, %error, failures, "a timer can't be delivered now");
            }
            agenda.insert(DueTimer {
                due: again,
                id: timer,
            });
        }
    }
}

/// Whether the timer's instance can't be reached as long as nobody mends something.
fn is_hopeless(error: &InstanceError) -> bool {
    match error {
        InstanceError::TaskFailed(_) | InstanceError::Store(StoreError::Damaged { .. }) => true,
        InstanceError::Load(error) => !error.is_passing(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
