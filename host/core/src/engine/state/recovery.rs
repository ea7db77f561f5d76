//! Attempts that were lost with their host (H), and what is known of the next one (B).

use super::apply::Fits;
use super::{InstanceState, StepState};
use crate::StepRef;

/// What is known of the losses of one step, since it was ready first or an operator retried it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Recovery {
    /// Whether an attempt was lost.
    pub(in crate::engine) is_under_way: bool,
    /// The losses that count: since the step last saved something.
    pub(in crate::engine) losses: u32,
    /// Whether the attempt that is ready is known to have begun.
    pub(in crate::engine) has_begun: bool,
}

impl Recovery {
    pub(super) const NONE: Self = Self {
        is_under_way: false,
        losses: 0,
        has_begun: false,
    };

    /// Whether the step, if it is ready, isn't executed: it would have said so.
    pub(in crate::engine) fn is_unannounced(self) -> bool {
        self.is_under_way && !self.has_begun
    }
}

impl InstanceState {
    /// B-3.
    pub(super) fn attempt_began(&mut self, step: &StepRef, attempt: u32) -> Fits {
        let at = self.find(step)?;
        self.must_be_ready(at, attempt)?;
        let recovery = &mut self.slots[at.0].recovery;
        if !recovery.is_unannounced() {
            return Err(format!("`{step}` lost no attempt, or has begun already"));
        }
        recovery.has_begun = true;
        Ok(())
    }

    /// H-2, H-4.
    pub(super) fn attempts_lost(&mut self, steps: &[StepRef], uncounted: &[StepRef], shutdown: bool) -> Fits {
        if let Some(step) = uncounted.iter().find(|step| !steps.contains(step)) {
            return Err(format!("`{step}` doesn't count, but isn't lost"));
        }
        let next = self.next_seq();
        for step in steps {
            let at = self.find(step)?;
            let slot = &mut self.slots[at.0];
            if !matches!(slot.state, StepState::Ready { .. }) {
                return Err(format!("`{step}` is not ready, it {}", slot.state));
            }
            let counts = !shutdown && !uncounted.contains(step);
            slot.recovery = Recovery {
                is_under_way: true,
                losses: slot.recovery.losses.saturating_add(u32::from(counts)),
                has_begun: false,
            };
            slot.ready_since = next;
        }
        Ok(())
    }
}
