//! A store that counts, guests that wait, and a clock that can be set.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{Workflow, WorkflowBuilder, step};
use hephaestus_core::engine::{JournalEntry, Outcome, Receipt, Routing};
use hephaestus_core::{Digest, EventName, InstanceId, Json, Timestamp, WorkflowName};
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{
    Attempt, AttemptReport, Clock, LoadError, LoadedWorkflow, Runner, Sandbox, StartOptions, StepExecutor,
};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{DueTimer, Store, StoreError, Write, WriteAnswer};
use hephaestus_host::{Host, Recovery};
use hephaestus_simulation::graphs::component;
use hephaestus_simulation::guests::completed;
use hephaestus_simulation::stores::{Layer, Over};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many timers are delivered at the same time.
pub(crate) const FIRING: u64 = 256;

/// How many steps execute at the same time.
pub(crate) const RUNNING: u64 = 64;

/// What was asked of the store, and of the guests.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    writes: AtomicU64,
    scans: AtomicU64,
    loads: Level,
    attempts: Level,
    late_steps: AtomicU64,
}

/// How many there are at once, and were at most.
#[derive(Debug, Default)]
struct Level {
    now: AtomicU64,
    most: AtomicU64,
}

impl Level {
    async fn during<T>(&self, action: impl Future<Output = T>) -> T {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let done = action.await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        done
    }
}

impl Counts {
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    pub(crate) fn scans(&self) -> u64 {
        self.scans.load(Ordering::SeqCst)
    }

    pub(crate) fn most_loads(&self) -> u64 {
        self.loads.most.load(Ordering::SeqCst)
    }

    pub(crate) fn most_attempts(&self) -> u64 {
        self.attempts.most.load(Ordering::SeqCst)
    }

    /// How often the step behind the timer ran.
    pub(crate) fn late_steps(&self) -> u64 {
        self.late_steps.load(Ordering::SeqCst)
    }

    /// From now on.
    pub(crate) fn reset(&self) {
        for count in [&self.writes, &self.scans, &self.loads.most, &self.attempts.most] {
            count.store(0, Ordering::SeqCst);
        }
    }
}

/// See the head of this module.
pub(crate) struct World {
    pub(crate) counts: Arc<Counts>,
    store: Arc<MemoryStore>,
    workflow: Arc<Workflow>,
    hosts: AtomicU64,
    /// When each timer was set, for how long, and when it came.
    times: Times,
}

impl World {
    pub(crate) fn new() -> Self {
        let builder = WorkflowBuilder::new("patient", 1)
            .step(step("approve").accepts("timeout", ["late"]))
            .step(step("late").emits("ok", ["done"]));
        Self {
            counts: Arc::default(),
            store: Arc::default(),
            workflow: Arc::new(Workflow::new(builder.definition().unwrap()).unwrap()),
            hosts: AtomicU64::new(0),
            times: Arc::default(),
        }
    }

    pub(crate) async fn host(&self, clock: Arc<dyn Clock>) -> Host {
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let counting = Counting {
            inner: store,
            counts: Arc::clone(&self.counts),
        };
        let mut limits = RunnerLimits::default();
        limits.max_firing_timers = usize::try_from(FIRING).unwrap();
        limits.max_running_steps = usize::try_from(RUNNING).unwrap();
        let guests = Guests {
            counts: Arc::clone(&self.counts),
            workflow: Arc::clone(&self.workflow),
            times: Arc::clone(&self.times),
        };
        Host::builder()
            .store(Arc::new(Over(counting)))
            .executor(Arc::new(guests))
            .clock(clock)
            .limits(limits)
            .seed(self.hosts.fetch_add(1, Ordering::SeqCst))
            .recovery(Recovery::All)
            .build()
            .await
            .unwrap()
    }

