//! [`LocalRunner`]: executes instances in this process, each in a task of its own.
//!
//! | module | idea |
//! |---|---|
//! | `registry` | which instances have a task now; leases keep it while somebody talks to it |
//! | `supervisor` | starts tasks, and again after a crash, with bounded intensity |
//! | `task`, `settle`, `work` | the task that owns an instance; one round of deciding and committing |
//! | `crew`, `saves` | the attempts of one instance, their sandboxes, and what they say: that they begin, their progress |
//! | `mailbox` | requests to an instance, answered after the commit |
//! | `start`, `resolve`, `load`, `code` | creating, finding and loading instances and their code |
//! | `retention` | removes what ended long ago |
//! | `timers`, `recovery` | what wakes instances that are parked, or were running when the last host ended |
//! | `phase` | how far the runner has come to its end |
//! | `health` | whether the store works, for the log |
//! | `watch`, `wait` | following an instance; waiting until it is in a certain state |
//!
//! Everything here is deterministic under paused time on a runtime with one thread, given a seed for its ids.

mod activity;
mod code;
mod crew;
mod health;
mod ids;
mod limits;
mod load;
mod mailbox;
mod phase;
mod recovery;
mod registry;
mod resolve;
mod retention;
mod saves;
mod settle;
mod start;
mod supervisor;
mod task;
mod timers;
mod wait;
mod watch;
mod work;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::engine::{Input, InstanceState, JournalEntry, SentEvent};
use hephaestus_core::{Digest, InstanceId, Json, StepRef, TimerId, WorkflowName};
use tokio::sync::Semaphore;

use super::{
    Clock, DeleteError, InstanceError, InstanceRef, LoadError, LoadedWorkflow, ResumeError, Runner,
    ScheduleError, StartError, StartOptions, StepExecutor,
};
use crate::store::committer::{Committer, CommitterLimits};
use crate::store::{DeleteAnswer, Page, Query, Store, StoreError, Write, WriteAnswer};
use mailbox::{Accepted, Verb, ask};
use phase::Phase;

pub use activity::Activity;
pub use limits::RunnerLimits;
pub use recovery::Recovery;
pub use resolve::resolve;
pub use watch::{Watch, WatchEvent};

/// How long tasks that were told to stop may take for it, and a store its last commit and its end.
pub(crate) const LAST_GRACE: Duration = Duration::from_secs(5);

/// What a [`LocalRunner`] is built from.
pub struct RunnerParts {
    /// Persistence.
    pub store: Arc<dyn Store>,
    /// Where steps execute.
    pub executor: Arc<dyn StepExecutor>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Bounds.
    pub limits: RunnerLimits,
    /// Which instances are executed.
    pub recovery: Recovery,
    /// How long instances are kept after they ended. `None`: for ever.
    pub retain: Option<Duration>,
    /// For ids that can be repeated, in a simulation. `None`: the operating system's randomness.
    pub seed: Option<u64>,
}

/// Executes instances in this process. When it is dropped, its tasks stop where they are, as in a crash; see
/// [`Self::shutdown`] for an orderly end.
pub struct LocalRunner {
    shared: Arc<Shared>,
}

/// What all tasks of a runner share.
struct Shared {
    store: Arc<dyn Store>,
    committer: Committer,
    executor: Arc<dyn StepExecutor>,
    clock: Arc<dyn Clock>,
    limits: RunnerLimits,
    ids: ids::IdSource,
    code: code::CodeCache,
    registry: Arc<registry::Registry>,
    timers: timers::Timers,
    feeds: watch::Feeds,
    health: health::Health,
    /// A permit for each sandbox of an instance that has begun.
    sandboxes: Arc<Semaphore>,
    /// A permit for each step that executes.
    running: Semaphore,
    phase: phase::PhaseSignal,
}

impl Shared {
    async fn sleep(&self, duration: Duration) {
        self.clock.sleep_until(self.clock.now().after(duration)).await;
    }

    async fn write(&self, write: impl Into<Arc<Write>>) -> Result<WriteAnswer, StoreError> {
        let write = write.into();
        // Whoever starts an instance is told, and may ask again; nothing of it waits here.
        let waiting = match &*write {
            Write::Create { .. } => None,
            Write::Append { instance, .. } => Some(*instance),
        };
        let answer = self.committer.write(write).await;
        self.health.wrote(&*self.clock, waiting, &answer);
        answer
    }
}

