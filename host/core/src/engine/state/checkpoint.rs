//! What steps have saved while they ran (K).

use super::apply::Fits;
use super::{InstanceState, Slot};
use crate::definition::StepIx;
use crate::{Json, StepRef};

/// What a record of the journal takes beside the text of its checkpoint, roughly.
const ENTRY_BYTES: usize = 256;

/// How much of a step's budget a checkpoint uses up.
pub(in crate::engine) fn checkpoint_cost(value: &Json) -> usize {
    value.as_str().len().saturating_add(ENTRY_BYTES)
}

/// What one step has saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Progress {
    /// What it saved last.
    pub(in crate::engine) last: Option<Json>,
    /// What it has used of its budget.
    pub(in crate::engine) spent_bytes: usize,
}

impl Progress {
    pub(super) const NONE: Self = Self {
        last: None,
        spent_bytes: 0,
    };
}

impl InstanceState {
    pub(super) fn checkpoint_saved(&mut self, (step, attempt): (&StepRef, u32), value: &Json) -> Fits {
        let at = self.find(step)?;
        self.must_be_ready(at, attempt)?;
        let slot = &mut self.slots[at.0];
        slot.recovery.losses = 0;
        let progress = &mut slot.progress;
        progress.last = Some(value.clone());
        progress.spent_bytes = progress.spent_bytes.saturating_add(checkpoint_cost(value));
        Ok(())
    }

    /// The step's code can't run again.
    pub(super) fn drop_checkpoint(&mut self, at: StepIx) {
        self.slots[at.0].progress = Progress::NONE;
    }

    /// No step's code can run again.
    pub(super) fn drop_checkpoints(&mut self) {
        let drop = |slot: &mut Slot| slot.progress = Progress::NONE;
        self.slots.iter_mut().for_each(drop);
    }
}
