//! Data for the store tests, made by hand: stores know nothing of the engine, so neither do their tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::engine::{
    Change, Created, InstanceStatus, JournalEntry, Record, SentEvent, Summary, Timer, TimerPurpose,
};
use hephaestus_core::{
    BusinessId, Digest, EventId, InstanceId, Json, RequestId, StepRef, Timestamp, WorkflowVersion,
};
use hephaestus_host::store::committer::{Committer, CommitterLimits};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{DeployedVersion, Store, StoreError, Write, WriteAnswer};
use tempfile::TempDir;
use uuid::Uuid;

/// A store under test, with or without a committer in front of it.
pub(crate) struct Subject {
    pub(crate) store: Arc<dyn Store>,
    committer: Option<Committer>,
    /// Deleted last.
    _folder: Option<TempDir>,
}

impl Subject {
    pub(crate) async fn memory() -> Self {
        let store = Arc::new(MemoryStore::new());
        Self {
            store,
            committer: None,
            _folder: None,
        }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("store.db")).await;
        let store = Arc::new(store.expect("the store opens"));
        Self {
            store,
            committer: None,
            _folder: Some(folder),
        }
    }

    /// The same store, written through a committer.
    pub(crate) fn committed(self) -> Self {
        let committer = Committer::spawn(Arc::clone(&self.store), CommitterLimits::default());
        Self {
            committer: Some(committer),
            ..self
        }
    }

    /// Writes all of `writes` at once, in order. Behind a committer each has a task of its own: those of a
    /// single-threaded test run in the order in which they were spawned.
    pub(crate) async fn try_write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let Some(committer) = &self.committer else {
            return self.store.write(writes).await;
        };
        let tasks: Vec<_> = writes
            .into_iter()
            .map(|write| {
                let committer = committer.clone();
                tokio::spawn(async move { committer.write(write).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("the writer didn't panic")?);
        }
        Ok(answers)
    }

    pub(crate) async fn write(&self, writes: Vec<Write>) -> Vec<WriteAnswer> {
        self.try_write(writes).await.expect("the store works")
    }

    pub(crate) async fn write_one(&self, write: Write) -> WriteAnswer {
        let mut answers = self.write(vec![write]).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    }

    /// Writes what must be committed.
    pub(crate) async fn commit(&self, write: Write) {
        assert_eq!(self.write_one(write).await, WriteAnswer::Committed);
    }

    pub(crate) async fn version_of(&self, instance: InstanceId) -> Option<u64> {
        let summary = self.store.summary(instance).await.expect("the store works");
        let journal = self.store.journal(instance).await.expect("the store works");
        let entries = journal.map(|journal| journal.len() as u64);
        assert_eq!(
            summary.as_ref().map(|summary| summary.version),
            entries,
            "summary and journal agree"
        );
        entries
    }
}

/// The `n`th instance: ids sort as their numbers do.
pub(crate) fn instance_id(n: u64) -> InstanceId {
    InstanceId(Uuid::from_u64_pair(
        0x0190_0000_0000_7000,
        0x8000_0000_0000_0000 | n,
    ))
}

pub(crate) fn request_id(text: &str) -> RequestId {
    RequestId::new(text).expect("a request id")
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest([byte; 32])
}

pub(crate) fn deployed(workflow: &str, version: u32, code: u8) -> DeployedVersion {
    DeployedVersion {
        workflow: workflow.parse().expect("a workflow name"),
        version: WorkflowVersion(version),
        digest: digest(code),
        deployed_at: Timestamp(1_000 + u64::from(version)),
    }
}

pub(crate) fn timer(number: u32, due: u64) -> Timer {
    let step: StepRef = "approve".parse().expect("a step ref");
    Timer {
        number,
        due: Timestamp(due),
        purpose: TimerPurpose::Wait(step),
    }
}

/// An instance as its owner sees it: makes the writes that follow one another.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) summary: Summary,
    key: String,
    timers_set: Vec<Timer>,
    timers_cleared: Vec<u32>,
    payload: Json,
}

impl Draft {
    /// Of the workflow `orders`, with a business id and a unique key of its own.
    pub(crate) fn new(n: u64) -> Self {
        let business_id: BusinessId = format!("orderid::n{n}").parse().expect("a business id");
        let created_at = Timestamp(10_000 + n);
        let key = format!("workflow/orders/{business_id}");
        let summary = Summary {
            instance: instance_id(n),
            business_id,
            workflow: "orders".parse().expect("a workflow name"),
            workflow_version: WorkflowVersion(1),
            digest: digest(1),
            status: InstanceStatus::Running,
            version: 0,
            created_at,
            updated_at: created_at,
            ended_at: None,
            waiting_since: None,
            failure: None,
            unique_key: Some(key.clone()),
        };
        Self {
            summary,
            key,
            timers_set: Vec::new(),
            timers_cleared: Vec::new(),
            payload: Json::empty_object(),
        }
    }