/// A mutex whose content stays consistent even if a holder panics: each critical section is one small change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LocalRunner {
    /// Starts a runner: from now on it executes what `recovery` says.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(parts: RunnerParts) -> Self {
        let limits = parts.limits.sound();
        let shared = Arc::new(Shared {
            committer: Committer::spawn(Arc::clone(&parts.store), CommitterLimits::default()),
            store: parts.store,
            executor: parts.executor,
            clock: parts.clock,
            ids: ids::IdSource::new(parts.seed),
            code: code::CodeCache::default(),
            registry: Arc::default(),
            timers: timers::Timers::new(parts.recovery),
            feeds: watch::Feeds::default(),
            health: health::Health::default(),
            sandboxes: Arc::new(Semaphore::new(limits.max_sandboxes.min(Semaphore::MAX_PERMITS))),
            running: Semaphore::new(limits.max_running_steps.min(Semaphore::MAX_PERMITS)),
            phase: phase::PhaseSignal::new(),
            limits,
        });
        tokio::spawn(timers::run(Arc::clone(&shared)));
        if parts.recovery == Recovery::All {
            tokio::spawn(recovery::run(Arc::clone(&shared)));
        }
        if let Some(keep) = parts.retain {
            tokio::spawn(retention::run(Arc::clone(&shared), keep));
        }
        Self { shared }
    }

    /// Finds the instance that is meant: it exists.
    pub async fn resolve(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        resolve::resolve(&*self.shared.store, target).await
    }

    /// The state of an instance, folded from its journal.
    pub async fn get(&self, target: &InstanceRef) -> Result<InstanceState, InstanceError> {
        let instance = self.resolve(target).await?;
        match load::load(&self.shared, instance).await {
            Ok(loaded) => Ok(loaded.state),
            Err(failure) => Err(failure.to_error(instance)),
        }
    }

    /// A page of instances, newest first. One that can't be read is named in it, and hides no other.
    pub async fn list(&self, query: Query) -> Result<Page, StoreError> {
        self.shared.store.query(query).await
    }

    /// The journal of an instance.
    pub async fn history(&self, target: &InstanceRef) -> Result<Vec<JournalEntry>, InstanceError> {
        let instance = self.resolve(target).await?;
        let journal = self.shared.store.journal(instance).await?;
        journal.ok_or_else(|| InstanceError::UnknownInstance(target.clone()))
    }

    /// What an instance has done so far, in numbers.
    pub async fn activity(&self, target: &InstanceRef) -> Result<Activity, InstanceError> {
        let instance = self.resolve(target).await?;
        if let Some(activity) = self.shared.registry.activity(instance) {
            return Ok(activity);
        }
        let journal = self.history(&InstanceRef::Id(instance)).await?;
        let mut activity = Activity::default();
        activity.count(&journal);
        let summary = self.shared.store.summary(instance).await?;
        activity.waiting_since = summary.and_then(|summary| summary.waiting_since);
        Ok(activity)
    }

    /// The instances that have a task now, the oldest first.
    pub fn residents(&self) -> Vec<InstanceId> {
        self.shared.registry.residents()
    }

    /// Makes sure that the instance is executed here: what was running in its last host runs again.
    pub async fn activate(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        let instance = self.resolve(target).await?;
        start::activate(&self.shared, instance).await?;
        Ok(instance)
    }

    /// See [`Host::start_and_watch`](crate::Host::start_and_watch).
    pub async fn start_and_watch(
        &self,
        workflow: &WorkflowName,
        initial: Json,
        options: StartOptions,
    ) -> Result<Watch, StartError> {
        start::start_and_watch(&self.shared, workflow, initial, options).await
    }

    /// Follows an instance from its entry number `after` + 1 on; 0 is from its beginning.
    pub async fn watch(&self, target: &InstanceRef, after: u64) -> Result<Watch, InstanceError> {
        let instance = self.resolve(target).await?;
        let watch = Watch::new(&self.shared, instance, after).await?;
        watch.ok_or_else(|| InstanceError::UnknownInstance(target.clone()))
    }

    /// Stops an instance.
    pub async fn cancel(&self, target: &InstanceRef, reason: Option<String>) -> Result<(), InstanceError> {
        self.input(target, Input::Cancel { reason }).await.map(drop)
    }

    /// Lets a failed instance try again.
    pub async fn retry(&self, target: &InstanceRef) -> Result<(), InstanceError> {
        self.input(target, Input::Retry).await.map(drop)
    }

    /// Removes an instance that has ended, and all that is stored of it.
    pub async fn delete(&self, target: &InstanceRef) -> Result<(), DeleteError> {
        let instance = self.locate(target).await?;
        match self.shared.store.delete(instance).await? {
            DeleteAnswer::Deleted => Ok(()),
            DeleteAnswer::NoSuchInstance => Err(InstanceError::UnknownInstance(target.clone()).into()),
            DeleteAnswer::StillActive { status } => Err(DeleteError::StillActive { instance, status }),
        }
    }

    /// Cancels a timer of [`Runner::schedule_resume`].
    pub async fn cancel_timer(&self, timer: TimerId) -> Result<(), InstanceError> {
        let input = Input::CancelTimer { number: timer.number };
        self.input(&InstanceRef::Id(timer.instance), input)
            .await
            .map(drop)
    }

    /// Ends intake, lets steps that run end within `grace`, commits what they came to, and stops all tasks. What runs
    /// longer is broken off and recorded as that; it runs again in the next host, and isn't held against its step.
    pub async fn shutdown(&self, grace: Duration) {
        let shared = &self.shared;
        shared.registry.close();
        shared.phase.advance(Phase::Draining);
        self.await_tasks(grace).await;
        shared.phase.end_in_order();
        self.await_tasks(LAST_GRACE).await;
        tokio::select! {
            biased;
            () = shared.committer.shutdown() => {}
            () = shared.sleep(LAST_GRACE) => tracing::error!("the store doesn't end its last commit"),
        }
    }

    async fn await_tasks(&self, patience: Duration) {
        tokio::select! {
            biased;
            () = self.shared.registry.emptied() => {}
            () = self.shared.sleep(patience) => {}
        }
    }

    /// The instance that is meant, if it exists: its task finds that out by itself.
    async fn locate(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        match target {
            InstanceRef::Id(instance) => Ok(*instance),
            InstanceRef::Business(_) => self.resolve(target).await,
        }
    }

    async fn input(&self, target: &InstanceRef, input: Input) -> Result<Accepted, InstanceError> {
        let instance = self.locate(target).await?;
        ask(&self.shared, instance, Verb::Input(Box::new(input))).await
    }

    /// Loads code that may not be stored yet.
    pub(crate) async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        self.shared
            .code
            .load(&*self.shared.executor, digest, component)
            .await
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.shared.store
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }
}

