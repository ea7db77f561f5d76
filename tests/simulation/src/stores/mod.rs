//! Layers that are put over a store. Each changes some of its calls; the others go through as they are.

mod at_once;
mod planted;
mod slow;

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Timestamp, WorkflowName};
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};

pub use at_once::AtOnce;
pub use planted::{Plant, Planted};
pub use slow::{CrashPoint, Slow};

/// What a layer changes. Each call goes to [`Self::inner`] unless the layer says otherwise.
#[async_trait]
#[expect(missing_docs, reason = "the calls are those of `Store`")]
pub trait Layer: Send + Sync + 'static {
    fn inner(&self) -> &Arc<dyn Store>;

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.inner().write(writes).await
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.inner().journal(instance).await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.inner().summary(instance).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.inner().query(query).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.inner().due_timers(until, limit).await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        self.inner().deploy(version, component).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.inner().next_timer(after).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        self.inner().versions(workflow).await
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner().component(digest).await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.inner().delete(instance).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.inner().purge(ended_before, limit).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner().close().await
    }
}

/// A store with a layer over it.
#[derive(Debug)]
pub struct Over<L>(pub L);

#[async_trait]
impl<L: Layer> Store for Over<L> {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.0.write(writes).await
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.0.journal(instance).await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.0.summary(instance).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.0.query(query).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.0.due_timers(until, limit).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.0.next_timer(after).await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        self.0.deploy(version, component).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        self.0.versions(workflow).await
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.component(digest).await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.0.delete(instance).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.0.purge(ended_before, limit).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.0.close().await
    }
}
