//! What a call of the store makes durable: each kind of it has a name, and none may be missing from the scenario.

use std::collections::BTreeSet;

use hephaestus_core::engine::{Cause, Change, EndStatus, FailureKind, Record};
use hephaestus_host::store::Write;

/// One kind of durable action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Create,
    CreateWithDeadline,
    Outcome,
    Choice,
    Wait,
    WaitWithTimer,
    RetryScheduled,
    RetryDue,
    StepFailed,
    CheckpointSaved,
    AttemptBegan,
    AttemptsLost,
    RecoveriesUsedUp,
    EventAccepted,
    EventTakenAtOnce,
    EventTakenFromInbox,
    EventUndelivered,
    TimerSet,
    TimerCleared,
    TimerCancelled,
    TimerFired,
    TimerQueued,
    DeadlinePassed,
    CancelBegun,
    Cancelled,
    OperatorRetry,
    Completed,
    Failed,
    Deploy,
    Redeploy,
    Delete,
    PurgeInstances,
    PurgeCode,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::Create,
        Self::CreateWithDeadline,
        Self::Outcome,
        Self::Choice,
        Self::Wait,
        Self::WaitWithTimer,
        Self::RetryScheduled,
        Self::RetryDue,
        Self::StepFailed,
        Self::CheckpointSaved,
        Self::AttemptBegan,
        Self::AttemptsLost,
        Self::RecoveriesUsedUp,
        Self::EventAccepted,
        Self::EventTakenAtOnce,
        Self::EventTakenFromInbox,
        Self::EventUndelivered,
        Self::TimerSet,
        Self::TimerCleared,
        Self::TimerCancelled,
        Self::TimerFired,
        Self::TimerQueued,
        Self::DeadlinePassed,
        Self::CancelBegun,
        Self::Cancelled,
        Self::OperatorRetry,
        Self::Completed,
        Self::Failed,
        Self::Deploy,
        Self::Redeploy,
        Self::Delete,
        Self::PurgeInstances,
        Self::PurgeCode,
    ];
}

/// What a write makes durable.
pub(super) fn actions(write: &Write) -> BTreeSet<Action> {
    let change = write.change();
    let mut found: BTreeSet<Action> = change
        .entries
        .iter()
        .flat_map(|entry| of_record(&entry.record, change))
        .collect();
    if !change.timers_cleared.is_empty() {
        found.insert(Action::TimerCleared);
    }
    found
}

/// A record that is new to the engine doesn't compile here until it has a name.
fn of_record(record: &Record, change: &Change) -> Vec<Action> {
    match record {
        Record::Created(created) if created.deadline.is_some() => vec![Action::CreateWithDeadline],
        Record::Created(_) => vec![Action::Create],
        Record::StepCompleted(completed) => {
            let cause = match &completed.cause {
                Cause::Emitted => Action::Outcome,
                Cause::Timer(_) => Action::TimerFired,
                Cause::Sent(id) => {
                    let accepted = |record: &Record| matches!(record, Record::EventAccepted(event) if event.event_id == *id);
                    match change.entries.iter().any(|entry| accepted(&entry.record)) {
                        true => Action::EventTakenAtOnce,
                        false => Action::EventTakenFromInbox,
                    }
                }
            };
            let choice = completed.chosen.as_ref().map(|_| Action::Choice);
            choice.into_iter().chain([cause]).collect()
        }
        Record::StepWaiting { timer: Some(_), .. } => vec![Action::WaitWithTimer],
        Record::StepWaiting { .. } => vec![Action::Wait],
        Record::AttemptFailed { .. } => vec![Action::RetryScheduled],
        Record::StepFailed { failure, .. } if failure.kind == FailureKind::Host => {
            vec![Action::StepFailed, Action::RecoveriesUsedUp]
        }
        Record::StepFailed { .. } => vec![Action::StepFailed],
        Record::StepReady { .. } => vec![Action::RetryDue],
        Record::CheckpointSaved { .. } => vec![Action::CheckpointSaved],
        Record::AttemptBegan { .. } => vec![Action::AttemptBegan],
        Record::AttemptsLost { .. } => vec![Action::AttemptsLost],
        Record::EventAccepted(_) => vec![Action::EventAccepted],
        Record::EventUndelivered { .. } => vec![Action::EventUndelivered],
        Record::TimerSet(_) => vec![Action::TimerSet],
        Record::TimerQueued { .. } => vec![Action::TimerQueued],
        Record::TimerCancelled { .. } => vec![Action::TimerCancelled],
        Record::Cancelling { .. } => vec![Action::CancelBegun],
        Record::Retried { .. } => vec![Action::OperatorRetry],
        Record::Ended(ended) => match (ended.status, &ended.failure) {
            (EndStatus::Completed, _) => vec![Action::Completed],
            (EndStatus::Cancelled, _) => vec![Action::Cancelled],
            (EndStatus::Failed, Some(failed)) if failed.step.is_none() => {
                vec![Action::Failed, Action::DeadlinePassed]
            }
            (EndStatus::Failed, _) => vec![Action::Failed],
        },
    }
}
