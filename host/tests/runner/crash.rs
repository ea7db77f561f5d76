//! Crashes at random instants, on a store that is slow and fails: whatever was acknowledged is there in the end, once.
//!
//! Each round is a tokio runtime of its own, dropped in the middle of things. A failure names its seed; the same seed
//! gives the same trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{Cause, JournalEntry, Outcome, Record, SentEvent, Summary};
use hephaestus_core::{Digest, EventId, InstanceId, Json, RequestId, Timestamp, WorkflowName};
use hephaestus_host::runner::{Attempt, Clock, Runner, StartOptions, SystemClock};
use hephaestus_host::store::faulty::{Fault, FaultyStore};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Purged, Query, Store, StoreError, Write,
    WriteAnswer,
};
use hephaestus_host::{Host, Recovery};

use crate::guests::{Guests, completed, flaky, wait_at_most};
use crate::world::{component, sleep_ms};

/// SplitMix64, shared by all that is random in a run.
#[derive(Clone)]
struct Chance(Arc<Mutex<u64>>);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    fn below(&self, bound: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Writes take time, before and after they are done: so crashes and other inputs come in between.
struct SlowStore {
    inner: Arc<MemoryStore>,
    chance: Chance,
}

#[async_trait]
impl Store for SlowStore {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        sleep_ms(self.chance.below(4)).await;
        let answers = self.inner.write(writes).await;
        sleep_ms(self.chance.below(4)).await;
        answers
    }
    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        sleep_ms(self.chance.below(2)).await;
        self.inner.journal(instance).await
    }
    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.inner.summary(instance).await
    }
    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        sleep_ms(self.chance.below(2)).await;
        self.inner.query(query).await
    }
    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        sleep_ms(self.chance.below(2)).await;
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

/// What outlives the crashes, and what was promised.
struct Run {
    seed: u64,
    chance: Chance,
    memory: Arc<MemoryStore>,
    now: Timestamp,
    starts: BTreeSet<InstanceId>,
    events: BTreeSet<(InstanceId, EventId)>,
    requests: u64,
    /// Attempts that began although the outcome of their step was recorded.
    too_late: Arc<Mutex<Vec<(InstanceId, String)>>>,
    saved: Arc<Mutex<Saved>>,
}

/// What the steps called `ship` were told about their checkpoints.
#[derive(Debug, Default)]
struct Saved {
    /// The last one that was acknowledged.
    acknowledged: BTreeMap<InstanceId, u64>,
    /// Executions that began with an earlier one than that.
    set_back: Vec<(InstanceId, u64)>,
    /// Executions that began with one.
    continued: usize,
}

