//! An attempt is about to be executed (B-0 to B-3).

use super::{Decision, Refusal};
use crate::StepRef;
use crate::engine::{InstanceState, Record, StepState};

pub(super) fn decide(
    state: &InstanceState,
    step: &StepRef,
    (attempt, since): (u32, u64),
) -> Result<Decision, Refusal> {
    let at = state.workflow().index(step.as_str());
    let at = at.ok_or_else(|| Refusal::UnknownStep { step: step.clone() })?; // B-0
    let slot = state.slot(at);
    let step = step.clone();
    if slot.state != (StepState::Ready { attempt }) || slot.ready_since != since {
        return Err(Refusal::TooLate { step, attempt }); // B-1
    }
    if !slot.recovery.is_unannounced() {
        return Ok(Decision::NOTHING); // B-2
    }
    Ok(Decision::Records(vec![Record::AttemptBegan { step, attempt }])) // B-3
}
