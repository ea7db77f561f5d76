//! What an instance has done so far, in numbers.

use hephaestus_core::Timestamp;
use hephaestus_core::engine::{Cause, JournalEntry, Record};

/// What an instance has done so far. The counts are folds over its journal: parking and restarts don't change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Activity {
    /// How often a step ended and the graph moved on.
    pub advance_count: u64,
    /// Attempts whose outcome is recorded.
    pub step_count: u64,
    /// Since when the instance has been waiting, if it is.
    pub waiting_since: Option<Timestamp>,
    /// Attempts that execute now, or wait for a free place. A hint.
    pub running_steps: usize,
    /// Whether it has a task now; a parked instance has none.
    pub is_resident: bool,
}

impl Activity {
    /// Counts `entries`.
    pub(super) fn count(&mut self, entries: &[JournalEntry]) {
        for entry in entries {
            let (advances, attempts) = match &entry.record {
                Record::StepCompleted(completed) => (1, u64::from(completed.cause == Cause::Emitted)),
                Record::StepFailed { .. } => (1, 1),
                Record::StepWaiting { .. } | Record::AttemptFailed { .. } => (0, 1),
                _ => (0, 0),
            };
            self.advance_count += advances;
            self.step_count += attempts;
        }
    }
}
