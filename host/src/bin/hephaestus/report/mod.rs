//! An instance as a command reports it: facts drawn from its state and journal, laid out neither for people nor for
//! programs yet.

pub(crate) mod check;
pub(crate) mod delete;
mod events;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod receipts;
mod steps;
pub(crate) mod store;
mod waiting;

use std::time::Duration;

use hephaestus_host::core::engine::{InstanceFailure, InstanceState, InstanceStatus, JournalEntry, Record};
use hephaestus_host::core::{BusinessId, Digest, InstanceId, Json, StepRef, WorkflowName, WorkflowVersion};

use crate::resolved::StoreChoice;

pub(crate) use events::{UntakenEvent, untaken_events};
pub(crate) use steps::{FailedAttempt, StepReport, StepStatus, Timeline};
pub(crate) use waiting::{WaitingStep, waiting_steps};

/// Everything that is known about an instance when the command ends.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// Its id.
    pub(crate) instance: InstanceId,
    /// What people call it.
    pub(crate) business_id: BusinessId,
    /// How `--id` names it.
    pub(crate) id: String,
    /// Its workflow.
    pub(crate) workflow: WorkflowName,
    /// The version of it.
    pub(crate) version: WorkflowVersion,
    /// The code that it is pinned to.
    pub(crate) digest: Digest,
    /// Where it stands.
    pub(crate) status: InstanceStatus,
    /// From its creation to its last entry.
    pub(crate) took: Duration,
    /// The results of completed steps, in the order in which the steps began.
    pub(crate) results: Vec<(StepRef, Json)>,
    /// Its steps, in the order in which they began.
    pub(crate) steps: Vec<StepReport>,
    /// Steps that never ran, because their joins can't become true.
    pub(crate) not_needed: Vec<StepRef>,
    /// Why it failed.
    pub(crate) failure: Option<InstanceFailure>,
    /// Why it was cancelled, in the operator's words.
    pub(crate) cancel_reason: Option<String>,
    /// The steps that wait for events.
    pub(crate) waiting_for: Vec<WaitingStep>,
    /// Events that were accepted and that no step has taken.
    pub(crate) untaken_events: Vec<UntakenEvent>,
    /// Its journal.
    pub(crate) history: Vec<JournalEntry>,
    /// Where it is kept.
    pub(crate) store: StoreChoice,
}

impl Report {
    /// Draws the facts together. `history` is the whole journal that `state` was folded from.
    pub(crate) fn new(state: &InstanceState, history: Vec<JournalEntry>, store: StoreChoice) -> Self {
        let created = state.created();
        let timeline = Timeline::of(&history);
        let results = timeline
            .steps
            .iter()
            .filter_map(|step| Some((step.step.clone(), state.results().get(&step.step)?.clone())))
            .collect();
        let took = match (history.first(), history.last()) {
            (Some(first), Some(last)) => last.at.since(first.at),
            _ => Duration::ZERO,
        };
        Self {
            instance: created.instance,
            business_id: created.business_id.clone(),
            id: id_for_run(state),
            workflow: created.workflow.clone(),
            version: created.version,
            digest: created.digest,
            status: state.status(),
            took,
            results,
            steps: timeline.steps,
            not_needed: timeline.dead,
            failure: state.failure().cloned(),
            cancel_reason: cancel_reason(&history),
            waiting_for: waiting_steps(state),
            untaken_events: untaken_events(&history),
            history,
            store,
        }
    }
}

/// How `run --id` names an instance: by its value, unless several active instances may share that.
pub(crate) fn id_for_run(state: &InstanceState) -> String {
    use hephaestus_host::core::definition::Uniqueness;
    let created = state.created();
    match state.workflow().definition().business_key.uniqueness {
        Uniqueness::None => created.instance.to_string(),
        Uniqueness::Workflow | Uniqueness::Version | Uniqueness::Global => {
            created.business_id.value.to_string()
        }
    }
}

fn cancel_reason(history: &[JournalEntry]) -> Option<String> {
    history.iter().rev().find_map(|entry| match &entry.record {
        Record::Cancelling { reason, .. } => reason.clone(),
        Record::Ended(ended) => ended.reason.clone(),
        _ => None,
    })
}
