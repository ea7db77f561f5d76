//! Why a command could not do its work, and which exit code says so.

use std::fmt;

use hephaestus_host::DeployError;
use hephaestus_host::core::InstanceId;
use hephaestus_host::core::engine::Refusal;
use hephaestus_host::runner::{InstanceError, LoadError, StartError};
use hephaestus_host::store::StoreError;

use crate::exit::Exit;
use crate::usage::UsageError;

/// A command that could not do its work. How an instance came out isn't an error.
#[derive(Debug)]
pub(crate) struct CommandError {
    problem: Problem,
    /// The instance that it happened to, if there is one already.
    instance: Option<InstanceId>,
}

#[derive(Debug)]
enum Problem {
    Usage(String),
    Refused(String),
    Host(anyhow::Error),
    /// A signal came before there was anything to say.
    Interrupted(&'static str),
}

impl CommandError {
    fn new(problem: Problem) -> Self {
        Self {
            problem,
            instance: None,
        }
    }

    /// The host failed.
    pub(crate) fn host(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Problem::Host(error.into()))
    }

    /// A signal came before there was anything to say but this.
    pub(crate) fn interrupted(text: &'static str) -> Self {
        Self::new(Problem::Interrupted(text))
    }

    /// The same, known to concern this instance.
    pub(crate) fn with_instance(mut self, instance: InstanceId) -> Self {
        self.instance = Some(instance);
        self
    }

    /// The instance that it happened to.
    pub(crate) fn instance(&self) -> Option<InstanceId> {
        self.instance
    }

    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        match self.problem {
            Problem::Usage(_) => Exit::Usage,
            Problem::Refused(_) => Exit::Refused,
            Problem::Host(_) => Exit::Host,
            Problem::Interrupted(_) => Exit::Interrupted,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Usage(text) | Problem::Refused(text) => f.write_str(text)?,
            Problem::Interrupted(text) => f.write_str(text)?,
            Problem::Host(error) => write!(f, "{error:#}")?,
        }
        match self.instance {
            Some(instance) => write!(f, " (instance {instance})"),
            None => Ok(()),
        }
    }
}

impl From<UsageError> for CommandError {
    fn from(error: UsageError) -> Self {
        Self::new(Problem::Usage(error.to_string()))
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::host(error)
    }
}

impl From<LoadError> for CommandError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Refused { .. }
            | LoadError::Invalid { .. }
            | LoadError::Undescribed { .. }
            | LoadError::Uncompiled { .. } => Self::new(Problem::Refused(error.to_string())),
            other => Self::host(other),
        }
    }
}

impl From<DeployError> for CommandError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Load(error) => error.into(),
            // What everybody meets who changes a workflow, builds it and runs it again.
            DeployError::OtherDigest { .. } => Self::new(Problem::Refused(format!(
                "{error}; while you try things out, --store memory forgets the old one"
            ))),
            other => Self::host(other),
        }
    }
}

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::InvalidInput { reason } => UsageError::new(
                "--input",
                format!("an input that is refused ({reason})"),
                "an input that the workflow can take",
                "nothing was started; change the input",
            )
            .into(),
            StartError::AlreadyRunning {
                business_id,
                instance,
                status,
            } => UsageError::new(
                "--id",
                format!("`{business_id}`, which instance {instance} of another workflow or version holds ({status})"),
                "a value that is free",
                "choose another one, or let that instance end first",
            )
            .into(),
            StartError::Load(error) => error.into(),
            other => Self::host(other),
        }
    }
}

impl From<InstanceError> for CommandError {
    fn from(error: InstanceError) -> Self {
        match error {
            InstanceError::Load(error) => error.into(),
            InstanceError::Refused(refusal) => refusal.into(),
            InstanceError::PayloadTooLarge {
                event,
                bytes,
                max_bytes,
            } => UsageError::new(
                "--event",
                format!("{bytes} bytes with `{event}`"),
                format!("at most {max_bytes} bytes"),
                "hand large data over by reference",
            )
            .into(),
            other => Self::host(other),
        }
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        Self::new(Problem::Usage(refusal.to_string()))
    }
}
