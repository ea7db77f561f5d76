//! Stores that break their contract on purpose: whoever says that the simulation finds broken promises must show it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hephaestus_core::engine::{Change, InstanceState, JournalEntry, Record, Summary};
use hephaestus_core::{InstanceId, Json, Timestamp};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{DueTimer, Store, StoreError, Write, WriteAnswer};

use super::Layer;
use crate::audit::{Audit, at_once};
use crate::chance::Chance;

/// How a store breaks its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// It acknowledges a batch and never writes it.
    Forgets,
    /// It acknowledges a batch, and writes it after the next one.
    Reorders,
    /// It writes only the first half of a batch and acknowledges all of it.
    Tears,
    /// It doesn't set the timers of a write.
    DropsTimer,
    /// It doesn't clear the timers of a write.
    KeepsTimer,
    /// It forgets which request created an instance.
    ForgetsRequest,
    /// It refuses nobody a unique key.
    ForgetsKey,
    /// It writes a batch, says that it is not available, and so lets it be written again.
    DeniesWrite,
    /// It answers a write that it refused as if it was done.
    HidesConflict,
    /// It shows a journal without its last entry.
    ReadsOld,
    /// It hands out timers before they are due.
    HandsOutEarly,
    /// It doesn't hand out the last timer that is due.
    HidesTimer,
    /// It loses what it acknowledged last when its host dies, like a disk that lies about its syncs.
    LosesAtCrash,
    /// It holds another outcome after its host died.
    ChangesAtCrash,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Forgets,
        Self::Reorders,
        Self::Tears,
        Self::DropsTimer,
        Self::KeepsTimer,
        Self::ForgetsRequest,
        Self::ForgetsKey,
        Self::DeniesWrite,
        Self::HidesConflict,
        Self::ReadsOld,
        Self::HandsOutEarly,
        Self::HidesTimer,
        Self::LosesAtCrash,
        Self::ChangesAtCrash,
    ];
}

/// A store with a plant in it.
pub struct Planted {
    inner: Arc<dyn Store>,
    plant: Plant,
    chance: Chance,
    held: Mutex<Vec<Write>>,
}

impl Planted {
    /// `inner`, with `plant` in it, which shows now and then.
    pub fn new(inner: Arc<dyn Store>, plant: Plant, chance: Chance) -> Self {
        Self {
            inner,
            plant,
            chance,
            held: Mutex::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Vec<Write>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What of a write is forgotten.
    fn spoil(&self, mut writes: Vec<Write>) -> Vec<Write> {
        for write in &mut writes {
            if let (Plant::ForgetsRequest, Write::Create { request_id, .. }) = (self.plant, &mut *write) {
                *request_id = None;
            }
            let (Write::Create { change, .. } | Write::Append { change, .. }) = write;
            match self.plant {
                Plant::DropsTimer => change.timers_set.clear(),
                Plant::KeepsTimer => change.timers_cleared.clear(),
                Plant::ForgetsKey => change.summary.unique_key = None,
                _ => {}
            }
        }
        writes
    }

    async fn reordered(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let held = std::mem::take(&mut *self.held());
        if held.is_empty() && self.chance.one_in(8) {
            let count = writes.len();
            self.held().extend(writes);
            return Ok(vec![WriteAnswer::Committed; count]);
        }
        let answers = self.inner.write(writes).await;
        if !held.is_empty() {
            let _ = self.inner.write(held).await;
        }
        answers
    }
}

#[async_trait]
impl Layer for Planted {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, mut writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let count = writes.len();
        match self.plant {
            Plant::Reorders => return self.reordered(writes).await,
            Plant::Forgets if self.chance.one_in(8) => return Ok(vec![WriteAnswer::Committed; count]),
            Plant::Tears if count > 1 => {
                writes.truncate(count / 2);
                let mut answers = self.inner.write(writes).await?;
                answers.resize(count, WriteAnswer::Committed);
                return Ok(answers);
            }
            Plant::DeniesWrite if self.chance.one_in(8) => {
                self.inner.write(writes).await?;
                let reason = "it says so".to_owned();
                return Err(StoreError::Unavailable { reason });
            }
            Plant::HidesConflict => {
                self.inner.write(writes).await?;
                return Ok(vec![WriteAnswer::Committed; count]);
            }
            _ => {}
        }
        let writes = self.spoil(writes);
        self.inner.write(writes).await
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        let mut journal = self.inner.journal(instance).await?;
        if let Some(journal) = &mut journal
            && self.plant == Plant::ReadsOld
            && journal.len() > 1
            && self.chance.one_in(4)
        {
            journal.pop();
        }
        Ok(journal)
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        let mut due = self.inner.due_timers(until, limit).await?;
        match self.plant {
            Plant::HandsOutEarly => {
                let early = |timer: &mut DueTimer| timer.due = Timestamp(timer.due.0.saturating_sub(200));
                due.iter_mut().for_each(early);
            }
            Plant::HidesTimer => drop(due.pop()),
            _ => {}
        }
        Ok(due)
    }
}

impl std::fmt::Debug for Planted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planted")
            .field("plant", &self.plant)
            .finish_non_exhaustive()
    }
}

impl Plant {
    /// What is left of a store when its host has died. `None`: all of it.
    pub fn after_crash(self, truth: &MemoryStore, audit: &Audit, chance: &Chance) -> Option<MemoryStore> {
        if !matches!(self, Self::LosesAtCrash | Self::ChangesAtCrash) {
            return None;
        }
        let journals = audit.all(|_, book| (book.state.clone(), book.journal.clone()));
        let left = MemoryStore::new();
        for deployed in at_once(truth.versions(None)).ok()? {
            let component = at_once(truth.component(deployed.digest)).ok()??;
            at_once(left.deploy(deployed, component)).ok()?;
        }
        for (state, mut journal) in journals {
            match self {
                Self::LosesAtCrash if chance.one_in(3) => drop(journal.pop()),
                Self::ChangesAtCrash => journal.iter_mut().for_each(change),
                _ => {}
            }
            let Ok(state) = InstanceState::fold(Arc::clone(state.workflow()), &journal) else {
                continue;
            };
            let write = Write::Create {
                request_id: state.created().request_id.clone(),
                change: Change {
                    timers_set: state.timers().values().cloned().collect(),
                    timers_cleared: Vec::new(),
                    summary: Summary::of(&state),
                    entries: journal,
                },
            };
            at_once(left.write(vec![write])).ok()?;
        }
        Some(left)
    }
}

/// Another result than the one that was recorded.
fn change(entry: &mut JournalEntry) {
    if let Record::StepCompleted(completed) = &mut entry.record {
        completed.result = Json::parse("\"another\"").ok();
    }
}
