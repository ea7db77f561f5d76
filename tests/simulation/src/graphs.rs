//! Random workflows that are sound by construction: each step leads to later ones and in the end to `done`.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_core::definition::{
    Backoff, BusinessKey, Join, JoinRule, RetryPolicy, StepDefinition, Targets, Transition, Uniqueness,
    Workflow, WorkflowDefinition,
};
use hephaestus_core::{EventName, StepRef, WorkflowName, WorkflowVersion};

use crate::chance::Chance;

const EMITTED: [&str; 3] = ["ok", "no", "hm"];
/// The events that a step can accept.
pub const ACCEPTED: [&str; 2] = ["go", "timeout"];
const CLEANUP: &str = "tidy";

/// What a random workflow is like, beside its graph.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    /// How many steps it has at most, beside `done` and the clean-up.
    pub max_steps: usize,
    /// How long pauses and deadlines are about, in milliseconds.
    pub scale_ms: u64,
}

/// A workflow of this name and version.
pub fn workflow(chance: &Chance, name: &WorkflowName, version: u32, traits: Traits) -> WorkflowDefinition {
    let mut definition = draw(chance, name, version, traits);
    // Joins that can't become true are refused: `any` always can.
    while let Err(violations) = Workflow::new(definition.clone()) {
        for violation in &violations.0 {
            let refused = violation.step.as_ref();
            let mut steps = definition.steps.iter_mut();
            let step = steps.find(|step| Some(&step.name) == refused && step.join != JoinRule::Any);
            match step {
                Some(step) => step.join = JoinRule::Any,
                None => unreachable!("a graph that is sound by construction is refused: {violation}"),
            }
        }
    }
    definition
}

fn step_name(at: usize) -> StepRef {
    StepRef::new(&format!("s{at}")).unwrap_or_else(|_| unreachable!("a letter and a number are a name"))
}

fn event_name(text: &'static str) -> EventName {
    text.parse().unwrap_or_else(|_| unreachable!("it is a name"))
}

fn cleanup() -> StepRef {
    CLEANUP.parse().unwrap_or_else(|_| unreachable!("it is a name"))
}

fn draw(chance: &Chance, name: &WorkflowName, version: u32, traits: Traits) -> WorkflowDefinition {
    let count = 1 + chance.index(traits.max_steps);
    let mut steps = Vec::new();
    let mut transitions = Vec::new();
    for at in 0..count {
        steps.push(step(chance, at, count, traits, &mut transitions));
    }
    for at in 1..count {
        lead_to(chance, &mut transitions, &steps, at);
    }
    steps.push(StepDefinition::new(StepRef::done()));
    for step in steps.iter_mut().skip(1) {
        step.join = join(chance, &step.name, &transitions);
    }
    let cleans_up = chance.one_in(3);
    if cleans_up {
        let mut tidy = StepDefinition::new(cleanup());
        tidy.emits.push(event_name("ok"));
        tidy.accepts.push(event_name("go"));
        steps.push(tidy);
    }
    WorkflowDefinition {
        name: name.clone(),
        version: WorkflowVersion(version),
        start: step_name(0),
        steps,
        transitions,
        business_key: BusinessKey {
            name: "id".parse().unwrap_or_else(|_| unreachable!("it is a name")),
            uniqueness: uniqueness(chance),
        },
        retry: Some(policy(chance, traits)),
        deadline: chance
            .one_in(8)
            .then(|| span(chance, traits.scale_ms.saturating_mul(20))),
        on_cancel: cleans_up.then(cleanup),
        tags: Vec::new(),
        metadata: BTreeMap::new(),
    }
}

fn uniqueness(chance: &Chance) -> Uniqueness {
    match chance.below(8) {
        0 => Uniqueness::Version,
        1 => Uniqueness::Global,
        2 => Uniqueness::None,
        _ => Uniqueness::Workflow,
    }
}

fn span(chance: &Chance, ms: u64) -> Duration {
    Duration::from_millis(1 + chance.below(ms))
}

fn policy(chance: &Chance, traits: Traits) -> RetryPolicy {
    let backoff = [Backoff::Constant, Backoff::Linear, Backoff::Exponential];
    let initial = span(chance, traits.scale_ms);
    RetryPolicy {
        max_attempts: 1 + u32::try_from(chance.below(4)).unwrap_or(0),
        backoff: backoff[chance.index(3)],
        initial,
        cap: initial.saturating_mul(4),
        jitter_percent: [0, 20, 100][chance.index(3)],
    }
}

