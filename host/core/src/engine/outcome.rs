//! What an attempt to execute a step came to, as the executor reports it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Digest, EventName, Json, StepRef, Timestamp};

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The code ended with an event.
    Completed {
        /// The event.
        event: EventName,
        /// Its result.
        result: Option<Json>,
        /// Facts about the attempt.
        metadata: BTreeMap<String, String>,
    },
    /// The code wants the step to wait for an event it accepts.
    Wait {
        /// Send `timeout` after this long.
        resume_after: Option<Duration>,
    },
    /// The attempt failed.
    Failed(Failure),
}

/// Why an attempt, a step or an instance failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class of it, which decides whether another attempt makes sense.
    pub kind: FailureKind,
    /// For people: what was found, what was expected.
    pub message: String,
    /// Whether a guest that reported an error asked for another attempt. Ignored for the other kinds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
}

impl Failure {
    /// A failure of this kind, not marked retryable by a guest.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            retryable: false,
        }
    }

    /// Whether another attempt may follow: row A-7 of `docs/engine.md`.
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            FailureKind::Trap | FailureKind::Deadline | FailureKind::Host => true,
            FailureKind::GuestError => self.retryable,
            FailureKind::MemoryLimit
            | FailureKind::OutputLimit
            | FailureKind::OutputInvalid
            | FailureKind::CapabilityDenied
            | FailureKind::Routing
            | FailureKind::Stuck => false,
        }
    }
}

/// The classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The step's code reported an error.
    GuestError,
    /// The component trapped: a panic, unreachable code, a stack overflow.
    Trap,
    /// The attempt, or the instance, took longer than its deadline.
    Deadline,
    /// The component asked for more memory than its limit.
    MemoryLimit,
    /// The component handed over more than its limit.
    OutputLimit,
    /// The component emitted an event that it didn't declare, or something that is not JSON.
    OutputInvalid,
    /// The component used something that was not granted.
    CapabilityDenied,
    /// The workflow's `transit` failed, or chose a target that was not declared.
    Routing,
    /// The host failed, or ended too often while the step was running.
    Host,
    /// Nothing is ready, running, waiting or retrying, and `done` was not reached.
    Stuck,
}

impl FailureKind {
    /// The kind as the API and the command line show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GuestError => "guest-error",
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::MemoryLimit => "memory-limit",
            Self::OutputLimit => "output-limit",
            Self::OutputInvalid => "output-invalid",
            Self::CapabilityDenied => "capability-denied",
            Self::Routing => "routing",
            Self::Host => "host",
            Self::Stuck => "stuck",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What one attempt consumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in microseconds, instantiation included.
    pub wall_us: u64,
    /// The size of its linear memory when it ended, in bytes.
    pub memory_bytes: u64,
    /// Whether it ran in an instance of the component that an earlier attempt had used.
    pub reused: bool,
    /// Processor time, in microseconds: the guest's, and that of the host's functions that it called, on its thread.
    /// Threads that read files or encrypt for it aren't counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cpu_us: u64,
    /// The size of its linear memory when it began, in bytes. It never shrinks: in an instance that was used before, that
    /// attempt may have needed it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub memory_before_bytes: u64,
    /// What the host handed to it, in bytes: its context, checkpoint and secrets, bodies of HTTP responses. Not files.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bytes_in: u64,
    /// What it handed to the host, in bytes: its result, checkpoints, what it wrote, bodies of HTTP requests.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bytes_out: u64,
    /// How many HTTP requests it sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub http_requests: u64,
    /// How often it called the host.
    #[serde(default, skip_serializing_if = "HostCalls::is_none")]
    pub host_calls: HostCalls,
    /// The manifest under which it ran. `None`: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Digest>,
}

/// How often the host was called, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostCalls {
    /// Of `context`.
    #[serde(skip_serializing_if = "is_zero")]
    pub context: u64,
    /// Of `log`.
    #[serde(skip_serializing_if = "is_zero")]
    pub log: u64,
    /// Of `grants`.
    #[serde(skip_serializing_if = "is_zero")]
    pub grants: u64,
    /// Of `secrets`.
    #[serde(skip_serializing_if = "is_zero")]
    pub secrets: u64,
    /// Of `checkpoint`.
    #[serde(skip_serializing_if = "is_zero")]
    pub checkpoint: u64,
    /// Of `wasi:http`. Several for each request.
    #[serde(skip_serializing_if = "is_zero")]
    pub http: u64,
    /// Of the rest of WASI: files, clocks, random numbers, the environment, standard streams.
    #[serde(skip_serializing_if = "is_zero")]
    pub wasi: u64,
}

impl Receipt {
    /// Of an attempt that began then and consumed nothing.
    pub fn nothing(started_at: Timestamp) -> Self {
        Self {
            started_at,
            wall_us: 0,
            memory_bytes: 0,
            reused: false,
            cpu_us: 0,
            memory_before_bytes: 0,
            bytes_in: 0,
            bytes_out: 0,
            http_requests: 0,
            host_calls: HostCalls::default(),
            manifest: None,
        }
    }
}

impl HostCalls {
    /// Each kind with its name.
    pub fn by_kind(&self) -> [(&'static str, u64); 7] {
        [
            ("context", self.context),
            ("log", self.log),
            ("grants", self.grants),
            ("secrets", self.secrets),
            ("checkpoint", self.checkpoint),
            ("http", self.http),
            ("wasi", self.wasi),
        ]
    }

    /// All kinds together.
    pub fn total(&self) -> u64 {
        let counts = self.by_kind();
        counts
            .iter()
            .fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
    }

    fn is_none(&self) -> bool {
        self.total() == 0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What the workflow's `transit` chose for a dynamic transition, or how it failed.
pub type Routing = Result<Vec<StepRef>, Failure>;

/// The answer to [`Decision::Route`](super::Decision::Route), together with the question: between question and answer
/// the state may have changed, and an answer to another question is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The step that is about to end.
    pub step: StepRef,
    /// The event that it is about to end with.
    pub event: EventName,
    /// What was chosen.
    pub answer: Routing,
}