#[async_trait]
impl Runner for LocalRunner {
    async fn start_instance(
        &self,
        workflow: &WorkflowName,
        initial: Json,
        options: StartOptions,
    ) -> Result<InstanceId, StartError> {
        start::start(&self.shared, workflow, initial, options).await
    }

    async fn resume(&self, target: &InstanceRef, event: SentEvent) -> Result<(), ResumeError> {
        let max_bytes = self.shared.limits.max_input_bytes;
        let bytes = event.payload.as_ref().map_or(0, |payload| payload.as_str().len());
        if bytes > max_bytes {
            return Err(InstanceError::PayloadTooLarge {
                event: event.event,
                bytes,
                max_bytes,
            });
        }
        let input = Input::Event { event, routing: None };
        self.input(target, input).await.map(drop)
    }

    async fn schedule_resume(
        &self,
        target: &InstanceRef,
        step: &StepRef,
        delay: Duration,
    ) -> Result<TimerId, ScheduleError> {
        let instance = self.locate(target).await?;
        let input = Input::Schedule {
            step: step.clone(),
            delay,
        };
        let accepted = ask(&self.shared, instance, Verb::Input(Box::new(input))).await?;
        match accepted.timer {
            Some(number) => Ok(TimerId { instance, number }),
            None => Err(StoreError::Damaged {
                reason: format!("instance {instance}: a timer was accepted without a number"),
            }
            .into()),
        }
    }
}

impl Drop for LocalRunner {
    fn drop(&mut self) {
        self.shared.registry.close();
        self.shared.phase.advance(Phase::Ended);
    }
}

impl std::fmt::Debug for LocalRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let phase = self.shared.phase.now();
        f.debug_struct("LocalRunner")
            .field("phase", &phase)
            .finish_non_exhaustive()
    }
}
