//! What the steps of a run do: a function of the seed, the instance, the step and the attempt, and of nothing else. So it
//! is the same in every world.

use std::time::Duration;

use hephaestus_core::definition::{Targets, Workflow};
use hephaestus_core::engine::{Failure, FailureKind, Outcome, Routing};
use hephaestus_core::{EventName, Json, StepRef};

use crate::chance::Chance;
use crate::guests::{completed, failed};

/// See the head of this module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nature {
    pub(super) seed: u64,
}

/// What one attempt does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deed {
    /// What it saves, one after the other; it goes on if that is refused.
    pub(super) saves: Vec<Json>,
    /// What it comes to.
    pub(super) outcome: Outcome,
}

/// Which instance it is, as its input says.
pub(super) fn name_in(initial: &Json) -> String {
    initial.as_str().to_owned()
}

impl Nature {
    /// `instance` is the input of the instance: no two have the same.
    pub(super) fn deed(&self, workflow: &Workflow, instance: &str, step: &StepRef, attempt: u32) -> Deed {
        let chance = self.chance(&format!("{instance}/{step}/{attempt}"));
        let saves = match chance.below(4) {
            0 => (0..1 + chance.below(3)).filter_map(|_| save(&chance)).collect(),
            _ => Vec::new(),
        };
        let outcome = outcome(&chance, workflow, step);
        Deed { saves, outcome }
    }

    /// Where the dynamic transition of `step` for `event` leads.
    pub(super) fn transit(
        &self,
        workflow: &Workflow,
        instance: &str,
        step: &StepRef,
        event: &EventName,
    ) -> Routing {
        let chance = self.chance(&format!("{instance}/{step}:{event}"));
        let mut transitions = workflow.definition().transitions.iter();
        let own = transitions.find(|one| one.source == *step && one.event == *event);
        match own.map(|transition| &transition.targets) {
            _ if chance.one_in(12) => Err(Failure::new(FailureKind::Routing, "it doesn't know")),
            _ if chance.one_in(20) => Ok(vec![step.clone()]),
            Some(Targets::Dynamic(targets)) => Ok(chance.some(targets)),
            _ => Err(Failure::new(FailureKind::Routing, "nobody should ask this")),
        }
    }

    fn chance(&self, of: &str) -> Chance {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Chance::new(of.bytes().fold(self.seed ^ 0xcbf2_9ce4_8422_2325, hash))
    }
}

fn save(chance: &Chance) -> Option<Json> {
    let text = match chance.one_in(5) {
        true => format!("\"{}\"", "x".repeat(200)),
        false => chance.below(1_000).to_string(),
    };
    Json::parse(&text).ok()
}

fn outcome(chance: &Chance, workflow: &Workflow, step: &StepRef) -> Outcome {
    let Some(step) = workflow.find(step) else {
        return failed(FailureKind::Host, false);
    };
    let accepts_timeout = step.accepts.iter().any(|event| event.as_str() == "timeout");
    let result = chance.one_in(2).then(|| chance.below(1_000_000).to_string());
    let result = result.and_then(|text| Json::parse(&text).ok());
    match chance.below(30) {
        0..=3 => failed(FailureKind::GuestError, true),
        4 => failed(FailureKind::GuestError, false),
        5 => failed(FailureKind::Trap, false),
        6 => completed("undeclared", result),
        7 => Outcome::Wait { resume_after: None },
        _ if !step.accepts.is_empty() && (step.emits.is_empty() || chance.one_in(2)) => Outcome::Wait {
            resume_after: (accepts_timeout && chance.one_in(2)).then(|| patience(chance)),
        },
        _ => match chance.pick(&step.emits) {
            Some(event) => completed(event.as_str(), result),
            None => Outcome::Wait { resume_after: None },
        },
    }
}

fn patience(chance: &Chance) -> Duration {
    match chance.below(8) {
        0 => Duration::ZERO,
        1 => chance.ms(3 * 3_600_000),
        _ => chance.ms(60_000),
    }
}
