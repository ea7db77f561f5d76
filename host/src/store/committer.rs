//! Group commit above any store: all writes that wait become one batch, one transaction, one sync.
//!
//! Why, and what else was considered: `docs/adr/0002-group-commit-above-the-store.md`.
//!
//! Invariants:
//!
//! - No timers: a lone write is handed over at once; while a batch is being synced the next one gathers.
//! - Writes are handed over in the order in which they came, each in exactly one batch.
//! - What is queued is bounded in bytes: beyond, [`Committer::write`] waits.
//! - Each accepted write is answered, also when the store fails or panics.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use hephaestus_core::engine::{Change, Record};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use super::{Prepared, Store, StoreError, Write, WriteAnswer};

/// Bounds of a [`Committer`]. A limit of 0 counts as 1. Sizes are estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitterLimits {
    /// How many writes a batch has at most.
    pub batch_writes: usize,
    /// How many bytes a batch has at most; a single larger write is a batch of its own.
    pub batch_bytes: u32,
    /// How many bytes are queued or being written at most; a single larger write goes alone.
    pub queue_bytes: u32,
}

impl Default for CommitterLimits {
    fn default() -> Self {
        Self {
            batch_writes: 1_024,
            batch_bytes: 8 << 20,
            queue_bytes: 32 << 20,
        }
    }
}

/// What a [`Committer`] has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommitterStats {
    /// Batches handed to the store.
    pub batches: u64,
    /// Writes in them.
    pub writes: u64,
    /// Writes in the largest of them.
    pub largest_batch: u64,
}

/// A handle on the task that groups writes. Cheap to clone; the task ends, all queued writes done, when the last
/// handle is dropped.
#[derive(Clone)]
pub struct Committer {
    store: Arc<dyn Store>,
    queue: mpsc::UnboundedSender<Message>,
    room: Arc<Semaphore>,
    queue_bytes: u32,
    counters: Arc<Counters>,
    ended: watch::Receiver<()>,
}

