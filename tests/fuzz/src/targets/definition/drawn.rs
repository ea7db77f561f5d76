//! A definition that bytes decide: most are nearly sound, so that later checks are reached too; some are huge.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_core::capability::Request;
use hephaestus_core::definition::{
    Backoff, BusinessKey, Join, JoinRule, RetryPolicy, StepDefinition, Targets, Transition, Uniqueness,
    WorkflowDefinition,
};
use hephaestus_core::{EventName, Json, StepRef, WorkflowVersion};

use crate::draw::Draw;

/// How many steps there are, as often as it is listed. The largest are at and beyond the limit.
const SIZES: [usize; 16] = [1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 10, 14, 30, 120, 1_000, 1_001];

const EVENTS: [&str; 8] = [
    "ok",
    "no",
    "later",
    "some",
    "none",
    "timeout",
    "failed",
    "cancelled",
];

/// What the bytes say.
pub(super) fn definition(bytes: &[u8]) -> WorkflowDefinition {
    let mut draw = Draw::new(bytes);
    if draw.one_in(2) {
        draw.tame();
    }
    let count = draw.of(&SIZES).unwrap_or(1);
    let names: Vec<StepRef> = (0..count).map(|at| step_name(&mut draw, at)).collect();
    let mut steps: Vec<StepDefinition> = names.iter().map(|name| step(&mut draw, name)).collect();
    // A dense graph, now and then.
    let density = draw.of(&[1, 1, 2, 2, 3, 30]).unwrap_or(1);
    let transitions = transitions(&mut draw, &steps, density);
    for step in &mut steps {
        step.join = join_rule(&mut draw, &step.name, &transitions);
    }
    let start = if draw.odd(32) {
        any_step(&mut draw, &names)
    } else {
        names[0].clone()
    };
    WorkflowDefinition {
        name: name("drawn"),
        version: WorkflowVersion(if draw.odd(32) { 0 } else { 1 }),
        start,
        steps,
        transitions,
        business_key: BusinessKey {
            name: name("drawnid"),
            uniqueness: Uniqueness::Workflow,
        },
        retry: draw.odd(8).then(|| retry(&mut draw)),
        deadline: draw.odd(8).then(|| Duration::from_millis(draw.number())),
        on_cancel: draw.odd(8).then(|| any_step(&mut draw, &names)),
        tags: (0..draw.below(3) * draw.below(60))
            .map(|at| "t".repeat(at))
            .collect(),
        metadata: BTreeMap::from([("k".repeat(draw.below(160)), "v".repeat(draw.below(5_000)))]),
    }
}

fn name<T: std::str::FromStr<Err = hephaestus_core::InvalidName>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn step_name(draw: &mut Draw<'_>, at: usize) -> StepRef {
    match draw.byte() {
        0 if draw.odd(1) => StepRef::done(),
        1 if draw.odd(1) => name("s0"),
        _ => name(&format!("s{at}")),
    }
}

fn any_step(draw: &mut Draw<'_>, names: &[StepRef]) -> StepRef {
    match draw.byte() {
        0 => name("nowhere"),
        1..32 => StepRef::done(),
        _ => names[draw.below(names.len())].clone(),
    }
}

fn event(draw: &mut Draw<'_>) -> EventName {
    // The reserved ones seldom.
    let among = if draw.odd(16) { EVENTS.len() } else { 5 };
    name(EVENTS[draw.below(among)])
}

fn step(draw: &mut Draw<'_>, name: &StepRef) -> StepDefinition {
    let mut step = StepDefinition::new(name.clone());
    let several = |draw: &mut Draw<'_>, most| (0..draw.below(most)).map(|_| event(draw)).collect::<Vec<_>>();
    step.emits = several(draw, 3);
    step.accepts = several(draw, 3);
    if step.emits.is_empty() && step.accepts.is_empty() && !draw.odd(16) {
        step.emits.push(event(draw));
    }
    if !draw.odd(16) {
        let mut seen = std::collections::HashSet::new();
        step.emits.retain(|event| seen.insert(event.clone()));
        step.accepts.retain(|event| seen.insert(event.clone()));
    }
    step.retry = draw.odd(16).then(|| retry(draw));
    step.deadline = draw.odd(16).then(|| Duration::from_millis(draw.number()));
    step.config = draw
        .one_in(16)
        .then(|| Json::from(serde_json::json!({ "n": draw.number() })));
    if draw.odd(16) {
        step.requests = vec![request(draw); draw.below(70)];
    }
    step
}

