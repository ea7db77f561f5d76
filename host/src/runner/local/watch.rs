//! Following an instance: first from the store, then live, without gap or repetition.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hephaestus_core::InstanceId;
use hephaestus_core::StepRef;
use hephaestus_core::engine::{JournalEntry, Record};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Phase, Shared, lock};
use crate::runner::OutputLine;
use crate::store::StoreError;

/// How many events a watcher may lag behind before it reads from the store again. Hints that it missed are lost.
const FEED_CAPACITY: usize = 256;

/// What a [`Watch`] sees.
#[derive(Debug, Clone)]
pub enum WatchEvent {
    /// A durable fact. These come in order, without gap or repetition.
    Entry(Arc<JournalEntry>),
    /// A hint, not a fact: an attempt has begun.
    AttemptStarted {
        /// The step.
        step: StepRef,
        /// Which try it is.
        attempt: u32,
    },
    /// What an attempt wrote. Not durable yet.
    Output {
        /// The step.
        step: StepRef,
        /// Which try it was.
        attempt: u32,
        /// The line.
        line: OutputLine,
    },
    /// The instance's task was given up after repeated crashes; it stays in the store as it is. The last event.
    TaskFailed {
        /// What happened.
        reason: String,
    },
}

/// The instances that somebody watches.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    /// As many as `senders` has: most instances are never watched, and their tasks should not wait for a lock.
    watched: AtomicUsize,
    senders: Mutex<HashMap<InstanceId, broadcast::Sender<WatchEvent>>>,
}

impl Feeds {
    /// Hands `events` to the watchers of an instance, if it has any.
    pub(super) fn publish(&self, instance: InstanceId, events: impl FnOnce() -> Vec<WatchEvent>) {
        if self.watched.load(Ordering::SeqCst) == 0 {
            return;
        }
        let Some(sender) = lock(&self.senders).get(&instance).cloned() else {
            return;
        };
        for event in events() {
            // Without a receiver: the last watcher went away in this moment.
            let _ = sender.send(event);
        }
    }

    fn subscribe(&self, instance: InstanceId) -> broadcast::Receiver<WatchEvent> {
        let mut senders = lock(&self.senders);
        let sender = senders
            .entry(instance)
            .or_insert_with(|| broadcast::channel(FEED_CAPACITY).0);
        let receiver = sender.subscribe();
        self.watched.store(senders.len(), Ordering::SeqCst);
        receiver
    }

    fn leave(&self, instance: InstanceId) {
        let mut senders = lock(&self.senders);
        if senders
            .get(&instance)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            senders.remove(&instance);
        }
        self.watched.store(senders.len(), Ordering::SeqCst);
    }
}

/// Follows one instance.
pub struct Watch {
    shared: Arc<Shared>,
    instance: InstanceId,
    live: Option<broadcast::Receiver<WatchEvent>>,
    /// Read from the store, not handed out yet.
    backlog: VecDeque<Arc<JournalEntry>>,
    /// The last entry that was handed out or is in the backlog.
    known: u64,
    /// Whether the last entry handed out says that the instance ended.
    has_ended: bool,
    is_over: bool,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Watch");
        shown
            .field("instance", &self.instance)
            .field("known", &self.known);
        shown.finish_non_exhaustive()
    }
}

impl Watch {
    /// The instance that is followed.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Follows an instance that is yet to be created, with `first` as its first entries: nothing it does can be missed.
    pub(super) fn of_new(shared: &Arc<Shared>, instance: InstanceId, first: &[JournalEntry]) -> Self {
        Self {
            live: Some(shared.feeds.subscribe(instance)),
            shared: Arc::clone(shared),
            instance,
            backlog: first.iter().cloned().map(Arc::new).collect(),
            known: first.last().map_or(0, |entry| entry.seq),
            has_ended: false,
            is_over: false,
        }
    }