fn workflow() -> WorkflowBuilder {
    WorkflowBuilder::new("order", 1)
        .step(step("check").emits("ok", ["reserve", "charge"]))
        .step(step("reserve").emits("ok", ["approve"]).failed(["done"]))
        .step(step("charge").emits("ok", ["approve"]).failed(["done"]))
        .step(
            step("approve")
                .accepts("approved", ["ship"])
                .accepts("rejected", ["done"])
                .accepts("timeout", ["done"]),
        )
        .step(step("ship").emits("ok", ["done"]))
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            chance: Chance::new(seed),
            memory: Arc::new(MemoryStore::new()),
            now: Timestamp(1_700_000_000_000),
            starts: BTreeSet::new(),
            events: BTreeSet::new(),
            requests: 0,
            too_late: Arc::default(),
            saved: Arc::default(),
        }
    }

    fn guests(&self) -> Guests {
        let mut guests = Guests::new();
        for name in ["check", "reserve", "charge", "approve", "ship"] {
            let (chance, memory) = (self.chance.clone(), Arc::clone(&self.memory));
            let (too_late, saved) = (Arc::clone(&self.too_late), Arc::clone(&self.saved));
            guests = guests.on(name, move |attempt| {
                let (chance, memory) = (chance.clone(), Arc::clone(&memory));
                let (too_late, saved) = (Arc::clone(&too_late), Arc::clone(&saved));
                async move {
                    let journal = memory.journal(attempt.instance).await.unwrap().unwrap();
                    if ends_of(&journal, attempt.step.as_str()) > 0 {
                        too_late
                            .lock()
                            .unwrap()
                            .push((attempt.instance, attempt.step.to_string()));
                    }
                    match attempt.step.as_str() {
                        "ship" => ship(&chance, &attempt, &saved).await,
                        _ => act(&chance, &attempt).await,
                    }
                }
            });
        }
        guests
    }

    /// One host, until its end: `for_ms`, or until nothing is left to do.
    fn round(&mut self, for_ms: Option<u64>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = runtime.unwrap();
        runtime.block_on(async {
            let clock = Arc::new(SystemClock::starting_at(self.now));
            let host_seed = self.chance.below(u64::MAX);
            let slow = SlowStore {
                inner: Arc::clone(&self.memory),
                chance: self.chance.clone(),
            };
            let faulty = FaultyStore::new(Arc::new(slow));
            let builder = Host::builder()
                .store(Arc::new(faulty.clone()))
                .executor(Arc::new(self.guests()));
            let builder = builder
                .clock(Arc::clone(&clock) as Arc<dyn Clock>)
                .seed(host_seed);
            let host = builder.recovery(Recovery::All).build().await.unwrap();
            host.deploy(&component(workflow())).await.unwrap();
            match for_ms {
                Some(ms) => {
                    let crash = tokio::time::sleep(Duration::from_millis(ms));
                    tokio::select! {
                        biased;
                        () = crash => {}
                        () = self.drive(&host, &faulty) => {}
                    }
                }
                None => self.settle(&host).await,
            }
            self.now = clock.now();
        });
        self.now = self.now.after(Duration::from_millis(self.chance.below(5_000)));
    }

    /// Random commands, for ever.
    async fn drive(&mut self, host: &Host, store: &FaultyStore) {
        loop {
            match self.chance.below(10) {
                0..=3 => self.start(host).await,
                4..=7 => self.send(host).await,
                8 => {
                    let faults = [Fault::Refused, Fault::Lost, Fault::Unacknowledged];
                    let fault = faults[usize::try_from(self.chance.below(3)).unwrap()];
                    store.fail_write(1 + self.chance.below(5), fault);
                }
                _ => {
                    store.set_down(true);
                    sleep_ms(self.chance.below(50)).await;
                    store.set_down(false);
                }
            }
            sleep_ms(self.chance.below(20)).await;
        }
    }

    async fn start(&mut self, host: &Host) {
        // A starter that got no answer asks again.
        if !self.chance.one_in(4) {
            self.requests += 1;
        }
        let options = StartOptions {
            request_id: Some(RequestId::new(&format!("r{}", self.requests)).unwrap()),
            ..StartOptions::default()
        };
        let workflow = "order".parse().unwrap();
        if let Ok(instance) = host
            .start_instance(&workflow, Json::empty_object(), options)
            .await
        {
            self.starts.insert(instance);
        }
    }

    async fn send(&mut self, host: &Host) {
        let known: Vec<InstanceId> = self.starts.iter().copied().collect();
        let Some(last) = (known.len() as u64).checked_sub(1) else {
            return;
        };
        let instance = known[usize::try_from(last - self.chance.below(last.min(4) + 1)).unwrap()];
        let name = if self.chance.one_in(3) {
            "rejected"
        } else {
            "approved"
        };
        let event_id = EventId::new(&format!("{name}-{}", self.chance.below(3))).unwrap();
        let event = SentEvent {
            event_id: event_id.clone(),
            event: name.parse().unwrap(),
            step: None,
            payload: None,
        };
        if host.resume(&instance.into(), event).await.is_ok() {
            self.events.insert((instance, event_id));
        }
    }

    /// Waits until no instance is active.
    async fn settle(&self, host: &Host) {
        for _ in 0..1_000 {
            let all = host
                .list(Query {
                    limit: usize::MAX,
                    ..Query::default()
                })
                .await
                .unwrap();
            if all.summaries.iter().all(|summary| summary.status.is_terminal()) {
                return;
            }
            sleep_ms(1_000).await;
        }
        panic!("seed {}: some instances don't end", self.seed);
    }

    /// Checks the promises; answers what happened, for comparison.
    fn check(&self) -> String {
        let seed = self.seed;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let all = Query {
                limit: usize::MAX,
                ..Query::default()
            };
            let all = self.memory.query(all).await.unwrap();
            let stored: BTreeSet<InstanceId> = all.instances().into_iter().collect();
            assert!(
                self.starts.is_subset(&stored),
                "seed {seed}: an acknowledged start is lost"
            );
            assert!(
                stored.len() as u64 <= self.requests + 1,
                "seed {seed}: a request created two instances"
            );
            let mut trace = String::new();
            for instance in stored {
                let journal = self.memory.journal(instance).await.unwrap().unwrap();
                self.check_journal(instance, &journal);
                trace.push_str(&format!("{journal:?}\n"));
            }
            let timers = self
                .memory
                .due_timers(Timestamp(u64::MAX), usize::MAX)
                .await
                .unwrap();
            assert_eq!(timers, [], "seed {seed}: timers of instances that ended");
            let too_late = self.too_late.lock().unwrap();
            assert!(
                too_late.is_empty(),
                "seed {seed}: executed after their outcome was recorded: {too_late:?}"
            );
            let set_back = &self.saved.lock().unwrap().set_back;
            assert!(
                set_back.is_empty(),
                "seed {seed}: begun with an earlier checkpoint than the last one acknowledged: {set_back:?}"
            );
            trace
        })
    }

    fn check_journal(&self, instance: InstanceId, journal: &[JournalEntry]) {
        let seed = self.seed;
        for name in ["check", "reserve", "charge", "approve", "ship"] {
            assert!(
                ends_of(journal, name) <= 1,
                "seed {seed}: {instance} ends `{name}` twice"
            );
        }
        for (_, event) in self.events.iter().filter(|(of, _)| *of == instance) {
            let count = |matches: &dyn Fn(&Record) -> bool| {
                journal.iter().filter(|entry| matches(&entry.record)).count()
            };
            let accepted =
                count(&|record| matches!(record, Record::EventAccepted(sent) if sent.event_id == *event));
            let consumed = count(&|record| match record {
                Record::StepCompleted(completed) => completed.cause == Cause::Sent(event.clone()),
                _ => false,
            });
            let undelivered =
                count(&|record| matches!(record, Record::EventUndelivered { event_id } if event_id == event));
            assert_eq!(
                (accepted, consumed + undelivered),
                (1, 1),
                "seed {seed}: the acknowledged event {event} of {instance}"
            );
        }
    }
}

