//! The in-memory backend: for tests, simulations and runs that need no durability.
//!
//! Invariants: deterministic (ordered maps, no threads, no clock, no awaiting), so the same calls in the same order
//! give the same answers; and each write is checked before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hephaestus_core::engine::{Change, JournalEntry, Summary, Timer};
use hephaestus_core::{Digest, InstanceId, RequestId, TimerId, Timestamp, WorkflowName, WorkflowVersion};

mod removal;

use super::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};

/// Keeps everything in memory, and loses it with the process. [`close`](Store::close) keeps it: a test that stops a
/// host and starts another one on the same store sees what a durable store would show.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing panics while it holds the lock, so a poisoned one can't be half changed.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Tables {
    instances: BTreeMap<InstanceId, Instance>,
    requests: BTreeMap<RequestId, InstanceId>,
    unique_keys: BTreeMap<String, InstanceId>,
    timers: BTreeMap<TimerId, Timestamp>,
    timers_by_due: BTreeSet<DueTimer>,
    /// Those that have ended, by the time of their end.
    ended: BTreeSet<(Timestamp, InstanceId)>,
    /// How many instances of each version there are.
    pinned: BTreeMap<Version, usize>,
    versions: BTreeMap<Version, StoredVersion>,
    components: BTreeMap<Digest, Vec<u8>>,
}

type Version = (WorkflowName, WorkflowVersion);

#[derive(Debug)]
struct StoredVersion {
    deployed: DeployedVersion,
    /// When its component came.
    stored_at: Timestamp,
}

#[derive(Debug)]
struct Instance {
    summary: Summary,
    journal: Vec<JournalEntry>,
    request_id: Option<RequestId>,
}

impl Tables {
    fn write(&mut self, write: Write) -> WriteAnswer {
        if let Some(refused) = self.refusal(&write) {
            return refused;
        }
        match write {
            Write::Create { change, request_id } => self.create(change, request_id),
            Write::Append { instance, change, .. } => self.append(instance, change),
        }
        WriteAnswer::Committed
    }

    /// The checks, in the order of [`WriteAnswer`].
    fn refusal(&self, write: &Write) -> Option<WriteAnswer> {
        let found = self
            .instances
            .get(&write.instance())
            .map(|instance| instance.summary.version);
        let expected = match write {
            Write::Create { request_id, .. } => {
                if let Some(instance) = request_id.as_ref().and_then(|id| self.requests.get(id)) {
                    let instance = *instance;
                    return Some(WriteAnswer::RepeatedRequest { instance });
                }
                None
            }
            Write::Append { expected_version, .. } => Some(*expected_version),
        };
        if found != expected {
            return Some(WriteAnswer::Conflict { found });
        }
        let summary = &write.change().summary;
        if let Some(holder) = self.holder(summary) {
            return Some(WriteAnswer::AlreadyActive { holder });
        }
        let is_removed = matches!(write, Write::Create { .. }) && self.is_component_removed(summary);
        is_removed.then_some(WriteAnswer::ComponentRemoved)
    }

    /// The other instance that holds the unique key.
    fn holder(&self, summary: &Summary) -> Option<Box<Summary>> {
        let holder = self.unique_keys.get(summary.unique_key.as_ref()?)?;
        let other = Some(holder).filter(|holder| **holder != summary.instance)?;
        Some(Box::new(self.instances.get(other)?.summary.clone()))
    }

    fn is_component_removed(&self, summary: &Summary) -> bool {
        let version = (summary.workflow.clone(), summary.workflow_version);
        self.versions
            .get(&version)
            .is_some_and(|version| !self.components.contains_key(&version.deployed.digest))
    }

    fn create(&mut self, change: Change, request_id: Option<RequestId>) {
        let summary = change.summary;
        if let Some(request_id) = &request_id {
            self.requests.insert(request_id.clone(), summary.instance);
        }
        let version = (summary.workflow.clone(), summary.workflow_version);
        *self.pinned.entry(version).or_default() += 1;
        self.put_in(&summary);
        self.change_timers(summary.instance, change.timers_set, change.timers_cleared);
        let stored = Instance {
            journal: change.entries,
            request_id,
            summary,
        };
        self.instances.insert(stored.summary.instance, stored);
    }

