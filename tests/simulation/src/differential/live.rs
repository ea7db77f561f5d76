//! A world with a host: its commands are the host's, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{Digest, InstanceId, StepRef, Timestamp};
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{Clock, Runner, StartError, SystemClock};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::sqlite::{SqliteOptions, SqliteStore, Synchronous};
use hephaestus_host::store::{DueTimer, Query, Store};
use hephaestus_host::{DeployError, Host, Recovery};
use tokio::runtime::Runtime;

use super::command::Command;
use super::flows::Flows;
use super::gates::{Gated, Gates};
use super::model::{LIMITS, Running};
use super::nature::Nature;
use crate::chance::Chance;
use crate::stores::{AtOnce, Over, Plant, Planted};

/// How often everybody has a turn before the host counts as still.
const TURNS: usize = 300;

/// How long attempts have when a host is shut down. None ends by itself, so all are broken off then.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Where a world keeps what is durable.
pub(super) enum Disk {
    /// In memory, perhaps with a plant in it.
    Memory(Arc<MemoryStore>, Option<(Plant, Chance)>),
    /// In a file.
    Sqlite(tempfile::TempDir),
}

/// See the head of this module.
pub(super) struct Live {
    flows: Arc<Flows>,
    nature: Nature,
    disk: Disk,
    /// How many hosts there were.
    hosts: u64,
    now: Timestamp,
    up: Option<Up>,
}

/// What ends with a host.
struct Up {
    // Dropped in this order.
    host: Host,
    store: Arc<dyn Store>,
    gates: Arc<Gates>,
    clock: Arc<dyn Clock>,
    flows: Arc<Flows>,
    runtime: Runtime,
}

/// What is stored of instances.
pub(super) type Journals = BTreeMap<InstanceId, Vec<JournalEntry>>;

/// A world can't go on, for reasons that have nothing to do with what is compared.
pub(super) type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Live {
    pub(super) fn new(flows: Arc<Flows>, nature: Nature, disk: Disk, now: Timestamp) -> Result<Self, Broken> {
        let mut live = Self {
            flows,
            nature,
            disk,
            hosts: 0,
            now,
            up: None,
        };
        live.begin()?;
        Ok(live)
    }

    /// Another host.
    fn begin(&mut self) -> Result<(), Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        self.hosts += 1;
        let gates = Arc::<Gates>::default();
        let executor = Gated {
            flows: Arc::clone(&self.flows),
            nature: self.nature,
            gates: Arc::clone(&gates),
        };
        let mut limits = RunnerLimits::default();
        limits.engine = LIMITS;
        let up: Result<_, Broken> = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::starting_at(self.now));
            let store = self.store().await?;
            let host = Host::builder()
                .store(Arc::clone(&store))
                .executor(Arc::new(executor))
                .clock(Arc::clone(&clock))
                .limits(limits)
                .seed(self.hosts)
                .recovery(Recovery::All)
                .build()
                .await?;
            settle().await;
            Ok((host, store, clock))
        });
        let (host, store, clock) = up?;
        self.up = Some(Up {
            host,
            store,
            gates,
            clock,
            flows: Arc::clone(&self.flows),
            runtime,
        });
        Ok(())
    }

    async fn store(&self) -> Result<Arc<dyn Store>, Broken> {
        match &self.disk {
            Disk::Memory(store, None) => Ok(Arc::clone(store) as Arc<dyn Store>),
            Disk::Memory(store, Some((plant, chance))) => {
                let store = Arc::clone(store) as Arc<dyn Store>;
                Ok(Arc::new(Over(Planted::new(store, *plant, chance.clone()))))
            }
            Disk::Sqlite(folder) => {
                let mut options = SqliteOptions::default();
                // This is not about power: what was answered is in the file all the same.
                options.synchronous = Synchronous::Off;
                let opening = SqliteStore::open_with(folder.path().join("store.db"), options);
                let store: Arc<dyn Store> = Arc::new(opening.await?);
                Ok(Arc::new(Over(AtOnce(store))))
            }
        }
    }

    /// What the command is answered; and the instance that it created.
    pub(super) fn act(&mut self, command: &Command) -> Result<(String, Option<InstanceId>), Broken> {
        if let Command::Restart { orderly, jump_ms } = command {
            self.end(*orderly);
            self.now = Timestamp(self.now.0.saturating_add_signed(*jump_ms));
            self.begin()?;
            return Ok((String::new(), None));
        }
        let Some(up) = &self.up else {
            return Err("no host is up".into());
        };
        let (answer, now) = up.runtime.block_on(async {
            let answer = up.act(command).await;
            settle().await;
            // Paused time is the runtime's: outside of it another clock runs.
            (answer, up.clock.now())
        });
        self.now = now;
        Ok(answer)
    }

    fn end(&mut self, orderly: bool) {
        let Some(up) = self.up.take() else { return };
        let Up {
            host, store, runtime, ..
        } = up;
        runtime.block_on(async {
            if orderly {
                host.shutdown(GRACE).await;
            }
            drop(host);
        });
        // What a dead host's tasks hold is gone with the runtime: the file is free after it.
        drop(runtime);
        drop(store);
    }

    /// The attempts that execute now, and what each was told.
    pub(super) fn running(&self) -> BTreeMap<(InstanceId, StepRef), Running> {
        self.up.as_ref().map(|up| up.gates.running()).unwrap_or_default()
    }

    /// All that is stored of these instances: their journals, and all timers.
    pub(super) fn stored(&self, instances: &[InstanceId]) -> Result<(Journals, Vec<DueTimer>), Broken> {
        let Some(up) = &self.up else {
            return Err("no host is up".into());
        };
        up.runtime.block_on(async {
            let mut journals = BTreeMap::new();
            for instance in instances {
                let journal = up.store.journal(*instance).await?;
                journals.extend(journal.map(|journal| (*instance, journal)));
            }
            let timers = up.store.due_timers(Timestamp(u64::MAX), usize::MAX).await?;
            Ok((journals, timers))
        })
    }

    /// The instances that are stored, the oldest first.
    pub(super) fn instances(&self) -> Result<Vec<InstanceId>, Broken> {
        let Some(up) = &self.up else {
            return Err("no host is up".into());
        };
        let all = Query {
            limit: 10_000,
            ..Query::default()
        };
        let page = up.runtime.block_on(up.host.list(all))?;
        Ok(page.instances().into_iter().rev().collect())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end(false);
    }
}

