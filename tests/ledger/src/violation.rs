//! Broken promises, each with the facts.

use hephaestus_core::engine::JournalEntry;
use hephaestus_core::{EventId, InstanceId, RequestId, StepRef, TimerId, Timestamp};

use crate::Order;

/// One broken promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant names its fields")]
pub enum Violation {
    /// Acknowledged, and not there.
    #[error("instance {instance}: its start was acknowledged, but the store doesn't have it")]
    StartLost { instance: InstanceId },
    /// The second answer for one request names another instance.
    #[error("request `{request}` was answered with instance {first}, and then with instance {second}")]
    RequestStartedTwice {
        request: RequestId,
        first: InstanceId,
        second: InstanceId,
    },
    /// Still active although everything must have ended, or nothing but waiting is allowed.
    #[error(
        "instance {instance} has not ended: at entry {version}, active steps: {}",
        list(steps)
    )]
    NotEnded {
        instance: InstanceId,
        version: u64,
        steps: Vec<StepRef>,
    },
    /// Acknowledged, and not there.
    #[error("instance {instance}: event `{event_id}` was acknowledged, but isn't in the journal")]
    EventLost { instance: InstanceId, event_id: EventId },
    /// The instance ended and said nothing of it.
    #[error("instance {instance} ended, but event `{event_id}` is neither consumed nor undelivered")]
    EventUnsettled { instance: InstanceId, event_id: EventId },
    /// Accepted again.
    #[error(
        "instance {instance}: event `{event_id}` was accepted by entry {first} and again by entry {second}"
    )]
    EventAcceptedTwice {
        instance: InstanceId,
        event_id: EventId,
        first: u64,
        second: u64,
    },
    /// Consumed twice, or consumed and undelivered.
    #[error(
        "instance {instance}: event `{event_id}` was settled by entry {first} and again by entry {second}"
    )]
    EventSettledTwice {
        instance: InstanceId,
        event_id: EventId,
        first: u64,
        second: u64,
    },
    /// Acknowledged, and not there.
    #[error("timer {timer} was acknowledged, but isn't in the journal")]
    TimerLost { timer: TimerId },
    /// Its time has come, it has not.
    #[error("timer {timer} was due at {}, and hasn't come", due.0)]
    TimerOverdue { timer: TimerId, due: Timestamp },
    /// It came before its time.
    #[error("timer {timer} came at {} by entry {seq}, but is due at {}", came_at.0, due.0)]
    TimerEarly {
        timer: TimerId,
        due: Timestamp,
        came_at: Timestamp,
        seq: u64,
    },
    /// Its due time is before the one that was ordered.
    #[error("timer {timer} is due at {}, but must not be before {}", due.0, not_before.0)]
    TimerDueEarly {
        timer: TimerId,
        due: Timestamp,
        not_before: Timestamp,
    },
    /// It came though it was over.
    #[error("timer {timer} was used by entry {seq}, but it {was}")]
    TimerNotSet {
        timer: TimerId,
        seq: u64,
        was: &'static str,
    },
    /// Acknowledged, and not there.
    #[error("timer {timer}: its cancellation was acknowledged, but isn't in the journal")]
    CancellationLost { timer: TimerId },
    /// Acknowledged, and not there.
    #[error("instance {instance}: the order to {order} it was acknowledged, but isn't in the journal")]
    OrderLost { instance: InstanceId, order: Order },
    /// Acknowledged, and not there.
    #[error(
        "instance {instance}: `{step}` was told that its checkpoint is saved, but it isn't in the journal"
    )]
    CheckpointLost { instance: InstanceId, step: StepRef },
    /// A durable entry is another one now.
    #[error("instance {instance}: entry {seq} has changed{}, to {now:?}", before(was.as_deref()))]
    EntryChanged {
        instance: InstanceId,
        seq: u64,
        /// Unknown if the instance had ended: only digests are kept then.
        was: Option<Box<JournalEntry>>,
        now: Box<JournalEntry>,
    },
    /// Durable entries are gone.
    #[error("instance {instance}: its journal had {was} entries, and ends at entry {now} now")]
    JournalShrunk {
        instance: InstanceId,
        was: u64,
        now: u64,
    },
    /// Numbers that don't follow.
    #[error("instance {instance}: entry {found} follows entry {after}")]
    Gap {
        instance: InstanceId,
        after: u64,
        found: u64,
    },
    /// Something happened to an instance that had ended.
    #[error("instance {instance} ended with entry {end}, but entry {seq} follows and is no retry")]
    EntryAfterEnd {
        instance: InstanceId,
        end: u64,
        seq: u64,
    },
    /// Two ends.
    #[error("instance {instance}: `{step}` ended with entry {first} and again with entry {second}")]
    StepEndedTwice {
        instance: InstanceId,
        step: StepRef,
        first: u64,
        second: u64,
    },
    /// Two outcomes of one attempt.
    #[error(
        "instance {instance}: attempt {attempt} of `{step}` has an outcome in entry {first} and another in entry {second}"
    )]
    OutcomeTwice {
        instance: InstanceId,
        step: StepRef,
        attempt: u32,
        first: u64,
        second: u64,
    },
    /// Ready twice, or ready and dead.
    #[error(
        "instance {instance}: the join of `{step}` was decided by entry {first} and again by entry {second}"
    )]
    JoinFiredTwice {
        instance: InstanceId,
        step: StepRef,
        first: u64,
        second: u64,
    },
    /// Executed again though it was known how it ended.
    #[error(
        "instance {instance}: attempt {attempt} of `{step}` began after entry {outcome}, which says what became of it"
    )]
    AttemptAfterOutcome {
        instance: InstanceId,
        step: StepRef,
        attempt: u32,
        outcome: u64,
    },
    /// Executed before the ground for it was durable.
    #[error("instance {instance}: attempt {attempt} of `{step}` began, but no entry made it ready")]
    AttemptUnfounded {
        instance: InstanceId,
        step: StepRef,
        attempt: u32,
    },
    /// Executed again without a word about why.
    #[error(
        "instance {instance}: attempt {attempt} of `{step}` began {began} times, the journal explains {explained}"
    )]
    AttemptRepeated {
        instance: InstanceId,
        step: StepRef,
        attempt: u32,
        began: u32,
        explained: u32,
    },
    /// One step, two keys.
    #[error("instance {instance}: `{step}` was executed with the idempotency keys `{first}` and `{second}`")]
    KeyChanged {
        instance: InstanceId,
        step: StepRef,
        first: String,
        second: String,
    },
    /// Two steps, one key.
    #[error("the idempotency key `{key}` is of `{}` in {} and of `{}` in {}", first.1, first.0, second.1, second.0)]
    KeyShared {
        key: String,
        first: (InstanceId, StepRef),
        second: (InstanceId, StepRef),
    },
    /// Deleted, and there.
    #[error("instance {instance}: its deletion was acknowledged, but the store has it")]
    CameBack { instance: InstanceId },
    /// The journal contradicts itself in another way.
    #[error("instance {instance}: entry {seq} doesn't fit those before it: {problem}")]
    Misfit {
        instance: InstanceId,
        seq: u64,
        problem: String,
    },
}

fn list(steps: &[StepRef]) -> String {
    if steps.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = steps.iter().map(|step| format!("`{step}`")).collect();
    names.join(", ")
}

fn before(entry: Option<&JournalEntry>) -> String {
    entry.map_or_else(String::new, |entry| format!(" from {entry:?}"))
}