/// A step and what it leads to, so far.
fn step(
    chance: &Chance,
    at: usize,
    count: usize,
    traits: Traits,
    transitions: &mut Vec<Transition>,
) -> StepDefinition {
    let mut step = StepDefinition::new(step_name(at));
    let emits = [1, 1, 1, 2, 2, 3, 0, 0][chance.index(8)];
    let accepts = [0, 1, 2, 2][chance.index(4)];
    step.emits.extend(EMITTED.into_iter().take(emits).map(event_name));
    step.accepts
        .extend(ACCEPTED.into_iter().take(accepts).map(event_name));
    if step.emits.is_empty() && step.accepts.is_empty() {
        step.emits.push(event_name("ok"));
    }
    if chance.one_in(6) {
        step.retry = Some(policy(chance, traits));
    }
    if chance.one_in(8) {
        step.deadline = Some(span(chance, traits.scale_ms));
    }
    let events = step.emits.iter().chain(&step.accepts).cloned();
    for event in events {
        let targets = targets(chance, at, count);
        transitions.push(Transition {
            source: step.name.clone(),
            event,
            targets: match chance.one_in(5) {
                true => Targets::Dynamic(targets),
                false => Targets::Static(targets),
            },
        });
    }
    if chance.one_in(3) {
        transitions.push(Transition {
            source: step.name.clone(),
            event: event_name("failed"),
            targets: Targets::Static(targets(chance, at, count)),
        });
    }
    step
}

/// One to three of the steps after `at`, `done` among them.
fn targets(chance: &Chance, at: usize, count: usize) -> Vec<StepRef> {
    let mut later: Vec<StepRef> = (at + 1..count).map(step_name).collect();
    if later.is_empty() || chance.one_in(4) {
        later.push(StepRef::done());
    }
    while later.len() > 1 + chance.index(3) {
        later.remove(chance.index(later.len()));
    }
    later
}

/// Makes sure that something leads to the step at `at`.
fn lead_to(chance: &Chance, transitions: &mut [Transition], steps: &[StepDefinition], at: usize) {
    let parent = &steps[chance.index(at)].name;
    let mut own: Vec<&mut Transition> = transitions
        .iter_mut()
        .filter(|transition| transition.source == *parent && !transition.event.is_failed())
        .collect();
    let chosen = chance.index(own.len());
    let (Targets::Static(targets) | Targets::Dynamic(targets)) = &mut own[chosen].targets;
    if !targets.contains(&steps[at].name) {
        targets.push(steps[at].name.clone());
    }
}

fn join(chance: &Chance, step: &StepRef, transitions: &[Transition]) -> JoinRule {
    match chance.below(6) {
        0 | 1 => JoinRule::Default,
        2 => JoinRule::All,
        3 => JoinRule::Any,
        4 => JoinRule::Settled,
        _ => expression(chance, step, transitions),
    }
}

fn expression(chance: &Chance, step: &StepRef, transitions: &[Transition]) -> JoinRule {
    let leading = transitions
        .iter()
        .filter(|transition| transition.targets.declared().contains(step));
    let mut parts: Vec<Join> = leading
        .map(|transition| Join::Transition {
            source: transition.source.clone(),
            event: transition.event.clone(),
        })
        .collect();
    let group = |parts| match chance.below(3) {
        0 => Join::All(parts),
        1 => Join::Any(parts),
        _ => Join::Settled(parts),
    };
    let right = parts.split_off(parts.len() / 2);
    let halves = [parts, right].into_iter().filter(|part| !part.is_empty());
    let halves = halves.map(group).collect();
    JoinRule::Expression(group(halves))
}

/// The bytes that the fake guests take for a component.
pub fn component(definition: &WorkflowDefinition) -> Vec<u8> {
    serde_json::to_vec(definition).unwrap_or_else(|_| unreachable!("a definition has a JSON form"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_workflows_are_sound_and_have_everything() {
        let chance = Chance::new(1);
        let traits = Traits {
            max_steps: 7,
            scale_ms: 500,
        };
        let (mut dynamic, mut expressions, mut cleanups, mut failed) = (0, 0, 0, 0);
        for version in 1..500 {
            let drawn = workflow(&chance, &"random".parse().unwrap(), version, traits);
            Workflow::new(drawn.clone()).unwrap();
            let transitions = drawn.transitions.iter();
            dynamic += transitions.clone().filter(|one| one.targets.is_dynamic()).count();
            failed += transitions.filter(|one| one.event.is_failed()).count();
            let joins = drawn.steps.iter().map(|step| &step.join);
            expressions += joins
                .filter(|join| matches!(join, JoinRule::Expression(_)))
                .count();
            cleanups += usize::from(drawn.on_cancel.is_some());
        }
        assert!(dynamic > 100 && expressions > 50 && cleanups > 50 && failed > 100);
    }
}
