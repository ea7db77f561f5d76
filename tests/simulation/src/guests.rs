//! Fake guests: what a component's steps do is said by a [`Behaviour`], and seen by the [`Witness`].

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{Failure, FailureKind, Outcome, Receipt, Routing};
use hephaestus_core::{Digest, EventName, Json};
use hephaestus_host::runner::{Attempt, AttemptReport, LoadError, LoadedWorkflow, Sandbox, StepExecutor};

use crate::witness::Witness;

/// Workflows by the digest of their component.
pub type Workflows = Arc<BTreeMap<Digest, Arc<Workflow>>>;

/// What steps do.
#[async_trait]
pub trait Behaviour: Send + Sync + 'static {
    /// Code is about to be loaded; an error says why it can't be.
    async fn load(&self) -> Result<(), LoadError> {
        Ok(())
    }

    /// An attempt, to its end.
    async fn execute(&self, workflow: &Workflow, attempt: Attempt) -> Outcome;

    /// Where the dynamic transition of `attempt.step` for `event` leads.
    async fn transit(&self, workflow: &Workflow, attempt: &Attempt, event: &EventName) -> Routing;
}

/// Executes a behaviour.
pub struct Guests<B> {
    /// What steps do.
    pub behaviour: Arc<B>,
    /// Sees every attempt.
    pub witness: Arc<Witness>,
    /// What can be loaded.
    pub workflows: Workflows,
}

#[async_trait]
impl<B: Behaviour> StepExecutor for Guests<B> {
    async fn load(&self, digest: Digest, _component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        tokio::task::yield_now().await;
        self.behaviour.load().await?;
        let workflow = self.workflows.get(&digest).cloned();
        let workflow = workflow.ok_or_else(|| LoadError::Refused {
            found: format!("the component {digest}"),
            expected: "one of this run".to_owned(),
            fix: "look where the bytes come from".to_owned(),
        })?;
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(FakeSandbox {
            behaviour: Arc::clone(&self.behaviour),
            witness: Arc::clone(&self.witness),
            workflow: Arc::clone(&workflow.workflow),
        })
    }
}

struct FakeSandbox<B> {
    behaviour: Arc<B>,
    witness: Arc<Witness>,
    workflow: Arc<Workflow>,
}

#[async_trait]
impl<B: Behaviour> Sandbox for FakeSandbox<B> {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let _busy = self.witness.called();
        let running = self.witness.begins(&attempt);
        let receipt = Receipt::nothing(attempt.started_at);
        let number = attempt.attempt;
        let outcome = self.behaviour.execute(&self.workflow, attempt).await;
        running.ends(number);
        AttemptReport {
            outcome,
            receipt,
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing {
        let _busy = self.witness.called();
        self.behaviour.transit(&self.workflow, &attempt, event).await
    }
}

impl<B> std::fmt::Debug for Guests<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guests").finish_non_exhaustive()
    }
}

/// The step ends with this event.
pub fn completed(event: &str, result: Option<Json>) -> Outcome {
    let Ok(event) = event.parse() else {
        return failed(FailureKind::OutputInvalid, false);
    };
    Outcome::Completed {
        event,
        result,
        metadata: BTreeMap::new(),
    }
}

/// The attempt fails.
pub fn failed(kind: FailureKind, retryable: bool) -> Outcome {
    Outcome::Failed(Failure {
        kind,
        message: "as it was told to".to_owned(),
        retryable,
    })
}
