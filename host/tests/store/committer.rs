//! What the committer adds to a store: grouping, order, limits, and an answer for everybody.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Json, Timestamp, WorkflowName};
use hephaestus_host::store::committer::{Committer, CommitterLimits, CommitterStats};
use hephaestus_host::store::faulty::{Fault, FaultyStore};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};
use tokio::task::JoinHandle;

use crate::support::{Draft, instance_id};

type Answer = Result<WriteAnswer, StoreError>;

fn setup(limits: CommitterLimits) -> (FaultyStore, Committer) {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let committer = Committer::spawn(Arc::new(store.clone()), limits);
    (store, committer)
}

/// Starts a write and lets it get as far as it can.
async fn begin(committer: &Committer, write: Write) -> JoinHandle<Answer> {
    let committer = committer.clone();
    let task = tokio::spawn(async move { committer.write(write).await });
    settle().await;
    task
}

/// On a paused clock, time goes on when nothing else can.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

async fn answers(tasks: Vec<JoinHandle<Answer>>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("the writer didn't panic"));
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn a_lone_write_does_not_wait() {
    let (_, committer) = setup(CommitterLimits::default());
    let before = tokio::time::Instant::now();
    assert_eq!(
        committer.write(Draft::new(1).create()).await,
        Ok(WriteAnswer::Committed)
    );
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(
        committer.stats(),
        CommitterStats {
            batches: 1,
            writes: 1,
            largest_batch: 1
        }
    );
}

#[tokio::test(start_paused = true)]
async fn writes_gather_while_a_batch_is_synced() {
    let (store, committer) = setup(CommitterLimits::default());
    store.set_stalled(true);
    let mut tasks = vec![begin(&committer, Draft::new(1).create()).await];
    for n in 2..=50 {
        tasks.push(begin(&committer, Draft::new(n).create()).await);
    }
    assert_eq!(store.writes(), 1, "the second batch waits for the first");
    store.set_stalled(false);
    assert_eq!(answers(tasks).await, vec![Ok(WriteAnswer::Committed); 50]);
    assert_eq!(
        committer.stats(),
        CommitterStats {
            batches: 2,
            writes: 50,
            largest_batch: 49
        }
    );
}

#[tokio::test(start_paused = true)]
async fn writes_keep_their_order() {
    let (store, committer) = setup(CommitterLimits {
        batch_writes: 3,
        ..CommitterLimits::default()
    });
    store.set_stalled(true);
    let mut draft = Draft::new(1);
    let mut tasks = vec![begin(&committer, draft.create()).await];
    for _ in 0..9 {
        tasks.push(begin(&committer, draft.append()).await);
    }
    store.set_stalled(false);
    assert_eq!(answers(tasks).await, vec![Ok(WriteAnswer::Committed); 10]);
    assert_eq!(
        committer.stats(),
        CommitterStats {
            batches: 4,
            writes: 10,
            largest_batch: 3
        }
    );
}

