//! Random workflows that are sound by construction: each step leads to later ones and in the end to `done`.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::StepRef;
use hephaestus_core::definition::{
    BusinessKey, Join, JoinRule, StepDefinition, Targets, Transition, Uniqueness, Workflow,
    WorkflowDefinition,
};
use hephaestus_core::engine::Routing;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

use crate::rig::{event_name, ms, name, three_attempts};

/// What one step is made of. Plain numbers, so that a failing case shrinks well.
#[derive(Debug, Clone)]
pub(crate) struct StepSpec {
    /// Emitted events: where each leads, and whether the guest chooses.
    emits: Vec<(u16, bool)>,
    /// Accepted events, likewise.
    accepts: Vec<(u16, bool)>,
    /// Where `failed` leads, if it does.
    failed: Option<u16>,
    /// Who leads to it, with which event.
    parent: (u8, u8),
    join: u8,
}

/// All of one case: the graph, and how each step ends.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    steps: Vec<StepSpec>,
    done: u8,
    cleanup: bool,
    /// Per step: which of its events ends it.
    fates: Vec<u8>,
    /// Bits for the choices of dynamic transitions.
    choices: u16,
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let arrows = |most| vec((any::<u16>(), proptest::bool::weighted(0.25)), 0..=most);
    let step = (
        arrows(3),
        arrows(2),
        proptest::option::weighted(0.4, any::<u16>()),
        any::<(u8, u8)>(),
        any::<u8>(),
    );
    let step = step.prop_map(|(emits, accepts, failed, parent, join)| StepSpec {
        emits,
        accepts,
        failed,
        parent,
        join,
    });
    let fates = vec(any::<u8>(), 9);
    (vec(step, 1..9), any::<u8>(), any::<bool>(), fates, any::<u16>()).prop_map(
        |(steps, done, cleanup, fates, choices)| Case {
            steps,
            done,
            cleanup,
            fates,
            choices,
        },
    )
}

const EMITTED: [&str; 3] = ["ok", "no", "hm"];
const ACCEPTED: [&str; 2] = ["go", "timeout"];

/// The step that runs when the instance is cancelled.
pub(crate) const CLEANUP: &str = "tidy";

pub(crate) fn step_name(at: usize) -> StepRef {
    name(&format!("s{at}"))
}

impl Case {
    /// The workflow. Joins that the check refuses (they can't become true) are replaced by `any`.
    pub(crate) fn workflow(&self) -> Arc<Workflow> {
        let mut definition = self.definition();
        loop {
            match Workflow::new(definition.clone()) {
                Ok(workflow) => return Arc::new(workflow),
                Err(violations) => {
                    for violation in &violations.0 {
                        let refused = violation.step.as_ref();
                        let step = definition
                            .steps
                            .iter_mut()
                            .find(|step| Some(&step.name) == refused);
                        let step = step.unwrap_or_else(|| panic!("{violation}"));
                        assert!(step.join != JoinRule::Any, "{violation}");
                        step.join = JoinRule::Any;
                    }
                }
            }
        }
    }

