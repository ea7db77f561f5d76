//! A whole host over a store: fake guests, a load of starts and events, and what the world saw of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{
    Backoff, RetryPolicy, Workflow, WorkflowBuilder, WorkflowDefinition, step,
};
use hephaestus_core::engine::{Failure, FailureKind, JournalEntry, Outcome, Receipt, Routing, SentEvent};
use hephaestus_core::{Digest, EventId, EventName, InstanceId, Json, RequestId, StepRef};
use hephaestus_host::runner::local::{RunnerLimits, WatchEvent};
use hephaestus_host::runner::{
    Attempt, AttemptReport, LoadError, LoadedWorkflow, Runner, Sandbox, StartOptions, StepExecutor,
};
use hephaestus_host::store::{Query, Store, StoreError};
use hephaestus_host::{Host, HostBuilder, Recovery};
use hephaestus_ledger::{Checker, Expect, Observation};

use crate::place::Place;

/// How long anything may take once the disk works.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long somebody waits for an answer from a disk in trouble.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What was seen from outside.
#[derive(Debug, Clone)]
enum Sight {
    Started(InstanceId, RequestId),
    Sent(InstanceId, EventId),
    Attempt(InstanceId, StepRef, u32, String),
    /// A watcher was shown it.
    Entry(InstanceId, Arc<JournalEntry>),
}

/// Who looks, and notes how much had been done to the disk by then.
#[derive(Clone)]
pub(crate) struct World {
    sights: Arc<Mutex<Vec<(usize, Sight)>>>,
    position: Arc<dyn Fn() -> usize + Send + Sync>,
    /// How long everything may take to end.
    pub(crate) patience: Duration,
}

impl World {
    pub(crate) fn new(position: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        let sights = Arc::default();
        Self {
            sights,
            position: Arc::new(position),
            patience: PATIENCE,
        }
    }

    /// The same world as it was after `point` ops; what comes is seen apart from this one.
    pub(crate) fn until(&self, point: usize) -> Self {
        let mut sights = self.sights.lock().unwrap().clone();
        sights.retain(|(position, _)| *position <= point);
        let mut world = Self::new(|| usize::MAX);
        world.patience = self.patience;
        *world.sights.lock().unwrap() = sights;
        world
    }

    fn saw(&self, sight: Sight) {
        let position = (self.position)();
        self.sights.lock().unwrap().push((position, sight));
    }

    pub(crate) async fn host(&self, store: Arc<dyn Store>) -> Host {
        let host = self.builder().store(store).build();
        host.await.expect("the host is built")
    }

    /// As an embedder builds one, who gives the file and how it is used.
    pub(crate) async fn host_at(&self, place: &Place) -> Host {
        let host = self.builder().sqlite_with(place.path(), place.options.clone());
        host.build().await.expect("the host is built")
    }

    fn builder(&self) -> HostBuilder {
        let mut limits = RunnerLimits::default();
        limits.first_pause = Duration::from_millis(1);
        limits.longest_pause = Duration::from_millis(20);
        limits.linger = Duration::from_millis(2);
        Host::builder()
            .executor(Arc::new(Guests(self.clone())))
            .limits(limits)
            .recovery(Recovery::All)
    }

