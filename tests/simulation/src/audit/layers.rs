//! The audit's two layers in the store: one right above what is durable, one right below the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{InstanceId, Timestamp};
use hephaestus_host::store::{DeleteAnswer, Purged, Store, StoreError, Write, WriteAnswer};

use super::Audit;
use crate::stores::Layer;

/// Checks after each write what the store holds then.
pub struct Audited {
    audit: Arc<Audit>,
    inner: Arc<dyn Store>,
}

impl Audited {
    /// Over `inner`.
    pub fn new(audit: Arc<Audit>, inner: Arc<dyn Store>) -> Self {
        Self { audit, inner }
    }

    fn check(&self, writes: &[Write], result: &Result<Vec<WriteAnswer>, StoreError>) {
        let instances: Vec<InstanceId> = writes.iter().map(Write::instance).collect();
        let versions = |audit: &Audit| -> Vec<Option<usize>> {
            let version = |id: &InstanceId| audit.look(*id, |book| book.journal.len());
            instances.iter().map(version).collect()
        };
        let before = versions(&self.audit);
        self.audit.sync(&instances);
        let after = versions(&self.audit);
        let Ok(answers) = result else { return };
        let log = &self.audit.log;
        for (at, (write, answer)) in writes.iter().zip(answers).enumerate() {
            let entries = &write.change().entries;
            let id = write.instance();
            log.trace(format_args!("write {id} {} entries: {answer:?}", entries.len()));
            log.count("writes");
            if *answer == WriteAnswer::Committed {
                log.add("entries", entries.len() as u64);
                let is_there = self.audit.look(id, |book| {
                    let first = entries.first().map_or(0, |entry| entry.seq);
                    let from = book.journal.partition_point(|entry| entry.seq < first);
                    book.journal[from..].starts_with(entries)
                });
                if is_there != Some(true) {
                    log.violation(format_args!(
                        "{id}: a committed write isn't in the store: {entries:?}"
                    ));
                }
            } else if before[at] != after[at] && instances.iter().filter(|one| **one == id).count() == 1 {
                log.violation(format_args!(
                    "{id}: a write that was answered {answer:?} changed it"
                ));
            }
        }
    }
}

#[async_trait]
impl Layer for Audited {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let result = self.inner.write(writes.clone()).await;
        self.check(&writes, &result);
        result
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        let result = self.inner.delete(instance).await;
        let log = &self.audit.log;
        log.trace(format_args!("delete {instance}: {result:?}"));
        log.add(
            "instances deleted",
            u64::from(result == Ok(DeleteAnswer::Deleted)),
        );
        self.audit.check_removed(|id, _| id == instance);
        result
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        let result = self.inner.purge(ended_before, limit).await;
        let log = &self.audit.log;
        if let Ok(purged) = &result
            && *purged != Purged::default()
        {
            log.trace(format_args!("purge before {}: {purged:?}", ended_before.0));
            log.add("instances purged", purged.instances as u64);
            log.add("components purged", purged.components as u64);
        }
        self.audit.check_removed(|_, book| {
            let ended_at = book.state.ended_at();
            ended_at.is_some_and(|ended_at| ended_at < ended_before)
        });
        result
    }
}

/// Sees what the host asks for and what it is told.
pub struct Front {
    audit: Arc<Audit>,
    inner: Arc<dyn Store>,
    reading: Arc<AtomicU64>,
    is_closed: AtomicBool,
}

impl Front {
    /// Over `inner`, for one host.
    pub fn new(audit: Arc<Audit>, inner: Arc<dyn Store>) -> Self {
        Self {
            audit,
            inner,
            reading: Arc::default(),
            is_closed: AtomicBool::new(false),
        }
    }

    fn check_open(&self, call: &str) {
        if self.is_closed.load(Ordering::SeqCst) {
            let log = &self.audit.log;
            log.violation(format_args!(
                "the host calls `{call}` after it has closed the store"
            ));
        }
    }
}

/// Counts a read as under way until it ends or is given up.
struct Reading(Arc<AtomicU64>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Layer for Front {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.check_open("write");
        let instances: Vec<InstanceId> = writes.iter().map(Write::instance).collect();
        self.audit.log.most("largest batch", instances.len() as u64);
        self.audit.books().unsettled.extend(&instances);
        let result = self.inner.write(writes).await;
        let now = self.audit.log.now();
        let mut books = self.audit.books();
        books
            .answered
            .extend(instances.iter().map(|instance| (*instance, now)));
        let answers = result.as_deref().unwrap_or_default();
        for (instance, answer) in instances.iter().zip(answers) {
            if matches!(answer, WriteAnswer::Conflict { .. }) {
                *books.conflicts.entry(*instance).or_default() += 1;
            } else {
                books.unsettled.remove(instance);
            }
        }
        if matches!(result, Err(StoreError::Unavailable { .. })) {
            for instance in &instances {
                books.unsettled.remove(instance);
            }
        }
        drop(books);
        result
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        let reading = self.reading.fetch_add(1, Ordering::SeqCst) + 1;
        let _reading = Reading(Arc::clone(&self.reading));
        self.audit.log.most("most journals read at once", reading);
        self.inner.journal(instance).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.is_closed.store(true, Ordering::SeqCst);
        self.inner.close().await
    }
}

impl std::fmt::Debug for Audited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audited").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").finish_non_exhaustive()
    }
}
