//! A store that fails when told to: for tests of what stands above a store.
//!
//! It is part of the library because faults are injected through the same trait that production uses, and because
//! embedders have the same need. It wraps any store; without orders it changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Timestamp, WorkflowName};
use tokio::sync::watch;

use super::{
    DamagedSummary, DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store,
    StoreError, Write, WriteAnswer,
};

/// How one call of [`Store::write`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done: [`StoreError::Unavailable`].
    Refused,
    /// Nothing is done, and nobody can tell: [`StoreError::Unknown`].
    Lost,
    /// All is done, and nobody can tell: [`StoreError::Unknown`].
    Unacknowledged,
    /// Nothing is done: [`StoreError::Damaged`].
    Damaged,
    /// Nothing is done, as if another owner was faster: [`WriteAnswer::Conflict`], for each write of the batch.
    Conflict,
}

/// A store that fails when told to.
#[derive(Clone)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
    stalled: Arc<watch::Sender<bool>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Calls of `write` so far.
    writes: u64,
    /// By the number of the call, from 1.
    faults: BTreeMap<u64, Fault>,
    down: bool,
    /// Whose summary can't be read.
    damaged: BTreeSet<InstanceId>,
    /// Which components have other bytes.
    damaged_components: BTreeSet<Digest>,
}

impl FaultyStore {
    /// Wraps `inner`. Clones share their orders.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            plan: Arc::default(),
            stalled: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Lets the `nth` call of `write` from now on (1: the next one) fail.
    pub fn fail_write(&self, nth: u64, fault: Fault) {
        let mut plan = self.plan();
        let number = plan.writes.saturating_add(nth);
        plan.faults.insert(number, fault);
    }

    /// While down, every call is refused with [`StoreError::Unavailable`] and nothing is done.
    pub fn set_down(&self, down: bool) {
        self.plan().down = down;
    }

    /// From now on the summary of `instance` can't be read; its journal can.
    pub fn damage_summary(&self, instance: InstanceId) {
        self.plan().damaged.insert(instance);
    }

    /// From now on the component `digest` has other bytes.
    pub fn damage_component(&self, digest: Digest) {
        self.plan().damaged_components.insert(digest);
    }

    /// While stalled, calls of `write` wait before they do anything.
    pub fn set_stalled(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    /// How often `write` was called.
    pub fn writes(&self) -> u64 {
        self.plan().writes
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn up(&self) -> Result<&dyn Store, StoreError> {
        if self.plan().down {
            let reason = "it was told to be down".to_owned();
            return Err(StoreError::Unavailable { reason });
        }
        Ok(&*self.inner)
    }

    fn next_fault(&self) -> Option<Fault> {
        let mut plan = self.plan();
        plan.writes += 1;
        let number = plan.writes;
        plan.faults.remove(&number)
    }
}

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultyStore")
            .field("plan", &*self.plan())
            .field("stalled", &*self.stalled.borrow())
            .finish_non_exhaustive()
    }
}

fn damage(instance: InstanceId) -> String {
    format!("the summary of instance {instance} was told to be damaged")
}

#[async_trait]
impl Store for FaultyStore {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let fault = self.next_fault();
        // The sender lives as long as `self`: there is no error.
        let _ = self.stalled.subscribe().wait_for(|stalled| !stalled).await;
        let store = self.up()?;
        let unknown = |reason: &str| {
            Err(StoreError::Unknown {
                reason: reason.to_owned(),
            })
        };
        match fault {
            None => store.write(writes).await,
            Some(Fault::Refused) => {
                let reason = "it was told to refuse".to_owned();
                Err(StoreError::Unavailable { reason })
            }
            Some(Fault::Damaged) => {
                let reason = "it was told to be damaged".to_owned();
                Err(StoreError::Damaged { reason })
            }
            Some(Fault::Lost) => unknown("it was told to lose the batch"),
            Some(Fault::Conflict) => Ok(vec![WriteAnswer::Conflict { found: None }; writes.len()]),
            Some(Fault::Unacknowledged) => {
                store.write(writes).await?;
                unknown("it was told to keep the answer to itself")
            }
        }
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.up()?.journal(instance).await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        let store = self.up()?;
        if self.plan().damaged.contains(&instance) {
            let reason = damage(instance);
            return Err(StoreError::Damaged { reason });
        }
        store.summary(instance).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        let mut page = self.up()?.query(query).await?;
        let damaged = &self.plan().damaged;
        page.summaries.retain(|summary| {
            let instance = summary.instance;
            let is_damaged = damaged.contains(&instance);
            if is_damaged {
                let reason = damage(instance);
                page.damaged.push(DamagedSummary { instance, reason });
            }
            !is_damaged
        });
        page.damaged
            .sort_unstable_by_key(|damaged| std::cmp::Reverse(damaged.instance));
        Ok(page)
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.up()?.due_timers(until, limit).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.up()?.next_timer(after).await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        self.up()?.deploy(version, component).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        self.up()?.versions(workflow).await
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let mut component = self.up()?.component(digest).await?;
        if self.plan().damaged_components.contains(&digest) {
            component.get_or_insert_default().push(b' ');
        }
        Ok(component)
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.up()?.delete(instance).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.up()?.purge(ended_before, limit).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let _ = self.stalled.subscribe().wait_for(|stalled| !stalled).await;
        self.inner.close().await
    }
}
