//! Persistence: the contract ([`Store`]), group commit, and the backends.
//!
//! Invariants:
//!
//! - What a write answers with [`WriteAnswer::Committed`] survives the end of the process and of the machine (for
//!   durable backends), whole: all of its entries, timers and the summary, or nothing of it.
//! - A commit carries the version it expects; another one is a [`WriteAnswer::Conflict`] and changes nothing.
//! - After [`StoreError::Unknown`] nobody knows whether the batch survived: the owner loads before it decides again.
//! - Backends hold no rule of the engine: they compare versions and unique keys, nothing else.
//! - A journal has no gaps: [`Write::check`] holds for all that is stored.
//!
//! One conformance suite runs against all backends: `host/tests/store/conformance.rs`.

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{Change, InstanceStatus, JournalEntry, Summary};
use hephaestus_core::{
    BusinessId, Digest, InstanceId, RequestId, TimerId, Timestamp, WorkflowName, WorkflowVersion,
};

pub mod committer;
mod error;
pub mod faulty;
pub mod memory;
mod prepared;
pub mod sqlite;

pub use error::StoreError;
pub use prepared::{Prepared, Texts};

/// One write: atomic by itself, independent of its neighbours in a batch.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new instance.
    Create {
        /// Its first entries, timers, and summary.
        change: Change,
        /// The starter's id for the request.
        request_id: Option<RequestId>,
    },
    /// More entries of an instance.
    Append {
        /// The instance.
        instance: InstanceId,
        /// The version that the writer saw.
        expected_version: u64,
        /// Entries, timers, and summary.
        change: Change,
    },
}

impl Write {
    /// The instance that it writes.
    pub fn instance(&self) -> InstanceId {
        match self {
            Self::Create { change, .. } => change.summary.instance,
            Self::Append { instance, .. } => *instance,
        }
    }

    /// What it writes.
    pub fn change(&self) -> &Change {
        match self {
            Self::Create { change, .. } | Self::Append { change, .. } => change,
        }
    }

    /// Whether the write agrees with itself: at least one entry, numbered without gap from the version that it
    /// expects to the version of its summary, all of one instance. Backends refuse a batch with another one, so no
    /// bug above them can tear a journal.
    pub fn check(&self) -> Result<(), StoreError> {
        let malformed = |reason: String| {
            let instance = self.instance();
            Err(StoreError::Malformed {
                reason: format!("instance {instance}: {reason}"),
            })
        };
        let Change { entries, summary, .. } = self.change();
        let mut version = match self {
            Self::Create { .. } => 0,
            Self::Append { expected_version, .. } => *expected_version,
        };
        if entries.is_empty() {
            return malformed("no entries".to_owned());
        }
        for entry in entries {
            if version.checked_add(1) != Some(entry.seq) {
                return malformed(format!("entry {} follows entry {version}", entry.seq));
            }
            version = entry.seq;
        }
        if summary.version != version {
            let found = summary.version;
            return malformed(format!(
                "the summary has version {found}, the last entry is {version}"
            ));
        }
        if summary.instance != self.instance() {
            return malformed(format!("the summary is of instance {}", summary.instance));
        }
        if summary.ended_at.is_some() != summary.status.is_terminal() {
            let (status, ended_at) = (summary.status, summary.ended_at);
            return malformed(format!("the summary is {status} and ended at {ended_at:?}"));
        }
        Ok(())
    }
}

/// What became of a write. Checked in this order: repeated request, conflict, already active, component removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteAnswer {
    /// It is durable.
    Committed,
    /// The instance is not at the expected version, or is to be created and exists. Nothing was changed.
    Conflict {
        /// The version found; `None`: it doesn't exist.
        found: Option<u64>,
    },
    /// Another active instance holds the unique key. Nothing was changed.
    AlreadyActive {
        /// The one that holds it.
        holder: Box<Summary>,
    },
    /// The request id was used before. Nothing was changed.
    RepeatedRequest {
        /// The instance that it created.
        instance: InstanceId,
    },
    /// The write can't be done, for a reason of its own: what is stored of its instance is damaged, or it can never be
    /// stored ([`StoreError::Damaged`], [`StoreError::Malformed`]). Nothing was changed.
    /// A [`Committer`](committer::Committer) makes an error of it, for this writer alone.
    Failed {
        /// What was found.
        error: StoreError,
    },
    /// The instance is to be created of a version whose component was [removed](Store::purge). Nothing was changed.
    ComponentRemoved,
}

/// A timer that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTimer {
    /// When it is due.
    pub due: Timestamp,
    /// Which one.
    pub id: TimerId,
}

/// Which instances to list. All conditions hold together; the newest instance comes first.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of this workflow.
    pub workflow: Option<WorkflowName>,
    /// Called so.
    pub business_id: Option<BusinessId>,
    /// In one of these states; empty: in any.
    pub statuses: Vec<InstanceStatus>,
    /// Created before this one: the last of the page before.
    pub before: Option<InstanceId>,
    /// How many at most.
    pub limit: usize,
}

