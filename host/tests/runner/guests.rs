//! Fake guests: a component is the JSON of a definition, its steps are closures.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{Workflow, WorkflowDefinition};
use hephaestus_core::engine::{Failure, FailureKind, Outcome, Receipt, Routing};
use hephaestus_core::{Digest, EventName, Json};
use hephaestus_host::runner::{Attempt, AttemptReport, LoadError, LoadedWorkflow, Sandbox, StepExecutor};

type Future<T> = Pin<Box<dyn std::future::Future<Output = T> + Send>>;
type StepCode = Arc<dyn Fn(Attempt) -> Future<Outcome> + Send + Sync>;
type RoutingCode = Arc<dyn Fn(Attempt, EventName) -> Future<Routing> + Send + Sync>;

/// What a fake guest has been seen doing.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Attempts that began: step and attempt number, in this order.
    pub(crate) attempts: Mutex<Vec<(String, u32)>>,
    /// Attempts that execute now.
    pub(crate) running: AtomicUsize,
    /// The most that executed at the same time.
    pub(crate) peak: AtomicUsize,
    /// Sandboxes that were made, and those that exist.
    pub(crate) made: AtomicUsize,
    pub(crate) alive: AtomicUsize,
    /// How often `load` was called.
    pub(crate) loads: AtomicUsize,
    /// The code that was loaded: kept, as by an executor with room for all of it, until a test clears it.
    pub(crate) kept: Mutex<Vec<Arc<Workflow>>>,
    /// How many calls of `load` fail from now on, because the host does.
    pub(crate) failing_loads: AtomicUsize,
    /// Whether they fail because `describe` ran out of time.
    pub(crate) is_slow: AtomicBool,
}

impl Seen {
    /// How often the step began to execute.
    pub(crate) fn count(&self, step: &str) -> usize {
        let attempts = self.attempts.lock().unwrap();
        attempts.iter().filter(|(seen, _)| seen == step).count()
    }
}

/// Executes closures.
#[derive(Clone, Default)]
pub(crate) struct Guests {
    steps: BTreeMap<String, StepCode>,
    routing: Option<RoutingCode>,
    pub(crate) seen: Arc<Seen>,
}

impl Guests {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The code of a step. Steps without code complete with the first event that they emit, or wait if they emit none.
    pub(crate) fn on<F>(mut self, step: &str, code: impl Fn(Attempt) -> F + Send + Sync + 'static) -> Self
    where
        F: std::future::Future<Output = Outcome> + Send + 'static,
    {
        self.steps
            .insert(step.to_owned(), Arc::new(move |attempt| Box::pin(code(attempt))));
        self
    }

    /// The code of `transit`.
    pub(crate) fn routing<F>(mut self, code: impl Fn(Attempt, EventName) -> F + Send + Sync + 'static) -> Self
    where
        F: std::future::Future<Output = Routing> + Send + 'static,
    {
        self.routing = Some(Arc::new(move |attempt, event| Box::pin(code(attempt, event))));
        self
    }
}

#[async_trait]
impl StepExecutor for Guests {
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        self.seen.loads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let fails = |left: usize| left.checked_sub(1);
        let failing = &self.seen.failing_loads;
        if failing
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            if self.seen.is_slow.load(Ordering::SeqCst) {
                let reason = "no end after 2 s".to_owned();
                return Err(LoadError::Undescribed { reason });
            }
            let reason = "it has no memory left".to_owned();
            return Err(LoadError::Host { reason });
        }
        let found = hephaestus_host::deploy::digest(component);
        if found != digest {
            return Err(LoadError::Damaged {
                found,
                expected: digest,
            });
        }
        let definition: WorkflowDefinition =
            serde_json::from_slice(component).map_err(|error| LoadError::Refused {
                found: error.to_string(),
                expected: "a definition as JSON".to_owned(),
                fix: "write one".to_owned(),
            })?;
        let workflow = Workflow::new(definition).map_err(|violations| LoadError::Invalid { violations })?;
        let workflow = Arc::new(workflow);
        self.seen.kept.lock().unwrap().push(Arc::clone(&workflow));
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        self.seen.made.fetch_add(1, Ordering::SeqCst);
        self.seen.alive.fetch_add(1, Ordering::SeqCst);
        Box::new(FakeSandbox {
            guests: self.clone(),
            workflow: Arc::clone(&workflow.workflow),
        })
    }
}

struct FakeSandbox {
    guests: Guests,
    workflow: Arc<Workflow>,
}

impl Drop for FakeSandbox {
    fn drop(&mut self) {
        self.guests.seen.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Counts an attempt as running until it ends or is abandoned.
struct Running(Arc<Seen>);

impl Running {
    fn new(seen: &Arc<Seen>) -> Self {
        let running = seen.running.fetch_add(1, Ordering::SeqCst) + 1;
        seen.peak.fetch_max(running, Ordering::SeqCst);
        Self(Arc::clone(seen))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Sandbox for FakeSandbox {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let seen = &self.guests.seen;
        seen.attempts
            .lock()
            .unwrap()
            .push((attempt.step.to_string(), attempt.attempt));
        let _running = Running::new(seen);
        let receipt = Receipt::nothing(attempt.started_at);
        let outcome = match self.guests.steps.get(attempt.step.as_str()) {
            Some(code) => code(attempt).await,
            None => {
                let emits = self.workflow.find(&attempt.step).unwrap().emits.first().cloned();
                emits.map_or_else(wait, |event| completed(event.as_str()))
            }
        };
        AttemptReport {
            outcome,
            receipt,
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing {
        match &self.guests.routing {
            Some(code) => code(attempt, event.clone()).await,
            None => Err(Failure::new(FailureKind::Routing, "no routing code")),
        }
    }
}

/// The step ends with an event, without a result.
pub(crate) fn completed(event: &str) -> Outcome {
    Outcome::Completed {
        event: event.parse().unwrap(),
        result: None,
        metadata: BTreeMap::new(),
    }
}

/// The step ends with an event and a result.
pub(crate) fn completed_with(event: &str, result: serde_json::Value) -> Outcome {
    Outcome::Completed {
        event: event.parse().unwrap(),
        result: Some(Json::from(result)),
        metadata: BTreeMap::new(),
    }
}

/// The step waits for an event.
pub(crate) fn wait() -> Outcome {
    Outcome::Wait { resume_after: None }
}

/// The step waits, with a timeout.
pub(crate) fn wait_at_most(patience: Duration) -> Outcome {
    Outcome::Wait {
        resume_after: Some(patience),
    }
}

/// The attempt fails; another one may succeed.
pub(crate) fn flaky() -> Outcome {
    Outcome::Failed(Failure {
        kind: FailureKind::GuestError,
        message: "not this time".to_owned(),
        retryable: true,
    })
}

/// The attempt fails, and every other one would.
pub(crate) fn broken() -> Outcome {
    Outcome::Failed(Failure::new(FailureKind::GuestError, "never"))
}