    pub(crate) fn workflow(mut self, workflow: &str) -> Self {
        self.summary.workflow = workflow.parse().expect("a workflow name");
        self
    }

    /// Another business value; the unique key goes with it.
    pub(crate) fn business(self, value: &str) -> Self {
        let key = format!("workflow/orders/orderid::{value}");
        let mut draft = self.unique(&key);
        draft.summary.business_id = format!("orderid::{value}").parse().expect("a business id");
        draft
    }

    pub(crate) fn unique(mut self, key: &str) -> Self {
        self.key = key.to_owned();
        self.summary.unique_key = Some(self.key.clone());
        self
    }

    pub(crate) fn version(mut self, version: u32) -> Self {
        self.summary.workflow_version = WorkflowVersion(version);
        self
    }

    pub(crate) fn not_unique(mut self) -> Self {
        self.summary.unique_key = None;
        self
    }

    /// The next write sets these.
    pub(crate) fn sets(&mut self, timers: &[Timer]) -> &mut Self {
        self.timers_set = timers.to_vec();
        self
    }

    /// The next write clears these.
    pub(crate) fn clears(&mut self, timers: &[u32]) -> &mut Self {
        self.timers_cleared = timers.to_vec();
        self
    }

    /// The input, or the payload of the events from now on.
    pub(crate) fn payload(&mut self, payload: Json) -> &mut Self {
        self.payload = payload;
        self
    }

    pub(crate) fn id(&self) -> InstanceId {
        self.summary.instance
    }

    pub(crate) fn create(&mut self) -> Write {
        let change = self.change(1);
        Write::Create {
            change,
            request_id: None,
        }
    }

    pub(crate) fn create_for(&mut self, request: &str) -> Write {
        let change = self.change(1);
        Write::Create {
            change,
            request_id: Some(request_id(request)),
        }
    }

    /// One more entry.
    pub(crate) fn append(&mut self) -> Write {
        self.append_many(1)
    }

    pub(crate) fn append_many(&mut self, entries: u64) -> Write {
        let expected_version = self.summary.version;
        let change = self.change(entries);
        Write::Append {
            instance: self.id(),
            expected_version,
            change,
        }
    }

    /// One more entry, after which the instance is `status`. Ended instances give their unique key back.
    pub(crate) fn become_(&mut self, status: InstanceStatus) -> Write {
        if status.is_terminal() {
            self.ends(status, self.summary.updated_at.0);
        } else {
            self.summary.status = status;
            self.summary.ended_at = None;
            self.summary.unique_key = Some(self.key.clone());
        }
        self.append()
    }

    /// From the next write on it has ended like this.
    pub(crate) fn ends(&mut self, status: InstanceStatus, at: u64) -> &mut Self {
        self.summary.status = status;
        self.summary.ended_at = Some(Timestamp(at));
        self.summary.unique_key = None;
        self
    }

    fn change(&mut self, entries: u64) -> Change {
        let first = self.summary.version + 1;
        let entries = (first..first + entries).map(|seq| self.entry(seq)).collect();
        self.summary.updated_at = Timestamp(self.summary.updated_at.0 + 1);
        Change {
            entries,
            timers_set: std::mem::take(&mut self.timers_set),
            timers_cleared: std::mem::take(&mut self.timers_cleared),
            summary: self.summary.clone(),
        }
    }

    fn entry(&mut self, seq: u64) -> JournalEntry {
        self.summary.version = seq;
        let at = Timestamp(self.summary.created_at.0 + seq);
        let record = if seq == 1 { self.created() } else { self.event(seq) };
        JournalEntry { seq, at, record }
    }

    fn created(&self) -> Record {
        Record::Created(Created {
            instance: self.id(),
            workflow: self.summary.workflow.clone(),
            version: self.summary.workflow_version,
            digest: self.summary.digest,
            business_id: self.summary.business_id.clone(),
            request_id: None,
            initial: self.payload.clone(),
            deadline: None,
            metadata: BTreeMap::from([("traceparent".to_owned(), "00-ä\u{0}\u{1f980}".to_owned())]),
            start: "validate".parse().expect("a step ref"),
        })
    }

    fn event(&self, seq: u64) -> Record {
        Record::EventAccepted(SentEvent {
            event_id: EventId::new(&format!("event {seq}")).expect("an event id"),
            event: "approved".parse().expect("an event name"),
            step: None,
            payload: Some(self.payload.clone()),
        })
    }
}
