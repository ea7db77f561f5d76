//! The boundary between the runner and guests. `sandbox` implements it with wasmtime, tests with fakes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::context::ContextView;
use hephaestus_core::definition::{RetryPolicy, Workflow};
use hephaestus_core::engine::{Outcome, Receipt, Routing};
use hephaestus_core::{
    BusinessId, Digest, EventName, InstanceId, Json, StepRef, Timestamp, WorkflowName, WorkflowVersion,
};

use super::Checkpoint;

/// Code that was loaded and proven: what instances of it need.
#[derive(Debug, Clone)]
pub struct LoadedWorkflow {
    /// Which code.
    pub digest: Digest,
    /// Its graph.
    pub workflow: Arc<Workflow>,
}

/// Everything an attempt needs to know.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The instance.
    pub instance: InstanceId,
    /// What people call it.
    pub business_id: BusinessId,
    /// Its workflow.
    pub workflow: WorkflowName,
    /// The version of it.
    pub version: WorkflowVersion,
    /// The step.
    pub step: StepRef,
    /// Which try it is, from 1. A retry (> 1) gets a fresh guest instance.
    pub attempt: u32,
    /// What the step may read.
    pub context: ContextView,
    /// The configuration of the step.
    pub config: Option<Json>,
    /// How long it may take; `None`: the executor's default.
    pub deadline: Option<Duration>,
    /// When it begins, by the runner's clock.
    pub started_at: Timestamp,
    /// What the step has saved, and how it saves more. `None` where nothing is executed: for `transit`.
    pub checkpoint: Option<Checkpoint>,
}

impl Attempt {
    /// The same for every try of this step in this instance.
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}", self.instance, self.step)
    }
}

/// What an attempt came to.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    /// The outcome. The executor has turned everything that a guest can do into one.
    pub outcome: Outcome,
    /// What it consumed.
    pub receipt: Receipt,
    /// What it wrote.
    pub output: Vec<OutputLine>,
    /// How the operator wants this step to be retried, in place of what its workflow says.
    pub retry: Option<Arc<RetryPolicy>>,
}

/// One line that a guest wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Where to.
    pub source: OutputSource,
    /// How much it matters, as the guest says.
    pub level: LogLevel,
    /// The text, bounded and valid UTF-8.
    pub message: String,
    /// Structured facts.
    pub fields: Vec<(String, String)>,
}

/// Where a guest wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputSource {
    /// The `log` interface.
    Log,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the usual five levels")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// Code can't be loaded.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are not a component that this host can run.
    #[error("the component is refused: {found}; expected {expected}; {fix}")]
    Refused {
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
        /// What to do.
        fix: String,
    },
    /// The component describes a graph that is not sound.
    #[error("the workflow is refused, its graph is not sound:\n{violations}")]
    Invalid {
        /// Everything that is wrong with it.
        violations: hephaestus_core::definition::Violations,
    },
    /// The bytes are not those that were deployed under this digest. They are never run.
    #[error(
        "the code {expected} was damaged: its bytes are those of {found}; restore the store from a backup"
    )]
    Damaged {
        /// What the bytes are.
        found: Digest,
        /// What they should be.
        expected: Digest,
    },
    /// The component didn't come to the end of its `describe`: out of time, or by the host's fault. Code that was proven
    /// before does it when the host is less busy.
    #[error(
        "the component didn't describe its workflow: {reason}; expected a definition within the limits of the host; \
         try again when the host is less busy, or let `describe` do less"
    )]
    Undescribed {
        /// What happened.
        reason: String,
    },
    /// Compiling the component took too long. Code that was compiled before is when the host is less busy.
    #[error(
        "a component of {found} was not compiled within {limit}; try again when the host is less busy, build it smaller, \
         or raise the host's limit `compile_deadline`"
    )]
    Uncompiled {
        /// Its size.
        found: String,
        /// How long it may take.
        limit: String,
    },
    /// The host failed, not the component.
    #[error("failed to load the component: {reason}")]
    Host {
        /// What happened.
        reason: String,
    },
}

impl LoadError {
    /// Whether the same code may be loaded later, without anybody changing it.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Undescribed { .. } | Self::Uncompiled { .. } | Self::Host { .. }
        )
    }
}

/// Loads code, and makes the sandboxes it runs in.
#[async_trait]
pub trait StepExecutor: Send + Sync + 'static {
    /// Compiles a component (or finds it compiled), asks it for its definition, and proves the graph.
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError>;

    /// A sandbox for code that was loaded. Costs nothing until its first call. Owned by one instance task.
    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox>;
}

/// Where the attempts of one instance run, one at a time. It decides by itself when a guest instance can be reused.
#[async_trait]
pub trait Sandbox: Send {
    /// Runs one attempt to its end: within its deadline, whatever the guest does. Dropping the future abandons it.
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport;

    /// Asks the workflow which targets the dynamic transition of `attempt.step` for `event` takes, in a guest of its own.
    /// After a failure of kind `deadline` or `host` the runner asks again, a few times.
    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing;
}
