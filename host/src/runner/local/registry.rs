//! Which instances are resident: have a task, which owns them.
//!
//! Invariants: an instance has at most one slot, a slot has one task. A slot is given up only while nobody holds a
//! lease on it, so a request is never sent to a task that has decided to park.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use hephaestus_core::{InstanceId, Timestamp};
use tokio::sync::{Notify, mpsc};

use super::activity::Activity;
use super::lock;
use super::mailbox::{Reply, Request, Verb};
use super::supervisor::Intensity;
use crate::runner::InstanceError;

/// The resident instances, and those whose task was given up.
#[derive(Debug, Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    slots: HashMap<InstanceId, Slot>,
    generations: u64,
    /// Crashes that count still, also of instances that have parked since.
    crashes: BTreeMap<InstanceId, Intensity>,
    left_alone: BTreeMap<InstanceId, String>,
    is_closed: bool,
}

#[derive(Debug)]
struct Slot {
    generation: u64,
    requests: mpsc::Sender<Request>,
    leases: usize,
    activity: Arc<Mutex<Activity>>,
}

/// The right to talk to the task of an instance, which doesn't park meanwhile.
#[derive(Debug)]
pub(super) struct Lease {
    registry: Arc<Registry>,
    instance: InstanceId,
    generation: u64,
    requests: mpsc::Sender<Request>,
}

/// What the task of a new slot gets.
#[derive(Debug)]
pub(super) struct Residence {
    pub(super) mailbox: mpsc::Receiver<Request>,
    pub(super) activity: Arc<Mutex<Activity>>,
}

impl Registry {
    /// Leases the slot of `instance`. If there was none: a new one, whose task the caller starts.
    pub(super) fn lease(
        self: &Arc<Self>,
        instance: InstanceId,
        max_mailbox: usize,
    ) -> Result<(Lease, Option<Residence>), InstanceError> {
        let mut inner = lock(&self.inner);
        if inner.is_closed {
            return Err(InstanceError::ShuttingDown);
        }
        if inner.left_alone.contains_key(&instance) {
            return Err(InstanceError::TaskFailed(instance));
        }
        let residence = if inner.slots.contains_key(&instance) {
            None
        } else {
            Some(inner.open_slot(instance, max_mailbox))
        };
        let lease = match inner.slots.get_mut(&instance) {
            Some(slot) => slot.lease(Arc::clone(self), instance),
            None => return Err(InstanceError::ShuttingDown),
        };
        Ok((lease, residence))
    }

    /// Gives up the slot of an instance with nothing to do, unless somebody is about to talk to it.
    pub(super) fn retire(&self, instance: InstanceId) -> bool {
        let mut inner = lock(&self.inner);
        let is_leased = inner.slots.get(&instance).is_some_and(|slot| slot.leases > 0);
        if !is_leased {
            self.close_slot(&mut inner, instance);
        }
        !is_leased
    }

    /// Gives up the slot in any case; those who hold a lease find its mailbox closed.
    pub(super) fn evict(&self, instance: InstanceId) {
        self.close_slot(&mut lock(&self.inner), instance);
    }

    /// Evicts an instance whose task keeps failing: it gets no other task in this process.
    pub(super) fn leave_alone(&self, instance: InstanceId, reason: String) {
        let mut inner = lock(&self.inner);
        inner.left_alone.insert(instance, reason);
        self.close_slot(&mut inner, instance);
    }

    /// Why an instance was left alone, if it was.
    pub(super) fn why_left_alone(&self, instance: InstanceId) -> Option<String> {
        lock(&self.inner).left_alone.get(&instance).cloned()
    }

    /// Counts a crash; answers how many count now. See [`Intensity`].
    pub(super) fn count_crash(
        &self,
        instance: InstanceId,
        now: Timestamp,
        window: std::time::Duration,
    ) -> usize {
        let mut inner = lock(&self.inner);
        inner
            .crashes
            .retain(|_, intensity| intensity.forget(now, window) > 0);
        inner.crashes.entry(instance).or_default().note(now)
    }

