//! Random definitions that are sound, for property tests.

use proptest::prelude::*;

use super::{
    Join, JoinRule, StepDefinition, Targets, Transition, Workflow, WorkflowBuilder, WorkflowDefinition, step,
};
use crate::{EventName, StepRef};

/// What a random step is made of: for each of its events the targets, as bits over the steps behind it, and whether they
/// are chosen; how it joins.
#[derive(Debug, Clone)]
struct Sketch {
    events: Vec<(u8, bool)>,
    has_failed: bool,
    join: u8,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let events = prop::collection::vec((any::<u8>(), prop::bool::weighted(0.2)), 1..3);
    (events, prop::bool::weighted(0.2), any::<u8>()).prop_map(|(events, has_failed, join)| Sketch {
        events,
        has_failed,
        join,
    })
}

/// Workflows of up to six steps whose transitions lead from earlier to later steps, with joins of all kinds.
pub(crate) fn sound_workflow() -> impl Strategy<Value = Workflow> {
    prop::collection::vec(sketch(), 1..6)
        .prop_map(|sketches| definition(&sketches))
        .prop_filter_map("the joins drawn are impossible", |definition| {
            Workflow::new(definition).ok()
        })
}

fn name(at: usize, count: usize) -> StepRef {
    if at == count {
        StepRef::done()
    } else {
        format!("s{at}").parse().unwrap()
    }
}

fn definition(sketches: &[Sketch]) -> WorkflowDefinition {
    let count = sketches.len();
    let mut definition = WorkflowBuilder::new("random", 1)
        .step(step("s0"))
        .definition()
        .unwrap();
    definition.steps.clear();
    for (at, sketch) in sketches.iter().enumerate() {
        let mut step = StepDefinition::new(name(at, count));
        for (number, (bits, is_dynamic)) in sketch.events.iter().enumerate() {
            let event: EventName = format!("e{number}").parse().unwrap();
            step.emits.push(event.clone());
            let targets = targets(at, *bits, count);
            definition.transitions.push(Transition {
                source: step.name.clone(),
                event,
                targets: if *is_dynamic {
                    Targets::Dynamic(targets)
                } else {
                    Targets::Static(targets)
                },
            });
        }
        if sketch.has_failed {
            definition.transitions.push(Transition {
                source: step.name.clone(),
                event: EventName::failed(),
                targets: Targets::Static(targets(at, sketch.join, count)),
            });
        }
        definition.steps.push(step);
    }
    reach_all(&mut definition, count);
    definition.steps.push(StepDefinition::new(StepRef::done()));
    let last = sketches[0].join;
    for (at, join) in sketches
        .iter()
        .map(|it| it.join)
        .chain([last])
        .enumerate()
        .skip(1)
    {
        definition.steps[at].join = rule(&definition, at, join);
    }
    definition
}

/// The steps behind `at` whose bits are set; `done` if none is.
fn targets(at: usize, bits: u8, count: usize) -> Vec<StepRef> {
    let behind = (at + 1..=count).filter(|target| bits >> (target - at - 1) & 1 == 1);
    let targets: Vec<StepRef> = behind.map(|target| name(target, count)).collect();
    if targets.is_empty() {
        vec![StepRef::done()]
    } else {
        targets
    }
}

/// Lets the first transition of the step before lead to each step that nothing leads to.
fn reach_all(definition: &mut WorkflowDefinition, count: usize) {
    for at in 1..count {
        let target = name(at, count);
        if definition
            .transitions
            .iter()
            .all(|it| !it.targets.declared().contains(&target))
        {
            let source = name(at - 1, count);
            let transition = definition
                .transitions
                .iter_mut()
                .find(|it| it.source == source)
                .unwrap();
            let (Targets::Static(targets) | Targets::Dynamic(targets)) = &mut transition.targets;
            targets.push(target);
        }
    }
}

/// A join of the kind that `choice` says; spelled out, over what leads to the step.
fn rule(definition: &WorkflowDefinition, at: usize, choice: u8) -> JoinRule {
    let step = &definition.steps[at].name;
    let leads_here = |it: &&Transition| it.targets.declared().contains(step);
    let mut parts: Vec<Join> = definition
        .transitions
        .iter()
        .filter(leads_here)
        .map(|it| Join::Transition {
            source: it.source.clone(),
            event: it.event.clone(),
        })
        .collect();
    if parts.is_empty() {
        return JoinRule::Default;
    }
    let mut group = |kind: fn(Vec<Join>) -> Join, rest: fn(Vec<Join>) -> Join| {
        let second = parts.split_off(parts.len() / 2);
        let groups = [parts.clone(), second].into_iter().filter(|it| !it.is_empty());
        JoinRule::Expression(rest(groups.map(kind).collect()))
    };
    match choice % 8 {
        0..=2 => JoinRule::Default,
        3 => JoinRule::Any,
        4 => JoinRule::Settled,
        5 => group(Join::Any, Join::All),
        6 => group(Join::All, Join::Any),
        _ => group(Join::Settled, Join::All),
    }
}
