//! A store whose calls take no time: while one is under way, its caller's thread does nothing else. So paused time stands
//! still for a store that works in threads of its own.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Timestamp, WorkflowName};
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};

use super::Layer;

/// See the head of this module.
pub struct AtOnce(pub Arc<dyn Store>);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks this thread until the call is answered.
fn wait<T>(call: impl Future<Output = T>) -> T {
    // Without a budget: it would be given back only where this thread awaits, and it doesn't.
    let mut call = pin!(tokio::task::unconstrained(call));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[async_trait]
impl Layer for AtOnce {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.0
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        wait(self.0.write(writes))
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        wait(self.0.journal(instance))
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        wait(self.0.summary(instance))
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        wait(self.0.query(query))
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        wait(self.0.due_timers(until, limit))
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        wait(self.0.next_timer(after))
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        wait(self.0.deploy(version, component))
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        wait(self.0.versions(workflow))
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        wait(self.0.component(digest))
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        wait(self.0.delete(instance))
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        wait(self.0.purge(ended_before, limit))
    }

    async fn close(&self) -> Result<(), StoreError> {
        wait(self.0.close())
    }
}

impl std::fmt::Debug for AtOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AtOnce").finish_non_exhaustive()
    }
}