fn ends_of(journal: &[JournalEntry], name: &str) -> usize {
    let ends = |record: &Record| match record {
        Record::StepCompleted(completed) => completed.step.as_str() == name,
        Record::StepFailed { step, .. } => step.as_str() == name,
        _ => false,
    };
    journal.iter().filter(|entry| ends(&entry.record)).count()
}

async fn act(chance: &Chance, attempt: &Attempt) -> Outcome {
    sleep_ms(chance.below(30)).await;
    match attempt.step.as_str() {
        "approve" => wait_at_most(Duration::from_millis(1 + chance.below(500))),
        _ if chance.one_in(5) => flaky(),
        _ if chance.one_in(50) => panic!("a bug in the executor"),
        _ => completed("ok"),
    }
}

/// Counts up and saves each number. Whatever happened before, it goes on from the last one that was acknowledged, or from
/// one that became durable without an answer.
async fn ship(chance: &Chance, attempt: &Attempt, saved: &Mutex<Saved>) -> Outcome {
    let checkpoint = attempt.checkpoint.as_ref().unwrap();
    let begin = checkpoint.load().map_or(0, |json| json.as_str().parse().unwrap());
    {
        let mut saved = saved.lock().unwrap();
        let acknowledged = saved.acknowledged.get(&attempt.instance);
        if acknowledged.is_some_and(|acknowledged| begin < *acknowledged) {
            saved.set_back.push((attempt.instance, begin));
        }
        saved.continued += usize::from(begin > 0);
    }
    for number in begin + 1..=6 {
        let value = Json::parse(&number.to_string()).unwrap();
        if checkpoint.save(value).await.is_err() || chance.one_in(20) {
            return flaky();
        }
        saved
            .lock()
            .unwrap()
            .acknowledged
            .insert(attempt.instance, number);
        sleep_ms(chance.below(10)).await;
    }
    act(chance, attempt).await
}

fn run(seed: u64) -> (String, usize) {
    let mut run = Run::new(seed);
    for _ in 0..1 + run.chance.below(5) {
        let for_ms = run.chance.below(400);
        run.round(Some(for_ms));
    }
    run.round(None);
    let continued = run.saved.lock().unwrap().continued;
    (run.check(), continued)
}

#[test]
fn whatever_was_acknowledged_survives_crashes_at_random_instants() {
    let (mut instances, mut continued) = (0, 0);
    for seed in 0..300 {
        let (trace, of_it) = run(seed);
        instances += trace.lines().count();
        continued += of_it;
    }
    assert!(
        instances > 3_000,
        "the simulation does something: {instances} instances"
    );
    assert!(
        continued > 500,
        "and steps go on in the midst: {continued} from a checkpoint"
    );
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 1_000..1_020 {
        assert!(run(seed) == run(seed), "seed {seed}");
    }
}