    fn append(&mut self, instance: InstanceId, change: Change) {
        let Some(stored) = self.instances.get_mut(&instance) else {
            return; // It was there a moment ago, under the same lock.
        };
        stored.journal.extend(change.entries);
        let old = std::mem::replace(&mut stored.summary, change.summary.clone());
        let is_same = old.unique_key == change.summary.unique_key && old.ended_at == change.summary.ended_at;
        if !is_same {
            self.take_back(&old);
            self.put_in(&change.summary);
        }
        self.change_timers(instance, change.timers_set, change.timers_cleared);
    }

    fn change_timers(&mut self, instance: InstanceId, set: Vec<Timer>, cleared: Vec<u32>) {
        for number in cleared {
            self.clear_timer(TimerId { instance, number });
        }
        for timer in set {
            let id = TimerId {
                instance,
                number: timer.number,
            };
            self.clear_timer(id);
            self.timers.insert(id, timer.due);
            self.timers_by_due.insert(DueTimer { due: timer.due, id });
        }
    }

    /// Puts into the indices what can change with each write.
    fn put_in(&mut self, summary: &Summary) {
        if let Some(key) = &summary.unique_key {
            self.unique_keys.insert(key.clone(), summary.instance);
        }
        if let Some(at) = summary.ended_at {
            self.ended.insert((at, summary.instance));
        }
    }

    /// Removes from the indices what can change with each write.
    fn take_back(&mut self, summary: &Summary) {
        if let Some(key) = &summary.unique_key {
            self.unique_keys.remove(key);
        }
        if let Some(at) = summary.ended_at {
            self.ended.remove(&(at, summary.instance));
        }
    }

    fn clear_timer(&mut self, id: TimerId) {
        if let Some(due) = self.timers.remove(&id) {
            self.timers_by_due.remove(&DueTimer { due, id });
        }
    }

    fn query(&self, query: &Query) -> Page {
        let end = query.before.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self
            .instances
            .range((Bound::Unbounded, end))
            .rev()
            .map(|(_, instance)| &instance.summary)
            .filter(|summary| query.matches(summary))
            .take(query.limit)
            .cloned();
        Page {
            summaries: found.collect(),
            damaged: Vec::new(),
        }
    }
}

impl Query {
    fn matches(&self, summary: &Summary) -> bool {
        self.workflow
            .as_ref()
            .is_none_or(|workflow| *workflow == summary.workflow)
            && self
                .business_id
                .as_ref()
                .is_none_or(|id| *id == summary.business_id)
            && (self.statuses.is_empty() || self.statuses.contains(&summary.status))
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        writes.iter().try_for_each(Write::check)?;
        let mut tables = self.tables();
        Ok(writes.into_iter().map(|write| tables.write(write)).collect())
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        Ok(self
            .tables()
            .instances
            .get(&instance)
            .map(|instance| instance.journal.clone()))
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        Ok(self
            .tables()
            .instances
            .get(&instance)
            .map(|instance| instance.summary.clone()))
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        Ok(self.tables().query(&query))
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        let tables = self.tables();
        let due = tables.timers_by_due.iter().take_while(|timer| timer.due <= until);
        Ok(due.take(limit).copied().collect())
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.tables();
        Ok(tables
            .timers_by_due
            .iter()
            .map(|timer| timer.due)
            .find(|due| *due > after))
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        let mut tables = self.tables();
        Ok(tables.deploy(version, component))
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        let tables = self.tables();
        let mut versions: Vec<_> = tables
            .versions
            .values()
            .map(|version| &version.deployed)
            .filter(|deployed| workflow.is_none_or(|workflow| *workflow == deployed.workflow))
            .cloned()
            .collect();
        versions.sort_by(|a, b| a.workflow.cmp(&b.workflow).then(b.version.cmp(&a.version)));
        Ok(versions)
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables().components.get(&digest).cloned())
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        Ok(self.tables().delete(instance))
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        Ok(self.tables().purge(ended_before, limit.max(1)))
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
