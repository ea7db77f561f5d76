//! What each step has saved, and since when it is ready, worked out the slow way: from the whole journal, entry by entry,
//! without any of the engine's state.

use std::collections::BTreeMap;

use hephaestus_core::engine::{Advance, EndStatus, InstanceState, JournalEntry, Record};
use hephaestus_core::{Json, StepRef};

#[derive(Default)]
pub(crate) struct Progress<'a> {
    ready_since: BTreeMap<&'a StepRef, u64>,
    saved: BTreeMap<&'a StepRef, &'a Json>,
}

impl<'a> Progress<'a> {
    pub(crate) fn of(journal: &'a [JournalEntry]) -> Self {
        let mut progress = Self::default();
        journal.iter().for_each(|entry| progress.add(entry));
        progress
    }

    /// Checks a state against it.
    pub(crate) fn check(&self, state: &InstanceState) {
        for (step, _) in state.steps() {
            assert_eq!(state.checkpoint(step), self.saved.get(step).copied(), "`{step}`");
            let since = self.ready_since.get(step).copied().unwrap_or(0);
            assert_eq!(state.ready_since(step), since, "`{step}`");
        }
    }

    fn add(&mut self, entry: &'a JournalEntry) {
        match &entry.record {
            Record::Created(created) => self.ready(entry, [&created.start]),
            Record::CheckpointSaved { step, value, .. } => drop(self.saved.insert(step, value)),
            Record::StepCompleted(completed) => {
                self.saved.remove(&completed.step);
                self.advance(entry, &completed.advance);
            }
            Record::StepFailed {
                step,
                advance: Some(advance),
                ..
            } => {
                self.saved.remove(step);
                self.advance(entry, advance);
            }
            Record::StepReady { step, .. } => self.ready(entry, [step]),
            Record::AttemptsLost { steps, .. } | Record::Retried { ready: steps, .. } => {
                self.ready(entry, steps)
            }
            Record::Cancelling { cleanup, .. } => {
                self.saved.clear();
                self.ready(entry, [cleanup]);
            }
            Record::Ended(ended) if ended.status != EndStatus::Failed => self.saved.clear(),
            _ => {}
        }
    }

    fn advance(&mut self, entry: &JournalEntry, advance: &'a Advance) {
        self.ready(entry, &advance.ready);
    }

    fn ready(&mut self, entry: &JournalEntry, steps: impl IntoIterator<Item = &'a StepRef>) {
        for step in steps {
            self.ready_since.insert(step, entry.seq);
        }
    }
}
