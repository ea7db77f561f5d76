//! The audit: after each write of the store, everything that must hold is checked against what the store really holds.
//!
//! It keeps a [`Book`] for each instance: what the store held after the last write. A journal only grows, and only by
//! what was written; the summary, the timers and the keys beside it are those of its fold. What was acknowledged, and
//! what attempts began, goes to the [`Checker`] that all proofs share, with a look at the journal right after it.

mod book;
mod layers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{InstanceState, JournalEntry, Record, Summary};
use hephaestus_core::{Digest, InstanceId, RequestId, Timestamp};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{Query, Store};
use hephaestus_ledger::{Checker, Expect, Observation};

use crate::log::Log;

pub use book::Book;
pub use layers::{Audited, Front};

/// A future that never waits: a call of the store in memory.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("the store in memory never waits"),
    }
}

/// See the head of this module.
pub struct Audit {
    log: Log,
    books: Mutex<Books>,
    checker: Mutex<Checking>,
}

#[derive(Default)]
struct Checking {
    checker: Checker,
    /// How many of its violations are in the log.
    told: usize,
}

#[derive(Default)]
struct Books {
    truth: Arc<MemoryStore>,
    workflows: BTreeMap<Digest, Arc<Workflow>>,
    of: BTreeMap<InstanceId, Arc<Book>>,
    requests: BTreeMap<RequestId, InstanceId>,
    /// Instances that were deleted, or that retention removed.
    removed: BTreeSet<InstanceId>,
    /// When the host was told for the last time what became of a write of each instance.
    answered: BTreeMap<InstanceId, Timestamp>,
    /// Instances that are being written, or whose host was not told what became of a write.
    unsettled: BTreeSet<InstanceId>,
    /// Conflicts that the runner was told of in this round.
    conflicts: BTreeMap<InstanceId, usize>,
}

impl Audit {
    /// Nothing is known yet.
    pub fn new(log: Log) -> Arc<Self> {
        Arc::new(Self {
            log,
            books: Mutex::default(),
            checker: Mutex::default(),
        })
    }

    /// How often the runner was told in this round that somebody else writes to an instance.
    pub fn conflicts_of(&self, instance: InstanceId) -> usize {
        self.books().conflicts.get(&instance).copied().unwrap_or(0)
    }

    /// A round begins: its runner was told of none.
    pub fn forget_conflicts(&self) {
        self.books().conflicts.clear();
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checking(&self) -> MutexGuard<'_, Checking> {
        self.checker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was seen from outside. What was acknowledged must be durable now.
    pub fn saw(&self, observation: Observation<'_>) {
        let instance = match &observation {
            Observation::Started { instance, .. }
            | Observation::Sent { instance, .. }
            | Observation::Ordered { instance, .. }
            | Observation::Saved { instance, .. }
            | Observation::Attempt { instance, .. }
            | Observation::Deleting { instance }
            | Observation::Deleted { instance }
            | Observation::Journal { instance, .. } => *instance,
            Observation::Scheduled { timer, .. } | Observation::TimerCancelled { timer } => timer.instance,
        };
        let mut checking = self.checking();
        checking.checker.observe(observation);
        let entries = self.look(instance, |book| book.journal.last().cloned());
        checking.checker.observe(Observation::Journal {
            instance,
            entries: entries.flatten().into_iter().collect(),
        });
        checking.tell(&self.log);
    }

    /// Nothing more will be seen, and everything has ended.
    pub fn finish(&self) {
        let mut checking = self.checking();
        let checker = std::mem::take(&mut checking.checker);
        let report = checker.finish(Expect::AllEnded);
        for violation in report.violations.iter().skip(checking.told) {
            self.log.violation(format_args!("{violation}"));
        }
        for (name, figure) in report.figures.rows() {
            self.log.add(name, figure);
        }
    }

    /// What `read` finds in the book of an instance.
    pub fn look<T>(&self, instance: InstanceId, read: impl FnOnce(&Book) -> T) -> Option<T> {
        // `read` may ask the audit for more.
        let book = self.books().of.get(&instance).cloned();
        book.as_deref().map(read)
    }

    /// All instances, and what `read` finds in their books.
    pub fn all<T>(&self, mut read: impl FnMut(InstanceId, &Book) -> T) -> Vec<T> {
        let books = self.books().of.clone();
        books.iter().map(|(id, book)| read(*id, book)).collect()
    }

    /// The instance that a request created.
    pub fn created_by(&self, request: &RequestId) -> Option<InstanceId> {
        self.books().requests.get(request).copied()
    }

    /// The store under everything.
    pub fn truth(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.books().truth)
    }