#[tokio::test(start_paused = true)]
async fn batches_are_bounded_in_bytes() {
    let limits = CommitterLimits {
        batch_bytes: 100_000,
        ..CommitterLimits::default()
    };
    let (store, committer) = setup(limits);
    store.set_stalled(true);
    let mut tasks = vec![begin(&committer, Draft::new(1).create()).await];
    // Two of 40 kB fit; one of 500 kB is larger than a batch may be, and is done all the same.
    for (n, kilobytes) in [(2, 40), (3, 40), (4, 40), (5, 500), (6, 1)] {
        let mut draft = Draft::new(n);
        draft.payload(Json::from(
            serde_json::json!({ "text": "x".repeat(kilobytes * 1_000) }),
        ));
        tasks.push(begin(&committer, draft.create()).await);
    }
    store.set_stalled(false);
    assert_eq!(answers(tasks).await, vec![Ok(WriteAnswer::Committed); 6]);
    assert_eq!(
        committer.stats(),
        CommitterStats {
            batches: 5,
            writes: 6,
            largest_batch: 2
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_makes_writers_wait() {
    let limits = CommitterLimits {
        queue_bytes: 3_500,
        ..CommitterLimits::default()
    };
    let (store, committer) = setup(limits);
    store.set_stalled(true);
    let mut tasks = Vec::new();
    for n in 1..=10 {
        tasks.push(begin(&committer, Draft::new(n).create()).await);
    }
    store.set_stalled(false);
    assert_eq!(answers(tasks).await, vec![Ok(WriteAnswer::Committed); 10]);
    let stats = committer.stats();
    assert_eq!(stats.writes, 10);
    assert!(
        stats.largest_batch <= 3,
        "no more than the queue holds: {stats:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn limits_of_zero_let_one_write_through() {
    let limits = CommitterLimits {
        batch_writes: 0,
        batch_bytes: 0,
        queue_bytes: 0,
    };
    let (_, committer) = setup(limits);
    for n in 1..=3 {
        assert_eq!(
            committer.write(Draft::new(n).create()).await,
            Ok(WriteAnswer::Committed)
        );
    }
    assert_eq!(
        committer.stats(),
        CommitterStats {
            batches: 3,
            writes: 3,
            largest_batch: 1
        }
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_its_whole_batch_and_no_other() {
    let (store, committer) = setup(CommitterLimits::default());
    store.fail_write(2, Fault::Unacknowledged);
    store.set_stalled(true);
    let first = begin(&committer, Draft::new(1).create()).await;
    let mut second = Vec::new();
    for n in 2..=4 {
        second.push(begin(&committer, Draft::new(n).create()).await);
    }
    store.set_stalled(false);
    assert_eq!(answers(vec![first]).await, [Ok(WriteAnswer::Committed)]);
    for answer in answers(second).await {
        assert!(matches!(answer, Err(StoreError::Unknown { .. })), "{answer:?}");
    }
    assert_eq!(
        committer.write(Draft::new(5).create()).await,
        Ok(WriteAnswer::Committed)
    );
}

#[tokio::test(start_paused = true)]
async fn a_malformed_write_meets_its_own_caller_only() {
    let (store, committer) = setup(CommitterLimits::default());
    let mut write = Draft::new(1).create();
    let (Write::Create { change, .. } | Write::Append { change, .. }) = &mut write;
    change.entries.clear();
    let answer = committer.write(write).await;
    assert!(matches!(answer, Err(StoreError::Malformed { .. })), "{answer:?}");
    assert_eq!(store.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_writer_may_go_away() {
    let (store, committer) = setup(CommitterLimits::default());
    store.set_stalled(true);
    let first = begin(&committer, Draft::new(1).create()).await;
    let gone = begin(&committer, Draft::new(2).create()).await;
    let last = begin(&committer, Draft::new(3).create()).await;
    first.abort();
    gone.abort();
    settle().await;
    store.set_stalled(false);
    assert_eq!(answers(vec![last]).await, [Ok(WriteAnswer::Committed)]);
    for n in 1..=3 {
        assert!(
            store.summary(instance_id(n)).await.unwrap().is_some(),
            "what was queued is done: {n}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_drains() {
    let (store, committer) = setup(CommitterLimits {
        batch_writes: 2,
        ..CommitterLimits::default()
    });
    store.set_stalled(true);
    let mut tasks = Vec::new();
    for n in 1..=7 {
        tasks.push(begin(&committer, Draft::new(n).create()).await);
    }
    let shutdown = tokio::spawn({
        let committer = committer.clone();
        async move { committer.shutdown().await }
    });
    settle().await;
    assert!(!shutdown.is_finished(), "writes are under way");
    assert_eq!(
        committer.write(Draft::new(9).create()).await,
        Err(StoreError::Closed)
    );
    store.set_stalled(false);
    shutdown.await.expect("shutdown ends");
    assert_eq!(answers(tasks).await, vec![Ok(WriteAnswer::Committed); 7]);
    committer.shutdown().await;
    assert_eq!(
        committer.write(Draft::new(9).create()).await,
        Err(StoreError::Closed)
    );
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_its_last_handle() {
    let (store, committer) = setup(CommitterLimits::default());
    let weak = {
        let inner: Arc<dyn Store> = Arc::new(store);
        let committer = Committer::spawn(Arc::clone(&inner), CommitterLimits::default());
        assert_eq!(
            committer.write(Draft::new(1).create()).await,
            Ok(WriteAnswer::Committed)
        );
        Arc::downgrade(&inner)
    };
    drop(committer);
    settle().await;
    assert!(weak.upgrade().is_none(), "the task let go of the store");
}

/// A store whose first write panics and whose second one forgets an answer.
struct Broken {
    inner: FaultyStore,
}

#[async_trait]
impl Store for Broken {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let mut answers = self.inner.write(writes).await?;
        match self.inner.writes() {
            1 => panic!("out of cheese"),
            2 => drop(answers.pop()),
            _ => {}
        }
        Ok(answers)
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.inner.journal(instance).await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.inner.summary(instance).await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.inner.query(query).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.inner.due_timers(until, limit).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_timer(after).await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        self.inner.deploy(version, component).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        self.inner.versions(workflow).await
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.component(digest).await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.inner.delete(instance).await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.inner.purge(ended_before, limit).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_store_is_an_answer() {
    let inner = FaultyStore::new(Arc::new(MemoryStore::new()));
    let committer = Committer::spawn(Arc::new(Broken { inner }), CommitterLimits::default());
    let reason = |answer: Answer| match answer {
        Err(StoreError::Unknown { reason }) => reason,
        other => panic!("{other:?}"),
    };
    let panicked = reason(committer.write(Draft::new(1).create()).await);
    assert_eq!(panicked, "the store panicked: out of cheese");
    let forgotten = reason(committer.write(Draft::new(2).create()).await);
    assert_eq!(forgotten, "the store gave 0 answers to 1 writes");
    assert_eq!(
        committer.write(Draft::new(3).create()).await,
        Ok(WriteAnswer::Committed)
    );
}
