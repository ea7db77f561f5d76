//! A running attempt saves how far it has come (K-0 to K-5).

use super::{Decision, EngineLimits, Refusal};
use crate::engine::state::checkpoint_cost;
use crate::engine::{InstanceState, Record, StepState};
use crate::{Json, StepRef};

pub(super) fn decide(
    state: &InstanceState,
    step: &StepRef,
    (attempt, since): (u32, u64),
    value: &Json,
    limits: &EngineLimits,
) -> Result<Decision, Refusal> {
    let at = state.workflow().index(step.as_str());
    let at = at.ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?; // K-0
    let slot = state.slot(at);
    if slot.state != (StepState::Ready { attempt }) || slot.ready_since != since {
        let step = step.clone();
        return Err(Refusal::TooLate { step, attempt }); // K-1
    }
    let bytes = value.as_str().len();
    if bytes > limits.max_checkpoint_bytes {
        let limit = limits.max_checkpoint_bytes;
        return Err(Refusal::CheckpointTooLarge { bytes, limit }); // K-2
    }
    if slot.progress.last.as_ref() == Some(value) {
        return Ok(Decision::NOTHING); // K-3
    }
    if slot.progress.spent_bytes.saturating_add(checkpoint_cost(value)) > limits.max_checkpoints_bytes {
        let limit = limits.max_checkpoints_bytes;
        return Err(Refusal::CheckpointsUsedUp { limit }); // K-4
    }
    Ok(Decision::Records(vec![Record::CheckpointSaved {
        step: step.clone(),
        attempt,
        value: value.clone(),
    }])) // K-5
}