    fn definition(&self) -> WorkflowDefinition {
        let count = self.steps.len();
        let mut steps = Vec::new();
        let mut transitions = Vec::new();
        for (at, spec) in self.steps.iter().enumerate() {
            let mut step = StepDefinition::new(step_name(at));
            let mut arrows = Vec::new();
            for (event, arrow) in EMITTED.iter().zip(&spec.emits) {
                step.emits.push(event_name(event));
                arrows.push((*event, *arrow));
            }
            for (event, arrow) in ACCEPTED.iter().zip(&spec.accepts) {
                step.accepts.push(event_name(event));
                arrows.push((*event, *arrow));
            }
            if arrows.is_empty() {
                step.emits.push(event_name("ok"));
                arrows.push(("ok", (1, false)));
            }
            arrows.extend(spec.failed.map(|bits| ("failed", (bits, false))));
            for (event, (bits, is_dynamic)) in arrows {
                let targets = targets(bits, at, count);
                transitions.push(Transition {
                    source: step.name.clone(),
                    event: event_name(event),
                    targets: match is_dynamic {
                        true => Targets::Dynamic(targets),
                        false => Targets::Static(targets),
                    },
                });
            }
            steps.push(step);
        }
        for (at, spec) in self.steps.iter().enumerate().skip(1) {
            lead_to(&mut transitions, &steps, at, spec.parent);
        }
        let mut done = StepDefinition::new(StepRef::done());
        done.join = join(self.done, &done.name, &transitions);
        for (step, spec) in steps.iter_mut().zip(&self.steps).skip(1) {
            step.join = join(spec.join, &step.name, &transitions);
        }
        steps.push(done);
        if self.cleanup {
            let mut tidy = StepDefinition::new(name(CLEANUP));
            tidy.emits.push(event_name("ok"));
            tidy.accepts.push(event_name("go"));
            steps.push(tidy);
        }
        WorkflowDefinition {
            name: "random".parse().unwrap(),
            version: hephaestus_core::WorkflowVersion(1),
            start: step_name(0),
            steps,
            transitions,
            business_key: BusinessKey {
                name: "id".parse().unwrap(),
                uniqueness: Uniqueness::Workflow,
            },
            retry: Some(three_attempts()),
            deadline: self.choices.is_multiple_of(8).then(|| ms(1_000)),
            on_cancel: self.cleanup.then(|| name(CLEANUP)),
            tags: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// What `transit` answers: for each dynamic transition one or more of its targets.
    pub(crate) fn answers(&self, workflow: &Workflow) -> BTreeMap<(String, String), Routing> {
        let mut answers = BTreeMap::new();
        for (at, transition) in workflow.definition().transitions.iter().enumerate() {
            if let Targets::Dynamic(declared) = &transition.targets {
                let bits = self.choices.rotate_left(at as u32);
                let key = (transition.source.to_string(), transition.event.to_string());
                answers.insert(key, Ok(pick(bits, declared)));
            }
        }
        answers
    }

    /// The event that `step` ends with in this case: one that it emits, or accepts, or `failed` if that leads somewhere.
    pub(crate) fn fate(&self, workflow: &Workflow, step: &StepRef) -> String {
        let definition = workflow.definition();
        let own = definition
            .transitions
            .iter()
            .filter(|transition| transition.source == *step);
        let events: Vec<String> = own.map(|transition| transition.event.to_string()).collect();
        let at = workflow.index(step.as_str()).unwrap().0;
        events[usize::from(self.fates[at]) % events.len()].clone()
    }
}

/// One or more of these, as the bits say.
fn pick(bits: u16, among: &[StepRef]) -> Vec<StepRef> {
    let chosen = among
        .iter()
        .enumerate()
        .filter(|(at, _)| bits >> (at % 16) & 1 == 1);
    let chosen: Vec<StepRef> = chosen.map(|(_, step)| step.clone()).collect();
    match chosen.is_empty() {
        true => vec![among[usize::from(bits) % among.len()].clone()],
        false => chosen,
    }
}

/// One or more of the steps after `at`, or `done`; three of four bits are thinned out.
fn targets(bits: u16, at: usize, count: usize) -> Vec<StepRef> {
    let mut later: Vec<StepRef> = (at + 1..count).map(step_name).collect();
    later.push(StepRef::done());
    pick(bits & (bits >> 7 | 0x0101), &later)
}

/// Makes sure that something leads to the step at `at`.
fn lead_to(transitions: &mut [Transition], steps: &[StepDefinition], at: usize, (parent, event): (u8, u8)) {
    let parent = &steps[usize::from(parent) % at].name;
    let mut own: Vec<&mut Transition> = transitions
        .iter_mut()
        .filter(|transition| transition.source == *parent && !transition.event.is_failed())
        .collect();
    let chosen = usize::from(event) % own.len();
    let (Targets::Static(targets) | Targets::Dynamic(targets)) = &mut own[chosen].targets;
    if !targets.contains(&steps[at].name) {
        targets.push(steps[at].name.clone());
    }
}

fn join(bits: u8, step: &StepRef, transitions: &[Transition]) -> JoinRule {
    match bits % 6 {
        0 | 1 => JoinRule::Default,
        2 => JoinRule::All,
        3 => JoinRule::Any,
        4 => JoinRule::Settled,
        _ => {
            let leading = transitions
                .iter()
                .filter(|transition| transition.targets.declared().contains(step));
            let mut parts: Vec<Join> = leading
                .map(|transition| Join::Transition {
                    source: transition.source.clone(),
                    event: transition.event.clone(),
                })
                .collect();
            let right = parts.split_off(parts.len() / 2);
            let group = |bits: u8, parts| match bits % 3 {
                0 => Join::All(parts),
                1 => Join::Any(parts),
                _ => Join::Settled(parts),
            };
            let groups = [(bits / 6, parts), (bits / 18, right)].into_iter();
            let groups = groups.filter(|(_, parts)| !parts.is_empty());
            let groups: Vec<Join> = groups.map(|(bits, parts)| group(bits, parts)).collect();
            JoinRule::Expression(group(bits / 54, groups))
        }
    }
}