    /// Starts an instance; whether that was acknowledged, or what was said instead.
    pub(crate) async fn start(&self, host: &Host, number: u64, bytes: usize) -> Result<InstanceId, String> {
        let request = RequestId::new(&format!("request {number}")).unwrap();
        let options = StartOptions {
            request_id: Some(request.clone()),
            ..StartOptions::default()
        };
        let input = Json::from(serde_json::json!({ "filling": "x".repeat(bytes) }));
        let order = "order".parse().unwrap();
        let started = host.start_instance(&order, input, options);
        match tokio::time::timeout(ANSWER_WITHIN, started).await {
            Ok(Ok(instance)) => {
                self.saw(Sight::Started(instance, request));
                self.follow(host, instance).await;
                Ok(instance)
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => panic!("start {number} is never answered"),
        }
    }

    /// Notes what a watcher is shown, if the disk lets it watch.
    async fn follow(&self, host: &Host, instance: InstanceId) {
        let Ok(mut watch) = host.watch(&instance.into(), 0).await else {
            return;
        };
        let world = self.clone();
        tokio::spawn(async move {
            while let Some(event) = watch.next().await {
                if let WatchEvent::Entry(entry) = event {
                    world.saw(Sight::Entry(instance, entry));
                }
            }
        });
    }

    /// Sends the event that the instance waits for. Each sender's is one of their own: were it lost, another one's doesn't
    /// stand in for it.
    pub(crate) async fn approve(
        &self,
        host: &Host,
        instance: InstanceId,
        sender: &str,
    ) -> Result<(), String> {
        let event_id = EventId::new(&format!("{sender} {instance}")).unwrap();
        let event = SentEvent {
            event_id: event_id.clone(),
            event: "approved".parse().unwrap(),
            step: None,
            payload: None,
        };
        match tokio::time::timeout(ANSWER_WITHIN, host.resume(&instance.into(), event)).await {
            Ok(Ok(())) => {
                self.saw(Sight::Sent(instance, event_id));
                Ok(())
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => panic!("an event for {instance} is never answered"),
        }
    }

    /// Lets all that is stored come to its end; or why it doesn't.
    pub(crate) async fn finish(&self, host: &Host) -> Result<(), String> {
        let sender = format!("finisher {}", self.sights.lock().unwrap().len());
        let finishing = async {
            loop {
                let page = match host.list(everything()).await {
                    Ok(page) => page,
                    Err(StoreError::Unavailable { .. } | StoreError::Unknown { .. }) => {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        continue;
                    }
                    Err(error) => return Err(error.to_string()),
                };
                if let Some(damaged) = page.damaged.first() {
                    return Err(damaged.reason.clone());
                }
                let active = page.summaries.iter().filter(|it| !it.status.is_terminal());
                let active: Vec<InstanceId> = active.map(|it| it.instance).collect();
                if active.is_empty() {
                    return Ok(());
                }
                for instance in active {
                    // One that has ended meanwhile takes no event.
                    let _ = self.approve(host, instance, &sender).await;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let finished = tokio::time::timeout(self.patience, finishing).await;
        finished.unwrap_or_else(|_| Err(format!("not everything has ended after {:?}", self.patience)))
    }

    /// Holds what was seen against what is stored; what doesn't fit.
    pub(crate) async fn judge(&self, store: &dyn Store) -> Vec<String> {
        self.compare(store)
            .await
            .unwrap_or_else(|error| vec![error.to_string()])
    }

    async fn compare(&self, store: &dyn Store) -> Result<Vec<String>, StoreError> {
        let sights = self.sights.lock().unwrap().clone();
        let mut checker = Checker::new();
        let mut instances: BTreeSet<InstanceId> =
            store.query(everything()).await?.instances().into_iter().collect();
        let mut shown: Vec<(InstanceId, Arc<JournalEntry>)> = Vec::new();
        for (_, sight) in &sights {
            match sight {
                Sight::Started(instance, _) => drop(instances.insert(*instance)),
                Sight::Entry(instance, entry) => shown.push((*instance, Arc::clone(entry))),
                Sight::Sent(..) | Sight::Attempt(..) => {}
            }
            if let Some(observation) = observation(sight) {
                checker.observe(observation);
            }
        }
        let mut journals = BTreeMap::new();
        for instance in instances {
            let entries = store.journal(instance).await?.unwrap_or_default();
            journals.insert(instance, entries.clone());
            checker.observe(Observation::Journal { instance, entries });
        }
        let violations = checker.finish(Expect::AllEnded).violations;
        let is_there = |instance: &InstanceId, entry: &JournalEntry| {
            let journal = journals.get(instance);
            journal.is_some_and(|journal| journal.contains(entry))
        };
        let gone = shown
            .iter()
            .filter(|(instance, entry)| !is_there(instance, entry));
        let gone = gone.map(|(instance, entry)| {
            format!("instance {instance}: entry {} was shown, and is gone", entry.seq)
        });
        Ok(violations.iter().map(ToString::to_string).chain(gone).collect())
    }

    /// Different starts and events that were acknowledged, and entries that were shown.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let sights = self.sights.lock().unwrap();
        let (mut acknowledged, mut shown) = (BTreeSet::new(), 0);
        for (_, sight) in &*sights {
            match sight {
                Sight::Started(_, request) => drop(acknowledged.insert(request.to_string())),
                Sight::Sent(_, event) => drop(acknowledged.insert(event.to_string())),
                Sight::Entry(..) => shown += 1,
                Sight::Attempt(..) => {}
            }
        }
        (acknowledged.len(), shown)
    }
}

fn observation(sight: &Sight) -> Option<Observation<'_>> {
    Some(match sight {
        Sight::Started(instance, request) => Observation::Started {
            instance: *instance,
            request: Some(request.clone()),
        },
        Sight::Sent(instance, event_id) => Observation::Sent {
            instance: *instance,
            event_id: event_id.clone(),
        },
        Sight::Attempt(instance, step, attempt, key) => Observation::Attempt {
            instance: *instance,
            step: step.clone(),
            attempt: *attempt,
            key,
        },
        Sight::Entry(..) => return None,
    })
}

fn everything() -> Query {
    Query {
        limit: usize::MAX,
        ..Query::default()
    }
}

/// A component: a fan-out, a join, a retry, somebody who is asked, and a timer without which nothing ends.
pub(crate) fn component() -> Vec<u8> {
    let soon = RetryPolicy {
        max_attempts: 3,
        backoff: Backoff::Constant,
        initial: Duration::from_millis(1),
        cap: Duration::from_millis(1),
        jitter_percent: 0,
    };
    let workflow = WorkflowBuilder::new("order", 1)
        .step(step("check").emits("ok", ["reserve", "charge"]))
        .step(step("reserve").emits("ok", ["approve"]))
        .step(step("charge").retry(soon).emits("ok", ["approve"]))
        .step(step("approve").accepts("approved", ["ship"]))
        .step(step("ship").accepts("timeout", ["done"]));
    serde_json::to_vec(&workflow.definition().unwrap()).unwrap()
}

/// Executes the steps of [`component`].
struct Guests(World);

#[async_trait]
impl StepExecutor for Guests {
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        let definition: WorkflowDefinition = serde_json::from_slice(component).expect("a definition");
        let workflow = Arc::new(Workflow::new(definition).expect("it is sound"));
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, _: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(Guests(self.0.clone()))
    }
}

#[async_trait]
impl Sandbox for Guests {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let key = attempt.idempotency_key();
        let sight = Sight::Attempt(attempt.instance, attempt.step.clone(), attempt.attempt, key);
        self.0.saw(sight);
        let outcome = match (attempt.step.as_str(), attempt.attempt) {
            ("approve", _) => Outcome::Wait { resume_after: None },
            ("ship", _) => Outcome::Wait {
                resume_after: Some(Duration::from_millis(1)),
            },
            ("charge", 1) => Outcome::Failed(Failure {
                kind: FailureKind::GuestError,
                message: "not this time".to_owned(),
                retryable: true,
            }),
            _ => Outcome::Completed {
                event: "ok".parse().unwrap(),
                result: Some(Json::from(serde_json::json!({ "text": "y".repeat(700) }))),
                metadata: BTreeMap::new(),
            },
        };
        let receipt = Receipt::nothing(attempt.started_at);
        AttemptReport {
            outcome,
            receipt,
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, _: Attempt, _: &EventName) -> Routing {
        Err(Failure::new(FailureKind::Routing, "no routing code"))
    }
}
