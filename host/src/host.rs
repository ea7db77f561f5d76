//! The façade: what embedders and the binary use.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::engine::{InstanceState, JournalEntry, SentEvent};
use hephaestus_core::{InstanceId, Json, StepRef, TimerId, WorkflowName};

use crate::deploy::{self, CurrentManifest, DeployError, Deployment, Manifest};
use crate::runner::local::{Activity, LAST_GRACE, LocalRunner, Recovery, RunnerLimits, RunnerParts, Watch};
use crate::runner::{
    Clock, DeleteError, InstanceError, InstanceRef, ResumeError, Runner, ScheduleError, StartError,
    StartOptions, StepExecutor, SystemClock,
};
use crate::sandbox::{SandboxError, SandboxOptions, WasmExecutor};
use crate::store::memory::MemoryStore;
use crate::store::sqlite::{SqliteOptions, SqliteStore};
use crate::store::{Page, Query, Store, StoreError};

/// Builds a [`Host`] from explicit parts. Each has a default: a store in memory, the sandbox, the system's clock.
#[derive(Default)]
pub struct HostBuilder {
    recovery: Recovery,
    store: StoreChoice,
    sandbox: SandboxOptions,
    manifest: Option<Manifest>,
    executor: Option<Arc<dyn StepExecutor>>,
    clock: Option<Arc<dyn Clock>>,
    limits: RunnerLimits,
    retain: Option<Duration>,
    seed: Option<u64>,
}

#[derive(Default)]
enum StoreChoice {
    #[default]
    Memory,
    Sqlite(PathBuf, SqliteOptions),
    Given(Arc<dyn Store>),
}

