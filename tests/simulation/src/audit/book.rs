//! One instance as the store holds it: its journal, and the state that this folds to.

use std::collections::BTreeSet;
use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{
    InstanceState, InstanceStatus, JournalEntry, Record, SentEvent, StepState, apply,
};
use hephaestus_core::{EventId, StepRef, Timestamp};

/// See the head of this module.
#[derive(Debug, Clone)]
pub struct Book {
    /// The fold of `journal`.
    pub state: InstanceState,
    /// All entries.
    pub journal: Vec<JournalEntry>,
    /// The ids of all events that were ever accepted.
    pub accepted: BTreeSet<EventId>,
}

impl Book {
    /// Opens it with the first entry.
    pub fn open(workflow: Arc<Workflow>, first: &JournalEntry) -> Result<Self, String> {
        let state = InstanceState::fold(workflow, std::slice::from_ref(first));
        Ok(Self {
            state: state.map_err(|damage| damage.to_string())?,
            journal: vec![first.clone()],
            accepted: BTreeSet::new(),
        })
    }

    /// One more entry.
    pub fn add(&mut self, entry: &JournalEntry) -> Result<(), String> {
        if let Record::EventAccepted(event) = &entry.record {
            self.accepted.insert(event.event_id.clone());
        }
        self.state = apply(self.state.clone(), entry).map_err(|damage| damage.to_string())?;
        self.journal.push(entry.clone());
        Ok(())
    }

    /// What always holds between two commits: it goes on, or it has ended and nothing is left of it; and what was sent isn't
    /// kept from whom it is for.
    pub fn check(&self) -> Result<(), String> {
        self.check_inbox()?;
        let state = &self.state;
        let active = state.steps().filter(|(_, of)| of.is_active()).count();
        let ready = state.ready().count();
        let is_empty = active == 0 && state.timers().is_empty() && state.inbox().next().is_none();
        let is_sound = match state.status() {
            InstanceStatus::Pending => self.journal.len() == 1,
            InstanceStatus::Running => ready > 0,
            InstanceStatus::Waiting => ready == 0 && active > 0,
            _ => is_empty,
        };
        if is_sound {
            return Ok(());
        }
        let (status, steps) = (state.status(), state.steps().collect::<Vec<_>>());
        Err(format!("it is {status} with these steps: {steps:?}"))
    }

    /// No step waits for what is in the inbox: it would have taken it in the commit with which it began to wait.
    fn check_inbox(&self) -> Result<(), String> {
        for (step, events) in self.state.accepting() {
            let is_for = |sent: &&SentEvent| {
                events.contains(&sent.event) && sent.step.as_ref().is_none_or(|named| named == step)
            };
            if let Some(sent) = self.state.inbox().find(is_for) {
                return Err(format!(
                    "`{step}` waits, and {:?} for it is in the inbox",
                    sent.event_id
                ));
            }
        }
        Ok(())
    }

    /// Whether the outcome of a step is recorded: nothing of it runs again, unless an operator says so.
    pub fn has_outcome(&self, step: &StepRef) -> bool {
        matches!(
            self.state.step(step),
            Some(StepState::Completed { .. } | StepState::Failed { .. } | StepState::Dead)
        )
    }

    /// When its earliest timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.state.timers().values().map(|timer| timer.due).min()
    }
}