    /// Whether the host may not know yet what the store holds of this instance: a write is on its way, or was just done.
    pub fn is_unsettled(&self, instance: InstanceId) -> bool {
        let now = self.log.now();
        let books = self.books();
        let was_just_told = books.answered.get(&instance) == Some(&now);
        was_just_told || books.unsettled.contains(&instance)
    }

    /// Whether an instance was deleted, or removed by retention.
    pub fn is_removed(&self, instance: InstanceId) -> bool {
        self.books().removed.contains(&instance)
    }

    /// Something may have been removed: only instances that have ended and that `may_go`; and no code that others need.
    fn check_removed(&self, may_go: impl Fn(InstanceId, &Book) -> bool) {
        let stored = self.stored();
        let gone = self.all(|id, _| (!stored.contains(&id)).then_some(id));
        for instance in gone.into_iter().flatten() {
            let might_go = self.look(instance, |book| {
                book.state.status().is_terminal() && may_go(instance, book)
            });
            if might_go != Some(true) {
                self.log
                    .violation(format_args!("{instance} was removed and should have been kept"));
            }
            let mut books = self.books();
            books.of.remove(&instance);
            books.requests.retain(|_, created| *created != instance);
            books.removed.insert(instance);
            drop(books);
            let checker = &mut self.checking().checker;
            checker.observe(Observation::Deleting { instance });
            checker.observe(Observation::Deleted { instance });
        }
        let truth = self.truth();
        let needed: BTreeSet<Digest> = self
            .all(|_, book| book.state.created().digest)
            .into_iter()
            .collect();
        for digest in needed {
            if !at_once(truth.component(digest)).is_ok_and(|component| component.is_some()) {
                self.log
                    .violation(format_args!("{digest} was removed, and instances need it"));
            }
        }
    }

    /// The graph of this code.
    pub fn know(&self, digest: Digest, workflow: Arc<Workflow>) {
        self.books().workflows.insert(digest, workflow);
    }

    /// A host begins, on what the store holds now. Nothing that was there may be missing.
    pub fn begin_round(&self, truth: Arc<MemoryStore>) {
        {
            let mut books = self.books();
            books.truth = truth;
            books.unsettled.clear();
            books.answered.clear();
        }
        let stored = self.stored();
        let missing = self.all(|id, _| (!stored.contains(&id)).then_some(id));
        for instance in missing.into_iter().flatten() {
            self.log
                .violation(format_args!("{instance} is gone from the store"));
        }
        let instances: Vec<_> = stored.into_iter().collect();
        self.sync(&instances);
        self.check_whole(&instances);
    }

    /// The instances that the store holds.
    fn stored(&self) -> BTreeSet<InstanceId> {
        let all = Query {
            limit: usize::MAX,
            ..Query::default()
        };
        let truth = Arc::clone(&self.books().truth);
        let page = at_once(truth.query(all)).unwrap_or_default();
        page.instances().into_iter().collect()
    }

    /// Whole folds: what was applied entry by entry must be the same.
    fn check_whole(&self, instances: &[InstanceId]) {
        for instance in instances {
            let folded = self.look(*instance, |book| {
                let folded = InstanceState::fold(Arc::clone(book.state.workflow()), &book.journal);
                folded.is_ok_and(|folded| folded == book.state)
            });
            if folded == Some(false) {
                self.log
                    .violation(format_args!("{instance}: its fold is another state"));
            }
        }
    }

    /// Reads these instances in the store, and checks what is new.
    fn sync(&self, instances: &[InstanceId]) {
        let mut books = self.books();
        let mut checking = self.checking();
        for instance in instances {
            let known = books.of.get(instance).map_or(0, |book| book.journal.len());
            if let Err(problem) = books.sync(*instance) {
                self.log.violation(format_args!("{instance}: {problem}"));
            }
            let Some(book) = books.of.get(instance).filter(|book| book.journal.len() > known) else {
                continue;
            };
            checking.checker.observe(Observation::Journal {
                instance: *instance,
                entries: book.journal[known..].to_vec(),
            });
        }
        checking.tell(&self.log);
        if let Err(problem) = books.check_keys() {
            self.log.violation(format_args!("{problem}"));
        }
    }
}

