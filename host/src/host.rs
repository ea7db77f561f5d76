//! The façade: what embedders and the binary use.

use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{InstanceState, JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, StepRef, TimerId};

use crate::runner::{InstanceError, InstanceRef, LoadError, OutputLine};
use crate::store::{Query, StoreError};

/// Which instances a host executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// All that are active in the store: those that were running go on, timers fire.
    #[default]
    All,
    /// Only those that are started, resumed or [activated](Host::activate) through this host. For one-shot commands.
    Activated,
}

/// Builds a [`Host`] from explicit parts.
#[derive(Debug, Default)]
pub struct HostBuilder {
    recovery: Recovery,
}

impl HostBuilder {
    /// Which instances the host executes.
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Keeps everything in this SQLite file; created if it isn't there.
    pub fn sqlite(self, _path: impl AsRef<std::path::Path>) -> Self {
        todo!("runner helper")
    }

    /// Keeps everything in memory, and loses it with the process. The default.
    pub fn memory(self) -> Self {
        todo!("runner helper")
    }

    /// Opens the store and starts the runner.
    pub async fn build(self) -> Result<Host, StoreError> {
        todo!("runner helper")
    }
}

/// A component can't be deployed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The component, or its graph, is refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The same version of the workflow has other bytes.
    #[error(
        "`{workflow}` version {version} is already deployed with other code ({}; this is {}): give the changed code a new version", found.short(), offered.short()
    )]
    OtherDigest {
        /// The workflow.
        workflow: hephaestus_core::WorkflowName,
        /// The version.
        version: hephaestus_core::WorkflowVersion,
        /// What is deployed.
        found: Digest,
        /// What was offered.
        offered: Digest,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A component that was deployed.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its code.
    pub digest: Digest,
    /// Its graph.
    pub workflow: Arc<Workflow>,
    /// Whether the store has it since now.
    pub is_new: bool,
}

/// What a [`Watch`] sees.
#[derive(Debug, Clone)]
pub enum WatchEvent {
    /// A durable fact. These come in order, without gap or repetition.
    Entry(JournalEntry),
    /// A hint, not a fact: an attempt has begun.
    AttemptStarted {
        /// The step.
        step: StepRef,
        /// Which try it is.
        attempt: u32,
    },
    /// What an attempt wrote. Not durable yet.
    Output {
        /// The step.
        step: StepRef,
        /// Which try it was.
        attempt: u32,
        /// The line.
        line: OutputLine,
    },
    /// The instance's task was given up after repeated crashes; it stays in the store as it is.
    TaskFailed {
        /// What happened.
        reason: String,
    },
}

/// Follows one instance.
#[derive(Debug)]
pub struct Watch;

impl Watch {
    /// The next event. `None`: the instance has ended and everything was seen, or the host shuts down.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        todo!("runner helper")
    }
}

/// Runs workflows: a store, a sandbox and a runner. Implements [`Runner`](crate::runner::Runner). Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host;

impl Host {
    /// Begins to build a host.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Loads, proves and stores a component, and makes its version the current one of its workflow (the highest
    /// deployed version is current).
    pub async fn deploy(&self, _component: &[u8]) -> Result<Deployment, DeployError> {
        todo!("runner helper")
    }

    /// Finds the instance that is meant.
    pub async fn resolve(&self, _target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        todo!("runner helper")
    }

    /// The state of an instance, folded from its journal.
    pub async fn get(&self, _target: &InstanceRef) -> Result<InstanceState, InstanceError> {
        todo!("runner helper")
    }

    /// A page of instances, newest first.
    pub async fn list(&self, _query: Query) -> Result<Vec<Summary>, StoreError> {
        todo!("runner helper")
    }

    /// The journal of an instance.
    pub async fn history(&self, _target: &InstanceRef) -> Result<Vec<JournalEntry>, InstanceError> {
        todo!("runner helper")
    }

    /// Makes sure that this host executes the instance: what was running when its last host ended runs again.
    pub async fn activate(&self, _target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        todo!("runner helper")
    }

    /// Follows an instance from its entry number `after` + 1 on; 0 is from its beginning.
    pub async fn watch(&self, _target: &InstanceRef, _after: u64) -> Result<Watch, InstanceError> {
        todo!("runner helper")
    }

    /// Stops an instance.
    pub async fn cancel(&self, _target: &InstanceRef, _reason: Option<String>) -> Result<(), InstanceError> {
        todo!("runner helper")
    }

    /// Lets a failed instance try again.
    pub async fn retry(&self, _target: &InstanceRef) -> Result<(), InstanceError> {
        todo!("runner helper")
    }

    /// Cancels a timer of `schedule_resume`.
    pub async fn cancel_timer(&self, _timer: TimerId) -> Result<(), InstanceError> {
        todo!("runner helper")
    }

    /// Stops intake, lets running steps finish for `grace`, commits, closes the store.
    pub async fn shutdown(&self, _grace: std::time::Duration) {
        todo!("runner helper")
    }
}