    /// Begins with the entry after `after`. Subscribes before it reads: what is committed in between comes twice, and is
    /// recognised by its number.
    pub(super) async fn new(
        shared: &Arc<Shared>,
        instance: InstanceId,
        after: u64,
    ) -> Result<Option<Self>, StoreError> {
        let mut watch = Self {
            shared: Arc::clone(shared),
            instance,
            live: Some(shared.feeds.subscribe(instance)),
            backlog: VecDeque::new(),
            known: after,
            has_ended: false,
            is_over: false,
        };
        Ok(watch.refill().await?.then_some(watch))
    }

    /// The next event. `None`: the instance has ended (or is left alone) and everything was seen, or was deleted, or the
    /// host shuts down. While the store is not available, it waits.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        loop {
            if let Some(entry) = self.backlog.pop_front() {
                self.has_ended = matches!(entry.record, Record::Ended(_));
                return Some(WatchEvent::Entry(entry));
            }
            if self.has_ended || self.is_over {
                return None;
            }
            if let Some(reason) = self.shared.registry.why_left_alone(self.instance) {
                // It was left alone after its last commit: one more look, and there is nothing left to see.
                self.refill_patiently().await?;
                self.is_over = self.backlog.is_empty();
                if self.is_over {
                    return Some(WatchEvent::TaskFailed { reason });
                }
                continue;
            }
            match self.receive().await? {
                Ok(WatchEvent::Entry(entry)) if entry.seq <= self.known => {}
                Ok(WatchEvent::Entry(entry)) if entry.seq == self.known + 1 => {
                    self.known = entry.seq;
                    self.backlog.push_back(entry);
                }
                Ok(WatchEvent::Entry(_)) | Err(Lagged) => self.refill_patiently().await?,
                // Comes again from the registry, after what is in the store.
                Ok(WatchEvent::TaskFailed { .. }) => {}
                Ok(hint) => return Some(hint),
            }
        }
    }

    async fn receive(&mut self) -> Option<Result<WatchEvent, Lagged>> {
        let live = self.live.as_mut()?;
        tokio::select! {
            biased;
            received = live.recv() => match received {
                Ok(event) => Some(Ok(event)),
                Err(RecvError::Lagged(_)) => Some(Err(Lagged)),
                Err(RecvError::Closed) => None,
            },
            () = self.shared.phase.reached(Phase::Ended) => None,
        }
    }

    /// Reads what follows from the store. `false`: there is no such instance.
    async fn refill(&mut self) -> Result<bool, StoreError> {
        let Some(journal) = self.shared.store.journal(self.instance).await? else {
            return Ok(false);
        };
        if let Some(last) = journal.last() {
            // Whoever has seen the end already, sees nothing more.
            self.has_ended = last.seq <= self.known && matches!(last.record, Record::Ended(_));
        }
        let unseen = journal.into_iter().filter(|entry| entry.seq > self.known);
        self.backlog.extend(unseen.map(Arc::new));
        if let Some(last) = self.backlog.back() {
            self.known = last.seq;
        }
        Ok(true)
    }

    /// The same, as soon as the store allows it. `None`: the host shuts down before.
    async fn refill_patiently(&mut self) -> Option<()> {
        for failures in 1.. {
            match self.refill().await {
                Ok(is_there) => {
                    // Deleted: it had ended, and what was missed is gone.
                    self.is_over |= !is_there;
                    return Some(());
                }
                Err(error) => {
                    if !self.shared.health.explains(&error) {
                        tracing::warn!(instance = %self.instance, %error, "a watcher can't read the journal now");
                    }
                }
            }
            tokio::select! {
                biased;
                () = self.shared.phase.reached(Phase::Ended) => return None,
                () = self.shared.sleep(self.shared.limits.pause(failures)) => {}
            }
        }
        None
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.live = None;
        self.shared.feeds.leave(self.instance);
    }
}

/// The feed has dropped events that weren't received yet.
struct Lagged;
