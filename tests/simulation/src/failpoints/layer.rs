//! The store that fails at one point.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Timestamp, WorkflowName};
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};
use tokio::sync::Notify;

use super::action::{Action, actions};
use crate::stores::Layer;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The host dies before it is done.
    CrashBefore,
    /// The host dies after it is done, before it is answered.
    CrashAfter,
    /// Nothing is done, and the store says so.
    Refused,
    /// Nothing is done, and nobody can tell.
    Lost,
    /// It is done, and nobody can tell.
    Unacknowledged,
    /// Nothing is done, as if another owner was faster.
    Conflict,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Refused,
        Self::Lost,
        Self::Unacknowledged,
        Self::Conflict,
    ];
}

/// A call of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// It writes instances.
    Write,
    /// It stores a component.
    Deploy,
    /// It deletes an instance.
    Delete,
    /// It removes what ended long ago.
    Purge,
    /// It closes the store.
    Close,
    /// It reads.
    Read,
}

impl Call {
    /// Whether it can fail like that.
    pub fn can(self, failure: Failure) -> bool {
        match self {
            Self::Write => true,
            Self::Deploy | Self::Delete | Self::Purge | Self::Close => failure != Failure::Conflict,
            Self::Read => failure == Failure::Refused || failure == Failure::CrashBefore,
        }
    }
}

/// The nth call of a run fails, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Which one.
    pub nth: usize,
    /// How it fails.
    pub failure: Failure,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Which call.
    pub call: Call,
    /// What it does, or was meant to do.
    pub actions: BTreeSet<Action>,
}

/// Counts the calls of all hosts of a run, and lets some of them fail.
#[derive(Debug, Default)]
pub(super) struct Plan {
    points: Vec<Point>,
    calls: Mutex<Vec<Made>>,
    crash: Notify,
}

impl Plan {
    /// These points fail.
    pub(super) fn new(points: &[Point]) -> Arc<Self> {
        Arc::new(Self {
            points: points.to_vec(),
            ..Self::default()
        })
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Made>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls so far, in order.
    pub(super) fn made(&self) -> Vec<Made> {
        self.calls().clone()
    }

    /// Returns when the host is to die.
    pub(super) async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// One more call; answers with its place, and how it is to fail.
    fn count(&self, call: Call, actions: BTreeSet<Action>) -> (usize, Option<Failure>) {
        let mut calls = self.calls();
        calls.push(Made { call, actions });
        let nth = calls.len();
        let point = self.points.iter().find(|point| point.nth == nth);
        let failure = point.map(|point| point.failure);
        (nth, failure.filter(|failure| call.can(*failure)))
    }

    /// What a call does can only be told after it.
    fn turned_out(&self, nth: usize, action: Action) {
        if let Some(made) = self.calls().get_mut(nth - 1) {
            made.actions.insert(action);
        }
    }

    /// The host dies.
    pub(super) fn kill(&self) {
        self.crash.notify_one();
    }

    async fn die<T>(&self) -> T {
        self.kill();
        std::future::pending().await
    }
}

/// See the head of this module.
pub(super) struct Failing {
    inner: Arc<dyn Store>,
    plan: Arc<Plan>,
}

impl Failing {
    /// Over `inner`, as planned.
    pub(super) fn new(inner: Arc<dyn Store>, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }

    async fn change<T>(
        &self,
        (_, failure): (usize, Option<Failure>),
        done: impl Future<Output = Result<T, StoreError>>,
        conflict: Option<T>,
    ) -> Result<T, StoreError> {
        let unknown = || StoreError::Unknown {
            reason: "it fails at this point".to_owned(),
        };
        match failure {
            None => done.await,
            Some(Failure::CrashBefore) => self.plan.die().await,
            Some(Failure::CrashAfter) => {
                done.await?;
                self.plan.die().await
            }
            Some(Failure::Refused) => Err(refused()),
            Some(Failure::Lost) => Err(unknown()),
            Some(Failure::Unacknowledged) => {
                done.await?;
                Err(unknown())
            }
            Some(Failure::Conflict) => conflict.map_or_else(|| Err(refused()), Ok),
        }
    }

    async fn read<T>(&self, done: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match self.plan.count(Call::Read, BTreeSet::new()).1 {
            Some(Failure::CrashBefore) => self.plan.die().await,
            Some(_) => Err(refused()),
            None => done.await,
        }
    }
}

fn refused() -> StoreError {
    StoreError::Unavailable {
        reason: "it fails at this point".to_owned(),
    }
}

#[async_trait]
impl Layer for Failing {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let conflict = vec![WriteAnswer::Conflict { found: None }; writes.len()];
        let counted = self
            .plan
            .count(Call::Write, writes.iter().flat_map(actions).collect());
        self.change(counted, self.inner.write(writes), Some(conflict))
            .await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        let counted = self.plan.count(Call::Deploy, BTreeSet::new());
        let done = async {
            let answer = self.inner.deploy(version, component).await?;
            match answer {
                DeployAnswer::Deployed => self.plan.turned_out(counted.0, Action::Deploy),
                DeployAnswer::Restored => self.plan.turned_out(counted.0, Action::Redeploy),
                DeployAnswer::Unchanged | DeployAnswer::OtherDigest { .. } => {}
            }
            Ok(answer)
        };
        self.change(counted, done, None).await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        let counted = self.plan.count(Call::Delete, BTreeSet::new());
        let done = async {
            let answer = self.inner.delete(instance).await?;
            if answer == DeleteAnswer::Deleted {
                self.plan.turned_out(counted.0, Action::Delete);
            }
            Ok(answer)
        };
        self.change(counted, done, None).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        let counted = self.plan.count(Call::Purge, BTreeSet::new());
        let done = async {
            let purged = self.inner.purge(ended_before, limit).await?;
            if purged.instances > 0 {
                self.plan.turned_out(counted.0, Action::PurgeInstances);
            }
            if purged.components > 0 {
                self.plan.turned_out(counted.0, Action::PurgeCode);
            }
            Ok(purged)
        };
        self.change(counted, done, None).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let counted = self.plan.count(Call::Close, BTreeSet::new());
        self.change(counted, self.inner.close(), None).await
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.read(self.inner.journal(instance)).await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.read(self.inner.summary(instance)).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        self.read(self.inner.versions(workflow)).await
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(self.inner.component(digest)).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.read(self.inner.query(query)).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.read(self.inner.due_timers(until, limit)).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.read(self.inner.next_timer(after)).await
    }
}

impl std::fmt::Debug for Failing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failing")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