impl std::fmt::Debug for Committer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Committer {
    /// Starts the task.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn spawn(store: Arc<dyn Store>, limits: CommitterLimits) -> Self {
        let (queue, requests) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(());
        let counters = Arc::new(Counters::default());
        let queue_bytes = limits.queue_bytes.max(1);
        let task = Task {
            store: Arc::clone(&store),
            limits,
            requests,
            leftover: None,
            counters: Arc::clone(&counters),
            _end: end,
        };
        tokio::spawn(task.run());
        let room = Arc::new(Semaphore::new(queue_bytes as usize));
        Self {
            store,
            queue,
            room,
            queue_bytes,
            counters,
            ended,
        }
    }

    /// Does one write, together with all others that wait at the time. An error of the store reaches every writer of
    /// the batch; what is wrong with one write reaches its writer, and is never [`WriteAnswer::Failed`]. If this future is
    /// dropped, the write may still be done.
    pub async fn write(&self, write: impl Into<Arc<Write>>) -> Result<WriteAnswer, StoreError> {
        let write = write.into();
        // Here and not only in the store: a bad write must not take a batch of others with it.
        write.check()?;
        let bytes = approximate_bytes(write.change()).min(self.queue_bytes);
        let permit = Arc::clone(&self.room)
            .acquire_many_owned(bytes)
            .await
            .map_err(|_| StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let request = Request {
            write: self.store.prepare(write)?,
            bytes,
            waiter: Waiter {
                answer,
                _permit: permit,
            },
        };
        self.queue
            .send(Message::Write(request))
            .map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or_else(|_| {
            let reason = "the task that commits was ended while the write was under way".to_owned();
            Err(StoreError::Unknown { reason })
        })
    }

    /// Ends intake and returns when all writes accepted before are done. Writes after it get [`StoreError::Closed`].
    /// The store itself stays open.
    pub async fn shutdown(&self) {
        self.room.close();
        // An error says that the task has ended already.
        let _ = self.queue.send(Message::Stop);
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    /// What was done so far.
    pub fn stats(&self) -> CommitterStats {
        CommitterStats {
            batches: self.counters.batches.load(Ordering::Relaxed),
            writes: self.counters.writes.load(Ordering::Relaxed),
            largest_batch: self.counters.largest_batch.load(Ordering::Relaxed),
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    batches: AtomicU64,
    writes: AtomicU64,
    largest_batch: AtomicU64,
}

impl Counters {
    fn count(&self, writes: usize) {
        let writes = writes as u64;
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes, Ordering::Relaxed);
        self.largest_batch.fetch_max(writes, Ordering::Relaxed);
    }
}

#[derive(Debug)]
enum Message {
    Write(Request),
    Stop,
}

#[derive(Debug)]
struct Request {
    write: Prepared,
    bytes: u32,
    waiter: Waiter,
}

/// Holds its share of the queue until it is answered.
#[derive(Debug)]
struct Waiter {
    answer: oneshot::Sender<Result<WriteAnswer, StoreError>>,
    _permit: OwnedSemaphorePermit,
}

impl Waiter {
    fn answer(self, answer: Result<WriteAnswer, StoreError>) {
        // Whoever stopped waiting doesn't want to know.
        let _ = self.answer.send(answer);
    }
}

struct Task {
    store: Arc<dyn Store>,
    limits: CommitterLimits,
    requests: mpsc::UnboundedReceiver<Message>,
    /// Was received, but didn't fit into the last batch.
    leftover: Option<Request>,
    counters: Arc<Counters>,
    /// Dropped with the task: that is how `shutdown` sees its end.
    _end: watch::Sender<()>,
}

impl Task {
    async fn run(mut self) {
        while let Some(first) = self.first().await {
            let batch = self.gather(first);
            self.counters.count(batch.len());
            let (writes, waiters): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .map(|request| (request.write, request.waiter))
                .unzip();
            match write_batch(&*self.store, writes).await {
                Ok(answers) => {
                    for (waiter, answer) in waiters.into_iter().zip(answers) {
                        waiter.answer(match answer {
                            WriteAnswer::Failed { error } => Err(error),
                            answer => Ok(answer),
                        });
                    }
                }
                Err(error) => waiters
                    .into_iter()
                    .for_each(|waiter| waiter.answer(Err(error.clone()))),
            }
        }
    }

    /// Waits for a write. `None`: intake has ended, and all is done.
    async fn first(&mut self) -> Option<Request> {
        if let Some(request) = self.leftover.take() {
            return Some(request);
        }
        loop {
            match self.requests.recv().await? {
                Message::Write(request) => return Some(request),
                // What was sent before is still received.
                Message::Stop => self.requests.close(),
            }
        }
    }

    /// Takes what waits, within the limits, without waiting for more.
    fn gather(&mut self, first: Request) -> Vec<Request> {
        let mut bytes = first.bytes;
        let mut batch = vec![first];
        while batch.len() < self.limits.batch_writes {
            match self.requests.try_recv() {
                Ok(Message::Write(request)) => {
                    bytes = bytes.saturating_add(request.bytes);
                    if bytes > self.limits.batch_bytes {
                        self.leftover = Some(request);
                        break;
                    }
                    batch.push(request);
                }
                Ok(Message::Stop) => self.requests.close(),
                Err(_) => break,
            }
        }
        batch
    }
}

/// One call of the store. Its panic, or an answer that doesn't fit, is an error like others: [`StoreError::Unknown`].
async fn write_batch(store: &dyn Store, writes: Vec<Prepared>) -> Result<Vec<WriteAnswer>, StoreError> {
    let count = writes.len();
    let mut call = store.write_prepared(writes);
    let result = poll_fn(|context| {
        // The future is not polled again after a panic, and a store must cope with its own anyway.
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(result),
            Err(panic) => Poll::Ready(Err(StoreError::Unknown {
                reason: format!("the store panicked: {}", panic_message(&*panic)),
            })),
        }
    })
    .await;
    let answers = result?;
    if answers.len() != count {
        let reason = format!("the store gave {} answers to {count} writes", answers.len());
        return Err(StoreError::Unknown { reason });
    }
    Ok(answers)
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// About what an entry takes besides the texts of unbounded length.
const ENTRY_BYTES: usize = 512;

fn approximate_bytes(change: &Change) -> u32 {
    let texts: usize = change.entries.iter().map(|entry| text_bytes(&entry.record)).sum();
    let fixed = ENTRY_BYTES * (1 + change.entries.len() + change.timers_set.len() / 4);
    u32::try_from(texts.saturating_add(fixed)).unwrap_or(u32::MAX)
}

/// The texts of a record that somebody outside the host decides the length of.
fn text_bytes(record: &Record) -> usize {
    let pairs = |pairs: &std::collections::BTreeMap<String, String>| -> usize {
        pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
    };
    match record {
        Record::Created(created) => created.initial.as_str().len() + pairs(&created.metadata),
        Record::StepCompleted(completed) => {
            completed.result.as_ref().map_or(0, |json| json.as_str().len()) + pairs(&completed.metadata)
        }
        Record::CheckpointSaved { value, .. } => value.as_str().len(),
        Record::EventAccepted(event) => event.payload.as_ref().map_or(0, |json| json.as_str().len()),
        Record::AttemptFailed { failure, .. } | Record::StepFailed { failure, .. } => failure.message.len(),
        Record::Cancelling { reason, .. } => reason.as_ref().map_or(0, String::len),
        Record::Ended(ended) => {
            let failure = ended
                .failure
                .as_ref()
                .map_or(0, |failed| failed.failure.message.len());
            failure + ended.reason.as_ref().map_or(0, String::len)
        }
        Record::StepWaiting { .. }
        | Record::StepReady { .. }
        | Record::AttemptBegan { .. }
        | Record::AttemptsLost { .. }
        | Record::EventUndelivered { .. }
        | Record::TimerSet(_)
        | Record::TimerQueued { .. }
        | Record::TimerCancelled { .. }
        | Record::Retried { .. } => 0,
    }
}