impl Checking {
    fn tell(&mut self, log: &Log) {
        let violations = self.checker.violations();
        for violation in &violations[self.told..] {
            log.violation(format_args!("{violation}"));
        }
        self.told = violations.len();
    }
}

impl Books {
    fn sync(&mut self, instance: InstanceId) -> Result<(), String> {
        let truth = Arc::clone(&self.truth);
        let journal = at_once(truth.journal(instance)).map_err(|error| error.to_string())?;
        let Some(journal) = journal else {
            return match self.of.contains_key(&instance) {
                true => Err("it is gone from the store".to_owned()),
                // Never written, or removed.
                false => Ok(()),
            };
        };
        self.read(instance, &journal)?;
        let Some(book) = self.of.get(&instance) else {
            return Ok(());
        };
        book.check()?;
        let summary = at_once(truth.summary(instance)).map_err(|error| error.to_string())?;
        let expected = Summary::of(&book.state);
        if summary.as_ref() != Some(&expected) {
            return Err(format!("its summary is {summary:?}, its fold says {expected:?}"));
        }
        self.check_timers(instance)
    }

    /// The journal grew, or stayed as it was.
    fn read(&mut self, instance: InstanceId, journal: &[JournalEntry]) -> Result<(), String> {
        let Some(first) = journal.first() else {
            return Err("its journal is empty".to_owned());
        };
        if self.removed.contains(&instance) {
            return Err("it was removed, and is there again".to_owned());
        }
        if !self.of.contains_key(&instance) {
            let book = self.open(instance, first)?;
            self.of.insert(instance, Arc::new(book));
        }
        let Some(book) = self.of.get_mut(&instance).map(Arc::make_mut) else {
            return Ok(());
        };
        let known = book.journal.len();
        if !journal.starts_with(&book.journal) {
            let pairs = book.journal.iter().zip(journal);
            let same = pairs.take_while(|(known, found)| known == found).count();
            let (was, is) = (book.journal.get(same), journal.get(same));
            return Err(format!("entry {} was {was:?} and is {is:?} now", same + 1));
        }
        for entry in &journal[known..] {
            book.add(entry)
                .map_err(|problem| format!("entry {}: {problem}", entry.seq))?;
        }
        Ok(())
    }

    fn open(&mut self, instance: InstanceId, first: &JournalEntry) -> Result<Book, String> {
        let Record::Created(created) = &first.record else {
            return Err("its journal doesn't begin with its creation".to_owned());
        };
        let workflow = self.workflows.get(&created.digest);
        let workflow = workflow.ok_or_else(|| format!("nobody deployed its code {}", created.digest))?;
        let book = Book::open(Arc::clone(workflow), first)?;
        if created.instance != instance {
            return Err(format!("it was created as {}", created.instance));
        }
        if let Some(request) = &created.request_id
            && let Some(other) = self.requests.insert(request.clone(), instance)
        {
            return Err(format!("request {request} created {other} before"));
        }
        Ok(book)
    }

    /// The timers in the store are those of the folded state.
    fn check_timers(&self, instance: InstanceId) -> Result<(), String> {
        let all = at_once(self.truth.due_timers(Timestamp(u64::MAX), usize::MAX));
        let all = all.map_err(|error| error.to_string())?;
        let own = all.iter().filter(|timer| timer.id.instance == instance);
        let stored: BTreeMap<u32, Timestamp> = own.map(|timer| (timer.id.number, timer.due)).collect();
        let Some(book) = self.of.get(&instance) else {
            return Ok(());
        };
        let timers = book.state.timers().iter();
        let folded: BTreeMap<u32, Timestamp> = timers.map(|(number, timer)| (*number, timer.due)).collect();
        match stored == folded {
            true => Ok(()),
            false => Err(format!(
                "the store has the timers {stored:?}, its fold says {folded:?}"
            )),
        }
    }

    /// No two active instances hold the same key.
    fn check_keys(&self) -> Result<(), String> {
        let mut held = BTreeMap::new();
        for (instance, book) in &self.of {
            let Some(key) = Summary::of(&book.state).unique_key else {
                continue;
            };
            if let Some(other) = held.insert(key.clone(), *instance) {
                return Err(format!("`{key}` is held by {other} and by {instance}"));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").finish_non_exhaustive()
    }
}