fn request(draw: &mut Draw<'_>) -> Request {
    let texts = [
        "https://a.example",
        "http://*.x",
        "x",
        "",
        "http://[::1]:1/a%2e",
        "A_SECRET",
        "é",
    ];
    let text = draw.of(&texts).unwrap_or_default().to_owned();
    match draw.byte() {
        0..64 => Request::Secret { name: text },
        64..80 => Request::Env { name: text },
        byte @ 80..112 => Request::Files {
            path: text,
            write: byte.is_multiple_of(2),
        },
        112..120 => Request::Clock,
        120..128 => Request::Random,
        byte => Request::Http {
            origin: text.clone(),
            private: byte.is_multiple_of(2),
            methods: if byte.is_multiple_of(3) {
                vec![text]
            } else {
                Vec::new()
            },
        },
    }
}

fn retry(draw: &mut Draw<'_>) -> RetryPolicy {
    let backoffs = [Backoff::Constant, Backoff::Linear, Backoff::Exponential];
    RetryPolicy {
        max_attempts: u32::try_from(draw.number()).unwrap_or(u32::MAX),
        backoff: draw.of(&backoffs).unwrap_or(Backoff::Linear),
        initial: Duration::from_millis(draw.number()),
        cap: Duration::from_millis(draw.number()),
        jitter_percent: draw.byte(),
    }
}

/// For each event of each step one, to later steps; now and then none, or to any step.
fn transitions(draw: &mut Draw<'_>, steps: &[StepDefinition], density: usize) -> Vec<Transition> {
    let mut transitions = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let failed = draw.one_in(4).then(EventName::failed);
        for event in step.emits.iter().chain(&step.accepts).cloned().chain(failed) {
            if draw.odd(64) {
                continue;
            }
            let count = 1 + draw.below(density);
            let mut targets: Vec<StepRef> = (0..count).map(|_| target(draw, steps, at)).collect();
            // Then every step is reached.
            let is_first = transitions
                .last()
                .is_none_or(|it: &Transition| it.source != step.name);
            if is_first && !draw.odd(16) {
                targets.push(
                    steps
                        .get(at + 1)
                        .map_or_else(StepRef::done, |next| next.name.clone()),
                );
            }
            if !draw.odd(64) {
                targets.sort();
                targets.dedup();
            }
            let is_dynamic = draw.one_in(6);
            transitions.push(Transition {
                source: step.name.clone(),
                event,
                targets: if is_dynamic {
                    Targets::Dynamic(targets)
                } else {
                    Targets::Static(targets)
                },
            });
        }
    }
    transitions
}

/// A step behind the one at `at`, mostly the next one or two: then all are reached.
fn target(draw: &mut Draw<'_>, steps: &[StepDefinition], at: usize) -> StepRef {
    let behind = match draw.byte() {
        0..8 if draw.odd(2) => draw.below(steps.len()),
        0..160 => at + 1,
        160..220 => at + 2,
        _ => at + 1 + draw.below(steps.len() - at),
    };
    steps
        .get(behind)
        .map_or_else(StepRef::done, |step| step.name.clone())
}

fn join_rule(draw: &mut Draw<'_>, step: &StepRef, transitions: &[Transition]) -> JoinRule {
    match draw.byte() {
        0..180 => JoinRule::Default,
        180..200 => JoinRule::All,
        200..220 => JoinRule::Any,
        220..240 => JoinRule::Settled,
        _ => {
            let leads_here = |transition: &&Transition| transition.targets.declared().contains(step);
            let leading: Vec<&Transition> = transitions.iter().filter(leads_here).collect();
            let depth = draw.of(&[1, 2, 3, 4, 18]).unwrap_or(1);
            JoinRule::Expression(join(draw, &leading, depth))
        }
    }
}

fn join(draw: &mut Draw<'_>, leading: &[&Transition], depth: usize) -> Join {
    let Some(transition) = draw.of(leading) else {
        return Join::Any(Vec::new());
    };
    if depth == 0 || draw.one_in(3) {
        return Join::Transition {
            source: transition.source.clone(),
            event: transition.event.clone(),
        };
    }
    let most = if depth > 4 { 2 } else { 4 };
    let parts = (0..draw.below(most) + usize::from(!draw.one_in(32))).map(|_| join(draw, leading, depth - 1));
    let parts = parts.collect();
    match draw.byte() % 3 {
        0 => Join::All(parts),
        1 => Join::Any(parts),
        _ => Join::Settled(parts),
    }
}
