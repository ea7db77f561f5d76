//! What outlives a host: the store, the guests, the clock. And short ways to say what tests say often.

use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::definition::WorkflowBuilder;
use hephaestus_core::engine::{InstanceState, InstanceStatus, JournalEntry, Record, SentEvent, StepState};
use hephaestus_core::{BusinessValue, EventId, InstanceId, Json, StepRef, Timestamp, WorkflowName};
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{Clock, InstanceError, InstanceRef, Runner, StartOptions, SystemClock};
use hephaestus_host::store::faulty::FaultyStore;
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::{Host, HostBuilder, Recovery};

use crate::guests::Guests;

pub(crate) struct World {
    pub(crate) store: FaultyStore,
    pub(crate) guests: Guests,
    pub(crate) clock: Arc<SystemClock>,
}

impl World {
    pub(crate) fn new(guests: Guests) -> Self {
        Self {
            store: FaultyStore::new(Arc::new(MemoryStore::new())),
            guests,
            clock: Arc::new(SystemClock::starting_at(Timestamp(1_700_000_000_000))),
        }
    }

    pub(crate) fn builder(&self) -> HostBuilder {
        Host::builder()
            .store(Arc::new(self.store.clone()))
            .executor(Arc::new(self.guests.clone()))
            .clock(Arc::clone(&self.clock) as Arc<dyn Clock>)
            .seed(1)
    }

    pub(crate) async fn host(&self) -> Host {
        self.builder().build().await.unwrap()
    }

    pub(crate) async fn host_with(&self, change: impl FnOnce(&mut RunnerLimits)) -> Host {
        let mut limits = RunnerLimits::default();
        change(&mut limits);
        self.builder().limits(limits).build().await.unwrap()
    }

    /// For hosts that follow another one on the same store: other ids.
    pub(crate) async fn next_host(&self, recovery: Recovery) -> Host {
        self.builder().seed(2).recovery(recovery).build().await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The bytes that the fake guests take for a component.
pub(crate) fn component(workflow: WorkflowBuilder) -> Vec<u8> {
    serde_json::to_vec(&workflow.definition().unwrap()).unwrap()
}

pub(crate) async fn deploy(host: &Host, workflow: WorkflowBuilder) -> WorkflowName {
    let deployed = host.deploy(&component(workflow)).await.unwrap();
    deployed.workflow.definition().name.clone()
}

pub(crate) async fn start(host: &Host, workflow: &WorkflowName) -> InstanceId {
    let options = StartOptions::default();
    host.start_instance(workflow, Json::empty_object(), options)
        .await
        .unwrap()
}

pub(crate) fn called(value: &str) -> StartOptions {
    StartOptions {
        business_value: Some(BusinessValue::new(value).unwrap()),
        ..StartOptions::default()
    }
}

pub(crate) fn event(id: &str, name: &str) -> SentEvent {
    SentEvent {
        event_id: EventId::new(id).unwrap(),
        event: name.parse().unwrap(),
        step: None,
        payload: None,
    }
}

pub(crate) async fn send(host: &Host, instance: InstanceId, name: &str) -> Result<(), InstanceError> {
    host.resume(&instance.into(), event(name, name)).await
}

pub(crate) fn step(name: &str) -> StepRef {
    StepRef::new(name).unwrap()
}

pub(crate) async fn state(host: &Host, instance: InstanceId) -> InstanceState {
    host.get(&InstanceRef::Id(instance)).await.unwrap()
}

pub(crate) async fn status(host: &Host, instance: InstanceId) -> InstanceStatus {
    state(host, instance).await.status()
}

pub(crate) async fn history(host: &Host, instance: InstanceId) -> Vec<JournalEntry> {
    host.history(&InstanceRef::Id(instance)).await.unwrap()
}

/// Waits for the end of an instance.
pub(crate) async fn ended(host: &Host, instance: InstanceId) -> InstanceStatus {
    let mut watch = host.watch(&instance.into(), 0).await.unwrap();
    let following = async { while watch.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(1_000_000), following)
        .await
        .expect("the instance doesn't end");
    status(host, instance).await
}

/// Waits until a step waits.
pub(crate) async fn waits(host: &Host, instance: InstanceId, name: &str) {
    for _ in 0..100_000 {
        if matches!(
            state(host, instance).await.step(&step(name)),
            Some(StepState::Waiting { .. })
        ) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("`{name}` doesn't wait");
}

/// The event that a step ended with.
pub(crate) fn event_of(state: &InstanceState, name: &str) -> Option<String> {
    match state.step(&step(name)) {
        Some(StepState::Completed { event }) => event.as_ref().map(ToString::to_string),
        _ => None,
    }
}

/// How many entries of a journal are like that.
pub(crate) fn count(journal: &[JournalEntry], matches: impl Fn(&Record) -> bool) -> usize {
    journal.iter().filter(|entry| matches(&entry.record)).count()
}

pub(crate) async fn sleep_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
