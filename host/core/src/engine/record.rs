//! The journal: what happened to an instance, in order. Its state is a fold over these.
//!
//! The serde form of these types is a storage format: a field may be added with a default, nothing may be renamed or
//! change its meaning. Enums are tagged from outside because JSON kept as raw text can't pass through serde's buffers.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Failure, Receipt};
use crate::{
    BusinessId, Digest, EventId, EventName, InstanceId, Json, RequestId, StepRef, Timestamp, WorkflowName,
    WorkflowVersion,
};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Counts the instance's entries, from 1. The last one is the instance's version.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub record: Record,
}

/// What happened. Consequences (which steps became ready or dead) are recorded with their cause, so that a later engine
/// reads the same history even if it would decide differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The instance exists; its start step is ready.
    Created(Created),
    /// A step ended with an event.
    StepCompleted(StepCompleted),
    /// A step's code ended with `wait`: it now waits for an event.
    StepWaiting {
        /// The step.
        step: StepRef,
        /// The attempt that asked to wait.
        attempt: u32,
        /// The timer of this wait (`resume-after`), if it asked for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timer: Option<Timer>,
        /// What the attempt consumed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
    },
    /// An attempt failed and another one will follow.
    AttemptFailed {
        /// The step.
        step: StepRef,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// When the next attempt is due.
        retry: Timer,
        /// What the attempt consumed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
    },
    /// A step failed for good. With a transition for `failed`, the graph goes on; else the instance fails.
    StepFailed {
        /// The step.
        step: StepRef,
        /// The attempt that failed.
        attempt: u32,
        /// Why.
        failure: Failure,
        /// What became of the steps behind it. None: the graph has no answer, and the instance fails; the transitions
        /// of the step stay open, so that an operator can retry it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        advance: Option<Advance>,
        /// What the attempt consumed; none if the failure came after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
    },
    /// The pause before another attempt is over: the step is ready again.
    StepReady {
        /// The step.
        step: StepRef,
        /// The attempt that comes.
        attempt: u32,
    },
    /// A running attempt saved how far it has come; the step's next execution goes on from there.
    CheckpointSaved {
        /// The step.
        step: StepRef,
        /// The attempt.
        attempt: u32,
        /// The progress.
        value: Json,
    },
    /// A step that lost an attempt before is about to be executed again. Not written for others.
    AttemptBegan {
        /// The step.
        step: StepRef,
        /// The attempt.
        attempt: u32,
    },
    /// The host ended while these steps may have been running. They are ready again, with the same attempt number.
    AttemptsLost {
        /// The steps.
        steps: Vec<StepRef>,
        /// Those of them whose loss doesn't count towards `max_recoveries`: nothing says that they ran.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        uncounted: Vec<StepRef>,
        /// Whether the host was shut down in order, and wrote this itself. Then no loss counts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shutdown: bool,
    },
    /// An event was sent and durably accepted. It is in the inbox until consumed or undelivered.
    EventAccepted(SentEvent),
    /// An accepted event that no step took before the instance ended.
    EventUndelivered {
        /// Which one.
        event_id: EventId,
    },
    /// A timer was set by `schedule_resume`.
    TimerSet(Timer),
    /// A scheduled timer came due before its step waited: `timeout` is in the inbox.
    TimerQueued {
        /// The timer.
        number: u32,
    },
    /// A scheduled timer was cancelled.
    TimerCancelled {
        /// The timer.
        number: u32,
    },
    /// The operator cancelled. With an `on_cancel` step, that step is ready now; all others are stopped.
    Cancelling {
        /// Why, in the operator's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The steps that were stopped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stopped: Vec<StepRef>,
        /// The step that cleans up.
        cleanup: StepRef,
    },
    /// The operator retried a failed instance.
    Retried {
        /// Steps that are ready again, with fresh attempts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ready: Vec<StepRef>,
        /// Steps that wait on, or pause on, with their original due times.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resumed: Vec<StepRef>,
        /// Accepted events that were undelivered, and are in the inbox again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<EventId>,
    },
    /// The instance ended.
    Ended(Ended),
}

/// How an instance began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Its id.
    pub instance: InstanceId,
    /// Its workflow.
    pub workflow: WorkflowName,
    /// The version of it.
    pub version: WorkflowVersion,
    /// The code that it is pinned to.
    pub digest: Digest,
    /// What people call it.
    pub business_id: BusinessId,
    /// The starter's id for the request to start it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Its input; an object.
    pub initial: Json,
    /// The timer of its deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timer>,
    /// Facts for telemetry, brought by the starter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The step that is ready.
    pub start: StepRef,
}

/// How a step ended with an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCompleted {
    /// The step.
    pub step: StepRef,
    /// The attempt it was.
    pub attempt: u32,
    /// The event.
    pub event: EventName,
    /// Where the event came from.
    pub cause: Cause,
    /// The step's result: what its code returned, or the payload of the event that ended its wait.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub result: Option<Json>,
    /// Facts about the attempt, brought by its code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// What the workflow's `transit` chose, where the transition is dynamic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Vec<StepRef>>,
    /// What became of the steps behind it.
    #[serde(default, skip_serializing_if = "Advance::is_empty")]
    pub advance: Advance,
    /// What the attempt consumed; none if an event ended the wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// Where the event that ended a step came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The step's code emitted it.
    Emitted,
    /// Somebody sent it.
    Sent(EventId),
    /// A timer came due.
    Timer(u32),
}

/// Which steps changed because another one ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Advance {
    /// Steps that became ready, in the order of the definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<StepRef>,
    /// Steps that can't run any more, in the order of the definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dead: Vec<StepRef>,
}

impl Advance {
    /// Whether no step changed.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.dead.is_empty()
    }
}

/// A value that is there is `Some`, even if it is `null`: a result of `null` is not the same as no result.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// An event that was sent to an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentEvent {
    /// The sender's id for it; sending it again is a no-op.
    pub event_id: EventId,
    /// Its name.
    pub event: EventName,
    /// The step that it is meant for, if the sender says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepRef>,
    /// The JSON that it brings.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub payload: Option<Json>,
}

/// Something that will come due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Its number within the instance.
    pub number: u32,
    /// When.
    pub due: Timestamp,
    /// What for.
    pub purpose: TimerPurpose,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerPurpose {
    /// `resume-after` of a wait: sends `timeout` to the step, and dies with that wait.
    Wait(StepRef),
    /// `schedule_resume`: sends `timeout` to the step, and dies with it.
    Scheduled(StepRef),
    /// The pause before the next attempt of the step.
    Retry(StepRef),
    /// The deadline of the instance.
    Deadline,
}

impl TimerPurpose {
    /// The step that the timer dies with; none for the deadline of the instance.
    pub fn step(&self) -> Option<&StepRef> {
        match self {
            Self::Wait(step) | Self::Scheduled(step) | Self::Retry(step) => Some(step),
            Self::Deadline => None,
        }
    }
}

/// How an instance ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub status: EndStatus,
    /// Why, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<InstanceFailure>,
    /// Why it was cancelled, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Steps that were ready, waiting or retrying, and were stopped; in the order of the definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<StepRef>,
}

/// How an instance can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndStatus {
    /// It reached `done`.
    Completed,
    /// A step failed and the graph had no answer; or it got stuck, or its deadline passed.
    Failed,
    /// An operator cancelled it.
    Cancelled,
}

/// Why an instance failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceFailure {
    /// The step that failed; none for `stuck` and for the deadline of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepRef>,
    /// Why.
    pub failure: Failure,
}