    /// The instances that have a task now, in the order of their ids.
    pub(super) fn residents(&self) -> Vec<InstanceId> {
        let mut residents: Vec<_> = lock(&self.inner).slots.keys().copied().collect();
        residents.sort_unstable();
        residents
    }

    /// The numbers of a resident instance.
    pub(super) fn activity(&self, instance: InstanceId) -> Option<Activity> {
        let inner = lock(&self.inner);
        inner.slots.get(&instance).map(|slot| *lock(&slot.activity))
    }

    /// Hands out no more leases.
    pub(super) fn close(&self) {
        let mut inner = lock(&self.inner);
        inner.is_closed = true;
        if inner.slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Returns when no instance is resident any more. Call it after [`Self::close`].
    pub(super) async fn emptied(&self) {
        let notified = self.emptied.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        if lock(&self.inner).slots.is_empty() {
            return;
        }
        notified.await;
    }

    fn close_slot(&self, inner: &mut Inner, instance: InstanceId) {
        inner.slots.remove(&instance);
        if inner.is_closed && inner.slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }
}

impl Inner {
    fn open_slot(&mut self, instance: InstanceId, max_mailbox: usize) -> Residence {
        let (requests, mailbox) = mpsc::channel(max_mailbox);
        let activity = Arc::new(Mutex::new(Activity {
            is_resident: true,
            ..Activity::default()
        }));
        self.generations += 1;
        let slot = Slot {
            generation: self.generations,
            requests,
            leases: 0,
            activity: Arc::clone(&activity),
        };
        self.slots.insert(instance, slot);
        Residence { mailbox, activity }
    }
}

impl Slot {
    fn lease(&mut self, registry: Arc<Registry>, instance: InstanceId) -> Lease {
        self.leases += 1;
        Lease {
            registry,
            instance,
            generation: self.generation,
            requests: self.requests.clone(),
        }
    }
}

impl Lease {
    /// Puts a request into the mailbox, as soon as there is room. `false`: the task is gone and never saw it.
    pub(super) async fn send(self, verb: Verb, reply: Reply) -> bool {
        let requests = self.requests.clone();
        let lease = self;
        requests.send(Request { verb, reply, lease }).await.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut inner = lock(&self.registry.inner);
        if let Some(slot) = inner.slots.get_mut(&self.instance)
            && slot.generation == self.generation
        {
            slot.leases -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(registry: &Arc<Registry>) -> (Lease, Option<Residence>) {
        registry.lease(InstanceId(uuid::Uuid::nil()), 1).unwrap()
    }

    #[test]
    fn a_slot_is_not_given_up_while_somebody_is_about_to_talk_to_it() {
        let (registry, instance) = (Arc::<Registry>::default(), InstanceId(uuid::Uuid::nil()));
        let (first, residence) = lease(&registry);
        assert!(residence.is_some(), "whoever comes first starts the task");
        let (second, none) = lease(&registry);
        assert!(none.is_none(), "and nobody else does");
        drop(first);
        assert!(!registry.retire(instance));
        drop(second);
        assert!(registry.retire(instance));
        assert_eq!(registry.residents(), []);
    }

    #[test]
    fn a_lease_on_a_slot_that_is_gone_does_not_count_for_the_next_one() {
        let (registry, instance) = (Arc::<Registry>::default(), InstanceId(uuid::Uuid::nil()));
        let (stale, _) = lease(&registry);
        registry.evict(instance);
        let (fresh, _) = lease(&registry);
        drop(stale);
        assert!(!registry.retire(instance), "the fresh lease counts still");
        drop(fresh);
        assert!(registry.retire(instance));
    }

    #[test]
    fn who_is_left_alone_gets_no_task_and_nobody_does_after_the_close() {
        let (registry, instance) = (Arc::<Registry>::default(), InstanceId(uuid::Uuid::nil()));
        registry.leave_alone(instance, "it crashes".to_owned());
        assert!(matches!(
            registry.lease(instance, 1),
            Err(InstanceError::TaskFailed(_))
        ));
        registry.close();
        assert!(matches!(
            registry.lease(instance, 1),
            Err(InstanceError::ShuttingDown)
        ));
    }
}