/// A host can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sandbox can't be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl HostBuilder {
    /// Which instances the host executes.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Keeps everything in this SQLite file; created if it isn't there.
    pub fn sqlite(self, path: impl AsRef<Path>) -> Self {
        self.sqlite_with(path, SqliteOptions::default())
    }

    /// As [`Self::sqlite`], and says how the file is used.
    pub fn sqlite_with(mut self, path: impl AsRef<Path>, options: SqliteOptions) -> Self {
        self.store = StoreChoice::Sqlite(path.as_ref().to_owned(), options);
        self
    }

    /// Removes instances that ended longer ago than this, with their journals; and the code of versions that are not the
    /// current one and that no stored instance needs. Without it, everything is kept for ever.
    ///
    /// It is done in the background, in small batches. What is removed is forgotten: its business id names nothing, its
    /// request id starts a new instance. The room is used again; a SQLite file doesn't become smaller by itself.
    pub fn retain(mut self, keep: Duration) -> Self {
        self.retain = Some(keep);
        self
    }

    /// Keeps everything in memory, and loses it with the process. The default.
    pub fn memory(mut self) -> Self {
        self.store = StoreChoice::Memory;
        self
    }

    /// Keeps everything in a store that the caller opened. [`Host::shutdown`] closes it.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = StoreChoice::Given(store);
        self
    }

    /// Sets the sandbox's bounds.
    pub fn sandbox(mut self, options: SandboxOptions) -> Self {
        self.sandbox = options;
        self
    }

    /// What steps may use: HTTP, secrets. Without a manifest they have neither.
    pub fn manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// Executes steps with this instead of the sandbox. It decides by itself what it grants: [`Self::manifest`] is the
    /// sandbox's.
    pub fn executor(mut self, executor: Arc<dyn StepExecutor>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Takes the time from this instead of the system's clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Bounds the runner with these numbers.
    pub fn limits(mut self, limits: RunnerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Draws ids that are the same for the same seed, for simulations. They can be guessed: not for production.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Opens the store and starts the runner.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn build(mut self) -> Result<Host, BuildError> {
        if let StoreChoice::Sqlite(path, _) = &self.store {
            self.sandbox.guarded.push(path.clone());
        }
        let store: Arc<dyn Store> = match self.store {
            StoreChoice::Memory => Arc::new(MemoryStore::new()),
            StoreChoice::Sqlite(path, options) => Arc::new(SqliteStore::open_with(path, options).await?),
            StoreChoice::Given(store) => store,
        };
        let manifest = self.sandbox.manifest.clone();
        if let Some(given) = self.manifest {
            manifest.replace(given);
        }
        let executor = match self.executor {
            Some(executor) => executor,
            None => Arc::new(WasmExecutor::new(self.sandbox)?),
        };
        let runner = LocalRunner::start(RunnerParts {
            store,
            executor,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            limits: self.limits,
            recovery: self.recovery,
            retain: self.retain,
            seed: self.seed,
        });
        Ok(Host {
            runner: Arc::new(runner),
            manifest,
        })
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store: &dyn fmt::Debug = match &self.store {
            StoreChoice::Memory => &"memory",
            StoreChoice::Sqlite(path, _) => path,
            StoreChoice::Given(_) => &"given",
        };
        f.debug_struct("HostBuilder")
            .field("recovery", &self.recovery)
            .field("store", store)
            .field("retain", &self.retain)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Runs workflows: a store, a sandbox and a runner. Cheap to clone. When the last clone is dropped, everything stops
/// where it is, as in a crash; [`Self::shutdown`] is the orderly end.
#[derive(Debug, Clone)]
pub struct Host {
    runner: Arc<LocalRunner>,
    manifest: CurrentManifest,
}

impl Host {
    /// Begins to build a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// The runner, for what goes beyond this façade.
    pub fn runner(&self) -> &LocalRunner {
        &self.runner
    }

    /// Loads, proves and stores a component, and makes its version the current one of its workflow (the highest
    /// deployed version is current).
    pub async fn deploy(&self, component: &[u8]) -> Result<Deployment, DeployError> {
        let deployed = deploy::deploy(&self.runner, component).await?;
        self.manifest.get().warn(&deployed.workflow);
        Ok(deployed)
    }

    /// From now on, `manifest` decides what steps may use: every attempt that begins after this, of every instance and
    /// version.
    pub fn replace_manifest(&self, manifest: Manifest) {
        self.manifest.replace(manifest);
    }

    /// Finds the instance that is meant: it exists.
    pub async fn resolve(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        self.runner.resolve(target).await
    }

    /// The state of an instance, folded from its journal.
    pub async fn get(&self, target: &InstanceRef) -> Result<InstanceState, InstanceError> {
        self.runner.get(target).await
    }

    /// A page of instances, newest first. One that can't be read is named in it, and hides no other.
    pub async fn list(&self, query: Query) -> Result<Page, StoreError> {
        self.runner.list(query).await
    }

    /// The journal of an instance.
    pub async fn history(&self, target: &InstanceRef) -> Result<Vec<JournalEntry>, InstanceError> {
        self.runner.history(target).await
    }

    /// What an instance has done so far, in numbers.
    pub async fn activity(&self, target: &InstanceRef) -> Result<Activity, InstanceError> {
        self.runner.activity(target).await
    }

    /// Makes sure that this host executes the instance: what was running when its last host ended runs again.
    pub async fn activate(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        self.runner.activate(target).await
    }

    /// As [`Runner::start_instance`], and follows the instance from before it begins. A [`Self::watch`] after the start
    /// sees every fact as well, but what the first steps write may be over by then. The feed holds 256 events: who reads
    /// slower misses hints and output, never facts.
    ///
    /// ```no_run
    /// # use hephaestus_host::{Host, Json, StartOptions, WatchEvent, core::WorkflowName};
    /// # async fn example(host: Host, workflow: &WorkflowName, input: Json) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut watch = host.start_and_watch(workflow, input, StartOptions::default()).await?;
    /// println!("started {}", watch.instance());
    /// while let Some(event) = watch.next().await {
    ///     match event {
    ///         WatchEvent::Entry(entry) => println!("{} {:?}", entry.seq, entry.record),
    ///         WatchEvent::Output { step, line, .. } => println!("{step}: {}", line.message),
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_and_watch(
        &self,
        workflow: &WorkflowName,
        initial: Json,
        options: StartOptions,
    ) -> Result<Watch, StartError> {
        self.runner.start_and_watch(workflow, initial, options).await
    }

    /// Waits until `is_reached` holds, or the instance has ended, and returns the state that it is in then: look at
    /// [`InstanceState::status`] to tell which. The state is durable. One that the instance has left again before
    /// anybody could look is not noticed, so ask for what lasts: "waits for this event" does, until somebody sends it.
    ///
    /// It sets no bound of its own: `tokio::time::timeout` does, and dropping the future is safe at any point. If the
    /// host shuts down meanwhile: [`InstanceError::ShuttingDown`]; if the instance's task was given up:
    /// [`InstanceError::TaskFailed`].
    ///
    /// ```no_run
    /// # use hephaestus_host::{Host, InstanceError, InstanceRef};
    /// # async fn example(host: Host, order: &InstanceRef) -> Result<(), InstanceError> {
    /// let state = host.wait_for(order, |state| state.awaits("approved")).await?;
    /// if state.status().is_terminal() {
    ///     println!("nobody was asked: {}", state.status());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for(
        &self,
        target: &InstanceRef,
        is_reached: impl Fn(&InstanceState) -> bool + Send + Sync,
    ) -> Result<InstanceState, InstanceError> {
        self.runner.wait_for(target, is_reached).await
    }

    /// Waits until the instance has ended; [`Self::wait_for`] without a condition.
    pub async fn wait_for_end(&self, target: &InstanceRef) -> Result<InstanceState, InstanceError> {
        self.wait_for(target, |_| false).await
    }

    /// Follows an instance from its entry number `after` + 1 on; 0 is from its beginning.
    pub async fn watch(&self, target: &InstanceRef, after: u64) -> Result<Watch, InstanceError> {
        self.runner.watch(target, after).await
    }

    /// Stops an instance.
    pub async fn cancel(&self, target: &InstanceRef, reason: Option<String>) -> Result<(), InstanceError> {
        self.runner.cancel(target, reason).await
    }

    /// Lets a failed instance try again.
    pub async fn retry(&self, target: &InstanceRef) -> Result<(), InstanceError> {
        self.runner.retry(target).await
    }

    /// Removes an instance that has ended, and all that is stored of it. One that hasn't is
    /// [refused](DeleteError::StillActive).
    pub async fn delete(&self, target: &InstanceRef) -> Result<(), DeleteError> {
        self.runner.delete(target).await
    }

    /// Cancels a timer of [`Runner::schedule_resume`].
    pub async fn cancel_timer(&self, timer: TimerId) -> Result<(), InstanceError> {
        self.runner.cancel_timer(timer).await
    }

    /// Stops intake, lets running steps finish for `grace`, commits, closes the store. A store that hangs is waited for some
    /// seconds beyond `grace`, and then left to the process.
    pub async fn shutdown(&self, grace: Duration) {
        self.runner.shutdown(grace).await;
        let clock = self.runner.clock();
        tokio::select! {
            biased;
            closed = self.runner.store().close() => if let Err(error) = closed {
                tracing::error!(%error, "the store can't be closed");
            },
            () = clock.sleep_until(clock.now().after(LAST_GRACE)) => tracing::error!(
                "the store doesn't close within {LAST_GRACE:?}: it is left to the process, and what it does until that ends"
            ),
        }
    }
}

#[async_trait]
impl Runner for Host {
    async fn start_instance(
        &self,
        workflow: &WorkflowName,
        initial: Json,
        options: StartOptions,
    ) -> Result<InstanceId, StartError> {
        self.runner.start_instance(workflow, initial, options).await
    }

    async fn resume(&self, target: &InstanceRef, event: SentEvent) -> Result<(), ResumeError> {
        self.runner.resume(target, event).await
    }

    async fn schedule_resume(
        &self,
        target: &InstanceRef,
        step: &StepRef,
        delay: Duration,
    ) -> Result<TimerId, ScheduleError> {
        self.runner.schedule_resume(target, step, delay).await
    }
}
