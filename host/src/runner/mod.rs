//! The Runner contract, and what it needs from the rooms around it.
//!
//! This room names neither wasmtime nor a database: guests are behind [`StepExecutor`], time is behind [`Clock`],
//! persistence is behind [`Store`](crate::store::Store).

mod checkpoint;
mod clock;
mod executor;
pub mod local;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::engine::{InstanceStatus, SentEvent};
use hephaestus_core::{
    BusinessId, BusinessValue, EventName, InstanceId, InvalidId, Json, RequestId, StepRef, TimerId,
    WorkflowName, WorkflowVersion,
};

use crate::store::StoreError;

pub use checkpoint::{Checkpoint, SaveCheckpoint, SaveError};
pub use clock::{Clock, SystemClock};
pub use executor::{
    Attempt, AttemptReport, LoadError, LoadedWorkflow, LogLevel, OutputLine, OutputSource, Sandbox,
    StepExecutor,
};

/// Executes instances. `LocalRunner` does it in this process.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Creates an instance of `workflow`'s current version (or `options.version`) with `initial` as its input.
    /// Returns when it is durable; its uniqueness was checked in the same commit.
    async fn start_instance(
        &self,
        workflow: &WorkflowName,
        initial: Json,
        options: StartOptions,
    ) -> Result<InstanceId, StartError>;

    /// Sends an event. Returns when it is durably accepted. Sending an event id again is a no-op.
    async fn resume(&self, target: &InstanceRef, event: SentEvent) -> Result<(), ResumeError>;

    /// Sends `timeout` to `step` after `delay`. Durable: late rather than never, once.
    async fn schedule_resume(
        &self,
        target: &InstanceRef,
        step: &StepRef,
        delay: Duration,
    ) -> Result<TimerId, ScheduleError>;
}

/// Names an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceRef {
    /// By its id.
    Id(InstanceId),
    /// By what people call it: the active instance of that name, else the newest.
    Business(BusinessId),
}

impl From<InstanceId> for InstanceRef {
    fn from(id: InstanceId) -> Self {
        Self::Id(id)
    }
}

impl From<BusinessId> for InstanceRef {
    fn from(id: BusinessId) -> Self {
        Self::Business(id)
    }
}

/// Reads an instance id (a UUID) or a business id (`orderid::a1`).
impl std::str::FromStr for InstanceRef {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        text.parse()
            .map(Self::Business)
            .map_err(|error: InvalidId| InvalidId {
                what: "the name of an instance",
                expected: "a UUID, or `key::value` (like `orderid::abc123`)",
                text: error.text,
            })
    }
}

impl std::fmt::Display for InstanceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Business(id) => id.fmt(f),
        }
    }
}

/// What a starter can choose. The default is right for most.
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    /// The value for the workflow's business key. `None`: a fresh UUID.
    pub business_value: Option<BusinessValue>,
    /// A repeat returns the same instance, even after it ended, as long as that is stored. One id is for one request: what
    /// else is asked for isn't compared, but the same id for another workflow is [`StartError::OtherRequest`].
    pub request_id: Option<RequestId>,
    /// `None`: the current version.
    pub version: Option<WorkflowVersion>,
    /// How long the instance may take. `None`: as the workflow says.
    pub deadline: Option<Duration>,
    /// Facts for telemetry.
    pub metadata: BTreeMap<String, String>,
}

impl StartOptions {
    /// For an instance that people call `value`: the second half of its business id.
    pub fn called(value: BusinessValue) -> Self {
        Self {
            business_value: Some(value),
            ..Self::default()
        }
    }
}

