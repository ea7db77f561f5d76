//! Calls that take time, before and after they are done: so crashes and other inputs come in between. And the crash
//! that comes at a call itself, before or after it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{InstanceId, Timestamp};
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};
use tokio::sync::Notify;

use super::Layer;
use crate::chance::Chance;

/// Where a host dies: at its nth call that changes the store.
#[derive(Debug, Default)]
pub struct CrashPoint {
    /// Half steps until the crash: each call has one before it is done, and one after. Negative: no crash is planned.
    left: AtomicI64,
    reached: Notify,
}

impl CrashPoint {
    /// No crash.
    pub fn never() -> Arc<Self> {
        let point = Self::default();
        point.left.store(-1, Ordering::SeqCst);
        Arc::new(point)
    }

    /// Plans the crash for the half step after `halves` others.
    pub fn plan(&self, halves: u32) {
        self.left.store(i64::from(halves), Ordering::SeqCst);
    }

    /// Returns when the crash is to happen.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// One half step. At the crash it doesn't return: nothing follows from the call.
    pub async fn pass(&self) {
        if self.left.load(Ordering::SeqCst) < 0 {
            return;
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// A store that takes its time.
pub struct Slow {
    inner: Arc<dyn Store>,
    chance: Chance,
    crash: Arc<CrashPoint>,
    /// No call takes longer, in milliseconds; 0: none takes any time.
    slowest_ms: u64,
    /// Whether calls that remove, or deploy, fail now and then; [`FaultyStore`] has that for writes.
    ///
    /// [`FaultyStore`]: hephaestus_host::store::faulty::FaultyStore
    fails: bool,
}

impl Slow {
    /// Calls of `inner` take up to some milliseconds.
    pub fn new(inner: Arc<dyn Store>, chance: Chance, crash: Arc<CrashPoint>) -> Self {
        let slowest_ms = chance.below(6);
        Self {
            inner,
            chance,
            crash,
            slowest_ms,
            fails: false,
        }
    }

    /// The same, whose rare calls fail now and then.
    pub fn failing(mut self, fails: bool) -> Self {
        self.fails = fails;
        self
    }

    /// A call that changes something, and is rare.
    async fn change<T>(&self, done: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let unknown = |reason: &str| {
            Err(StoreError::Unknown {
                reason: reason.to_owned(),
            })
        };
        self.pause().await;
        self.crash.pass().await;
        let fate = if self.fails { self.chance.below(16) } else { 16 };
        if fate == 0 {
            return unknown("it was told to lose this");
        }
        let answer = done.await;
        self.crash.pass().await;
        self.pause().await;
        match fate {
            1 => unknown("it was told to keep the answer to itself"),
            _ => answer,
        }
    }

    async fn pause(&self) {
        let pause = self.chance.ms(self.slowest_ms + 1);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

#[async_trait]
impl Layer for Slow {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.pause().await;
        self.crash.pass().await;
        let answers = self.inner.write(writes).await;
        self.crash.pass().await;
        self.pause().await;
        answers
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.pause().await;
        let journal = self.inner.journal(instance).await;
        self.pause().await;
        journal
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.pause().await;
        self.inner.query(query).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.pause().await;
        let due = self.inner.due_timers(until, limit).await;
        self.pause().await;
        due
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        self.change(self.inner.deploy(version, component)).await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.change(self.inner.delete(instance)).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.change(self.inner.purge(ended_before, limit)).await
    }
}

impl std::fmt::Debug for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slow").finish_non_exhaustive()
    }
}