/// What a [`Query`] finds. Together, both lists have at most as many instances as it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The instances, newest first.
    pub summaries: Vec<Summary>,
    /// Those that belong between them but whose summary can't be read, newest first. They don't keep anybody from the
    /// others.
    pub damaged: Vec<DamagedSummary>,
}

impl Page {
    /// All instances of the page, newest first.
    pub fn instances(&self) -> Vec<InstanceId> {
        let damaged = self.damaged.iter().map(|damaged| damaged.instance);
        let readable = self.summaries.iter().map(|summary| summary.instance);
        let mut instances: Vec<_> = readable.chain(damaged).collect();
        instances.sort_unstable_by_key(|instance| std::cmp::Reverse(*instance));
        instances
    }

    /// The last instance of the page: the next one comes [before](Query::before) it. `None`: there is no next page.
    pub fn last(&self) -> Option<InstanceId> {
        let damaged = self.damaged.last().map(|damaged| damaged.instance);
        let readable = self.summaries.last().map(|summary| summary.instance);
        readable.into_iter().chain(damaged).min()
    }
}

/// An instance whose summary can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedSummary {
    /// The instance.
    pub instance: InstanceId,
    /// What was found, and where.
    pub reason: String,
}

/// One version of a workflow, as it was deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedVersion {
    /// The workflow.
    pub workflow: WorkflowName,
    /// Its version.
    pub version: WorkflowVersion,
    /// The component.
    pub digest: Digest,
    /// When it was deployed.
    pub deployed_at: Timestamp,
}

/// What became of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeployAnswer {
    /// It is stored now.
    Deployed,
    /// The same bytes were there already.
    Unchanged,
    /// The version was known, its bytes had been [removed](Store::purge). They are stored again.
    Restored,
    /// That version has other bytes. Nothing was changed.
    OtherDigest {
        /// What is there.
        found: Digest,
    },
}

/// What became of the order to delete an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteAnswer {
    /// Nothing of it is stored any more.
    Deleted,
    /// There is none.
    NoSuchInstance,
    /// It hasn't ended. Nothing was changed.
    StillActive {
        /// Where it stands.
        status: InstanceStatus,
    },
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Instances.
    pub instances: usize,
    /// The entries of their journals.
    pub entries: u64,
    /// Components.
    pub components: usize,
    /// Whether there is more to remove.
    pub is_more: bool,
}

/// Persistence. Calls may come from many tasks at once.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Does all of `writes` in one transaction and one sync. One answer each, in order; a write whose answer isn't
    /// [`WriteAnswer::Committed`] had no effect, and no effect on its neighbours (a later write of the same batch
    /// sees what earlier ones did). An error concerns the whole batch; what is wrong with single ones of them is an
    /// [answer](WriteAnswer::Failed) where the backend can tell.
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError>;

    /// Does what can be done about a write before its turn comes; called where it was decided. By default nothing.
    fn prepare(&self, write: Arc<Write>) -> Result<Prepared, StoreError> {
        Ok(write.into())
    }

    /// [`Self::write`], for writes that were [prepared](Self::prepare).
    async fn write_prepared(&self, writes: Vec<Prepared>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.write(writes.into_iter().map(Prepared::into_write).collect())
            .await
    }

    /// The whole journal of an instance, in order; `None` if there is no such instance.
    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError>;

    /// The summary of an instance.
    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError>;

    /// A page of instances, newest first. One that can't be read is named in it, and hides no other.
    async fn query(&self, query: Query) -> Result<Page, StoreError>;

    /// Timers due at `until` or before, the earliest first; those due together in the order of their ids.
    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError>;

    /// When the earliest timer that is due later than `after` is due.
    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Stores a component and the version of the workflow that it is. The first deployment's time stays. A version has one
    /// digest for ever, also when its bytes were removed.
    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError>;

    /// The deployed versions of a workflow, or of all in the order of their names; the highest version first.
    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError>;

    /// The bytes of a component; `None`: it was never deployed, or was [removed](Self::purge).
    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Removes an instance that has ended: journal, timers, summary. Its request id is forgotten as well.
    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError>;

    /// Removes instances that ended earlier than `ended_before`, the first to end first, those that ended together in the
    /// order of their ids: as many as have `limit` entries together (0 counts as 1), at least one. When none is left,
    /// removes components that nobody needs: all of these were so before that time: a higher version of the workflow was
    /// deployed, the bytes were stored; and no stored instance is of that version. A few of them at once.
    ///
    /// One transaction, which keeps others waiting: call it again while there [is more](Purged::is_more).
    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError>;

    /// Finishes the writes that were begun and lets go of what the store holds: threads, files, locks. Calls after
    /// it answer [`StoreError::Closed`] where there was something to let go. Closing again is a no-op.
    async fn close(&self) -> Result<(), StoreError>;
}