/// An instance can't be started. Nothing was created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No such workflow, or not in that version.
    #[error("workflow `{workflow}` is not deployed{}: deploy its component first", version.map(|v| format!(" in version {v}")).unwrap_or_default())]
    UnknownWorkflow {
        /// The workflow.
        workflow: WorkflowName,
        /// The version asked for.
        version: Option<WorkflowVersion>,
    },
    /// Nothing needed the code of that version any more, and the retention removed it. Nothing was created.
    #[error(
        "the code of `{workflow}` version {version} was removed when nothing needed it any more: deploy it again"
    )]
    ComponentRemoved {
        /// The workflow.
        workflow: WorkflowName,
        /// The version asked for.
        version: WorkflowVersion,
    },
    /// The input is not a JSON object, or too large.
    #[error("the input is refused: {reason}")]
    InvalidInput {
        /// What was found and what was expected.
        reason: String,
    },
    /// An active instance holds the business id.
    #[error("`{business_id}` is already {status} as instance {instance}")]
    AlreadyRunning {
        /// The name.
        business_id: BusinessId,
        /// Who holds it.
        instance: InstanceId,
        /// Where it stands.
        status: InstanceStatus,
    },
    /// The request id was used before, for another workflow.
    #[error(
        "the request id `{request_id}` has started instance {instance} of `{workflow}`: take another id for another request"
    )]
    OtherRequest {
        /// The request id.
        request_id: RequestId,
        /// What it started.
        instance: InstanceId,
        /// The workflow of that.
        workflow: WorkflowName,
    },
    /// The code can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runner is shutting down.
    #[error("the runner is shutting down")]
    ShuttingDown,
}

/// An operation on an existing instance failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// There is no such instance.
    #[error("there is no instance `{0}`")]
    UnknownInstance(InstanceRef),
    /// The name is shared by several active instances.
    #[error("`{business_id}` names several active instances ({}): use an instance id", instances.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    AmbiguousInstance {
        /// The name.
        business_id: BusinessId,
        /// The instances.
        instances: Vec<InstanceId>,
    },
    /// The instance refuses; see [`Refusal`](hephaestus_core::engine::Refusal).
    #[error(transparent)]
    Refused(#[from] hephaestus_core::engine::Refusal),
    /// The payload of the event is too large.
    #[error(
        "the payload of event `{event}` has {bytes} bytes, {max_bytes} are allowed: hand large data over by reference"
    )]
    PayloadTooLarge {
        /// The event.
        event: EventName,
        /// The size of its payload, in bytes of JSON text.
        bytes: usize,
        /// The largest that is allowed.
        max_bytes: usize,
    },
    /// Another active instance holds the business id.
    #[error("`{business_id}` is already held by instance {instance}")]
    AlreadyRunning {
        /// The name.
        business_id: BusinessId,
        /// Who holds it.
        instance: InstanceId,
    },
    /// The code can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The instance's task keeps failing; see the host's log.
    #[error("the task of instance {0} keeps failing: it is left alone until the host restarts")]
    TaskFailed(InstanceId),
    /// The instance's task crashed while it had the request in its hands.
    #[error(
        "the task of instance {0} crashed: look at the instance to see whether the request was carried out"
    )]
    Interrupted(InstanceId),
    /// The runner is shutting down.
    #[error("the runner is shutting down")]
    ShuttingDown,
}

/// An instance can't be deleted. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeleteError {
    /// It hasn't ended.
    #[error("instance {instance} is {status}: cancel it first")]
    StillActive {
        /// The instance.
        instance: InstanceId,
        /// Where it stands.
        status: InstanceStatus,
    },
    /// There is no such instance, or several; or the store failed.
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

impl From<StoreError> for DeleteError {
    fn from(error: StoreError) -> Self {
        Self::Instance(error.into())
    }
}

/// Why `resume` failed.
pub type ResumeError = InstanceError;
/// Why `schedule_resume` failed.
pub type ScheduleError = InstanceError;

/// An event that is about to be sent: a fresh random id, meant for whichever step accepts it.
pub fn event(name: EventName, payload: Option<Json>) -> SentEvent {
    let id = uuid::Uuid::now_v7().to_string();
    SentEvent {
        event_id: hephaestus_core::EventId::new(&id)
            .unwrap_or_else(|_| unreachable!("a UUID is a valid event id")),
        event: name,
        step: None,
        payload,
    }
}