    /// Starts so many instances, and waits until all of them wait: for `patience`, each 10 ms longer than the one before.
    pub(crate) async fn start_all(&self, host: &Host, count: u64, patience: Duration) {
        host.deploy(&component(self.workflow.definition())).await.unwrap();
        let workflow: WorkflowName = "patient".parse().unwrap();
        for n in 0..count {
            let ms = u64::try_from(patience.as_millis()).unwrap() + 10 * n;
            let initial = Json::parse(&format!("{{\"ms\":{ms}}}")).unwrap();
            let options = StartOptions::default();
            host.start_instance(&workflow, initial, options).await.unwrap();
        }
        while self.times.lock().unwrap().len() as u64 != count || !host.runner().residents().is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// By the time that passed in this process.
    pub(crate) fn check_none_early(&self) {
        for (instance, (set, patience, came)) in self.times.lock().unwrap().iter() {
            let took = came.expect("it came").duration_since(*set);
            assert!(
                took >= *patience,
                "{instance} waits for {patience:?}, and its timer comes after {took:?}"
            );
        }
    }
}

struct Counting {
    inner: Arc<dyn Store>,
    counts: Arc<Counts>,
}

#[async_trait]
impl Layer for Counting {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        self.counts
            .writes
            .fetch_add(writes.len() as u64, Ordering::SeqCst);
        self.inner.write(writes).await
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        let reading = async {
            // So that others may read meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.inner.journal(instance).await
        };
        self.counts.loads.during(reading).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.counts.scans.fetch_add(1, Ordering::SeqCst);
        self.inner.due_timers(until, limit).await
    }
}

type Times = Arc<Mutex<BTreeMap<InstanceId, (Instant, Duration, Option<Instant>)>>>;

#[derive(Clone)]
struct Guests {
    counts: Arc<Counts>,
    workflow: Arc<Workflow>,
    times: Times,
}

#[async_trait]
impl StepExecutor for Guests {
    async fn load(&self, digest: Digest, _component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        let workflow = Arc::clone(&self.workflow);
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, _workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(self.clone())
    }
}

impl Guests {
    async fn act(&self, attempt: &Attempt) -> Outcome {
        if attempt.step.as_str() == "late" {
            if let Some((_, _, came)) = self.times.lock().unwrap().get_mut(&attempt.instance) {
                *came = Some(Instant::now());
            }
            self.counts.late_steps.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            return completed("ok", None);
        }
        let initial: BTreeMap<String, u64> = serde_json::from_str(attempt.context.initial.as_str()).unwrap();
        let patience = Duration::from_millis(initial["ms"]);
        let waits = (Instant::now(), patience, None);
        self.times.lock().unwrap().insert(attempt.instance, waits);
        Outcome::Wait {
            resume_after: Some(patience),
        }
    }
}

#[async_trait]
impl Sandbox for Guests {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let outcome = self.counts.attempts.during(self.act(&attempt)).await;
        AttemptReport {
            outcome,
            receipt: Receipt::nothing(attempt.started_at),
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, attempt: Attempt, _event: &EventName) -> Routing {
        Ok(vec![attempt.step])
    }
}

/// A clock that somebody sets while it runs.
pub(crate) struct Jumping {
    origin: Timestamp,
    started: Instant,
    /// Added to what has passed; wraps around where it is set back.
    offset_ms: AtomicU64,
    was_set: Notify,
}

impl Jumping {
    pub(crate) fn starting_at(origin: Timestamp) -> Self {
        Self {
            origin,
            started: Instant::now(),
            offset_ms: AtomicU64::new(0),
            was_set: Notify::new(),
        }
    }

    pub(crate) fn set_forward(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap();
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
        self.was_set.notify_waiters();
    }

    pub(crate) fn set_back(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap();
        self.offset_ms.fetch_sub(ms, Ordering::SeqCst);
        self.was_set.notify_waiters();
    }
}

#[async_trait]
impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap();
        let offset = self.offset_ms.load(Ordering::SeqCst);
        Timestamp(self.origin.0.wrapping_add(passed).wrapping_add(offset))
    }

    async fn sleep_until(&self, instant: Timestamp) {
        loop {
            let was_set = self.was_set.notified();
            let left = instant.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = was_set => {}
                () = tokio::time::sleep(left) => {}
            }
        }
    }
}
