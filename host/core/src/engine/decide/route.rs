//! Dynamic transitions (D-1 to D-3).

use super::refusal::list;
use crate::definition::{StepIx, Targets};
use crate::engine::{Failure, FailureKind, InstanceState, Routed, Routing};
use crate::{EventName, StepRef};

/// Where a transition leads.
pub(super) enum Route {
    /// To all its targets (`None`), or to the chosen ones.
    To(Option<Vec<StepRef>>),
    /// The workflow's `transit` must be asked.
    Ask,
    /// Its answer is not one.
    Failed(Failure),
}

/// Where the transition of `step` for `event` leads, given an answer that the input may bring.
pub(super) fn route(
    state: &InstanceState,
    step: StepIx,
    event: &EventName,
    routed: Option<&Routed>,
) -> Route {
    let declared = match state.workflow().transition(step, event) {
        Some(transition) => match &transition.targets {
            Targets::Static(_) => return Route::To(None),
            Targets::Dynamic(declared) => declared,
        },
        None => return Route::To(None),
    };
    let name = state.name(step);
    match routed.filter(|routed| routed.step == *name && routed.event == *event) {
        None => Route::Ask,
        Some(routed) => match check(&routed.answer, declared) {
            Ok(chosen) => Route::To(Some(chosen)),
            Err(problem) => {
                let message = format!("failed to choose where `{name}` leads after `{event}`: {problem}");
                Route::Failed(Failure::new(FailureKind::Routing, message))
            }
        },
    }
}

fn check(answer: &Routing, declared: &[StepRef]) -> Result<Vec<StepRef>, String> {
    let chosen = match answer {
        Ok(chosen) => chosen,
        Err(failure) => return Err(format!("{}: {}", failure.kind, failure.message)),
    };
    let expected = || format!("expected one or more of {}", list(declared));
    if chosen.is_empty() {
        return Err(format!("no target was chosen, {}", expected()));
    }
    if let Some(other) = chosen.iter().find(|target| !declared.contains(target)) {
        return Err(format!("`{other}` was chosen, {}", expected()));
    }
    let in_order = declared.iter().filter(|target| chosen.contains(target));
    Ok(in_order.cloned().collect())
}