impl Up {
    async fn act(&self, command: &Command) -> (String, Option<InstanceId>) {
        if let Command::Start(workflow, initial, options) = command {
            let answer = self
                .host
                .start_instance(workflow, initial.clone(), options.clone())
                .await;
            return match answer {
                // How it is worded is the host's own.
                Err(StartError::InvalidInput { .. }) => ("InvalidInput".to_owned(), None),
                answer => (format!("{answer:?}"), answer.ok()),
            };
        }
        (self.text(command).await, None)
    }

    async fn deploy(&self, at: usize) -> Result<(Digest, bool), DeployError> {
        let (_, component) = &self.flows.components[at];
        let deployed = self.host.deploy(component).await?;
        Ok((deployed.digest, deployed.is_new))
    }

    async fn text(&self, command: &Command) -> String {
        let Self { host, .. } = self;
        match command {
            Command::Deploy(at) => format!("{:?}", self.deploy(*at).await),
            Command::Finish(instance, step) => match self.gates.open(&(*instance, step.clone())) {
                true => "finished".to_owned(),
                false => "no such attempt".to_owned(),
            },
            Command::Resume(target, event) => format!("{:?}", host.resume(target, event.clone()).await),
            Command::Schedule(target, step, delay) => {
                format!("{:?}", host.schedule_resume(target, step, *delay).await)
            }
            Command::CancelTimer(timer) => format!("{:?}", host.cancel_timer(*timer).await),
            Command::Advance(span) => {
                tokio::time::sleep(*span).await;
                String::new()
            }
            Command::Cancel(target, reason) => format!("{:?}", host.cancel(target, reason.clone()).await),
            Command::Retry(target) => format!("{:?}", host.retry(target).await),
            Command::Delete(target) => format!("{:?}", host.delete(target).await),
            Command::Get(target) => format!("{:?}", host.get(target).await),
            Command::History(target) => format!("{:?}", host.history(target).await),
            Command::List(query) => format!("{:?}", host.list(query.clone()).await),
            Command::Start(..) | Command::Restart { .. } => String::new(),
        }
    }
}

/// Everybody has a turn, again and again: what goes on without time is done then.
async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
