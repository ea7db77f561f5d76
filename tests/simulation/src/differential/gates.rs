//! Attempts that end when they are told to: each stands at a gate until somebody opens it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hephaestus_core::engine::{FailureKind, Receipt, Routing};
use hephaestus_core::{Digest, EventName, InstanceId, StepRef};
use hephaestus_host::runner::{Attempt, AttemptReport, LoadError, LoadedWorkflow, Sandbox, StepExecutor};
use tokio::sync::oneshot;

use super::flows::Flows;
use super::model::Running;
use super::nature::{Nature, name_in};
use crate::guests::failed;

type Place = (InstanceId, StepRef);

/// See the head of this module.
#[derive(Debug, Default)]
pub(super) struct Gates {
    standing: Mutex<BTreeMap<Place, Gate>>,
}

#[derive(Debug)]
struct Gate {
    told: Running,
    opened: oneshot::Sender<()>,
}

impl Gates {
    fn standing(&self) -> MutexGuard<'_, BTreeMap<Place, Gate>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who stands at a gate now.
    pub(super) fn running(&self) -> BTreeMap<Place, Running> {
        // An attempt that was stopped stands nowhere.
        let mut standing = self.standing();
        standing.retain(|_, gate| !gate.opened.is_closed());
        standing
            .iter()
            .map(|(place, gate)| (place.clone(), gate.told.clone()))
            .collect()
    }

    /// Lets an attempt come to its outcome.
    pub(super) fn open(&self, place: &Place) -> bool {
        let gate = self.standing().remove(place);
        gate.is_some_and(|gate| gate.opened.send(()).is_ok())
    }

    async fn stand(&self, place: Place, told: Running) {
        let (opened, open) = oneshot::channel();
        self.standing().insert(place, Gate { told, opened });
        // Closed without an answer: another attempt of the step stands here.
        if open.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Executes what [`Nature`] says, gate by gate.
pub(super) struct Gated {
    pub(super) flows: Arc<Flows>,
    pub(super) nature: Nature,
    pub(super) gates: Arc<Gates>,
}

#[async_trait]
impl StepExecutor for Gated {
    async fn load(&self, digest: Digest, _component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        let workflow = self.flows.workflows.get(&digest).cloned();
        let workflow = workflow.ok_or_else(|| LoadError::Host {
            reason: format!("{digest} isn't of this run"),
        })?;
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(GatedSandbox {
            workflow: workflow.clone(),
            nature: self.nature,
            gates: Arc::clone(&self.gates),
        })
    }
}

struct GatedSandbox {
    workflow: LoadedWorkflow,
    nature: Nature,
    gates: Arc<Gates>,
}

#[async_trait]
impl Sandbox for GatedSandbox {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let (started_at, checkpoint) = (attempt.started_at, attempt.checkpoint);
        let told = Running {
            attempt: attempt.attempt,
            started_at,
            initial: attempt.context.initial.clone(),
            results: attempt.context.results,
            checkpoint: checkpoint.as_ref().and_then(|checkpoint| checkpoint.load()),
        };
        self.gates
            .stand((attempt.instance, attempt.step.clone()), told)
            .await;
        let instance = name_in(&attempt.context.initial);
        let deed = self
            .nature
            .deed(&self.workflow.workflow, &instance, &attempt.step, attempt.attempt);
        let mut outcome = deed.outcome;
        for value in deed.saves {
            match &checkpoint {
                // Refused: the attempt goes on.
                Some(checkpoint) => drop(checkpoint.save(value).await),
                None => outcome = failed(FailureKind::Host, false),
            }
        }
        let receipt = Receipt::nothing(started_at);
        AttemptReport {
            outcome,
            receipt,
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing {
        let instance = name_in(&attempt.context.initial);
        self.nature
            .transit(&self.workflow.workflow, &instance, &attempt.step, event)
    }
}

impl std::fmt::Debug for Gated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gated").finish_non_exhaustive()
    }
}
