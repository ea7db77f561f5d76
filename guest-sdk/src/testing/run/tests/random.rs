//! Random graphs: the order doesn't matter, the run agrees with a bare loop around the engine, and it is fast.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hephaestus_core::engine::{
    Decision, EngineLimits, Failure, FailureKind, Input, InstanceState, NewInstance, Outcome, StepState,
    advance, begin, create, decide,
};
use hephaestus_core::{Digest, Json, StepRef, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, proptest};

use super::{ends, passes, step, workflow};
use crate::testing::TestRun;
use crate::workflow::JoinRule;
use crate::{StepError, Workflow};

const NAMES: [&str; 7] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6"];

/// How one step behaves, and where it leads.
#[derive(Debug, Clone, Copy)]
struct Spec {
    ok: u8,
    no: u8,
    failed: u8,
    join: u8,
    fate: u8,
}

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let spec = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>());
    let spec = spec.prop_map(|(ok, no, failed, join, fate)| Spec {
        ok,
        no,
        failed,
        join,
        fate,
    });
    vec(spec, 1..=NAMES.len())
}

/// What the bits mean among the steps behind `at`: the next one and `done` where they mean nothing.
fn targets(bits: u8, at: usize, count: usize) -> Vec<&'static str> {
    let behind = NAMES[..count].iter().enumerate().skip(at + 1);
    let chosen = behind
        .filter(|(other, _)| bits & (1 << other) != 0)
        .map(|(_, name)| *name);
    let chosen: Vec<_> = chosen.collect();
    if chosen.is_empty() { vec!["done"] } else { chosen }
}

/// Which event a fate is; `None`: the step fails.
fn event(fate: u8) -> Option<&'static str> {
    match fate % 5 {
        0 | 1 => Some("ok"),
        2 | 3 => Some("no"),
        _ => None,
    }
}

fn graph(specs: &[Spec]) -> Workflow {
    let count = specs.len();
    let steps = specs.iter().enumerate().map(|(at, spec)| {
        let fate = event(spec.fate);
        let mut ok = targets(spec.ok, at, count);
        // A chain through all of them, so that each can be reached.
        if let Some(next) = NAMES[..count].get(at + 1).filter(|next| !ok.contains(next)) {
            ok.push(next);
        }
        let code = move |_: &crate::Context| fate.map_or_else(|| Err(StepError::permanent("fate")), ends);
        let step = step(NAMES[at], code)
            .emits("ok", &ok)
            .emits("no", &targets(spec.no, at, count))
            .leads("failed", &targets(spec.failed, at, count));
        // Not `any`: whom its first arrival cuts off does depend on the order.
        let is_settled = at > 0 && spec.join % 2 == 0;
        step.joins(if is_settled {
            JoinRule::Settled
        } else {
            JoinRule::Default
        })
    });
    workflow(steps.collect::<Vec<_>>())
}

/// Which steps came to something else: but for those that the end of the instance stopped, as it may come early or late.
fn differing<'a>(one: &'a InstanceState, other: &'a InstanceState) -> Vec<&'a StepRef> {
    let pairs = one.steps().zip(other.steps());
    let differ =
        pairs.filter(|((_, one), (_, other))| one != other && ![one, other].contains(&&&StepState::Stopped));
    differ.map(|((step, _), _)| step).collect()
}

/// The last ready step first, with nothing of `TestRun`: where it stands in the end.
fn bare(workflow: Workflow, specs: &[Spec]) -> InstanceState {
    let proven = Arc::new(workflow.check().expect("sound"));
    let now = Timestamp(0);
    let new = NewInstance {
        instance: "01890000-0000-7000-8000-000000000001".parse().expect("an id"),
        digest: Digest([7; 32]),
        business_value: "x".parse().expect("a value"),
        request_id: None,
        initial: Json::empty_object(),
        deadline: None,
        metadata: BTreeMap::new(),
    };
    let (mut state, _) = begin(Arc::clone(&proven), create(&proven, new, now), now).expect("begun");
    while let Some((step, attempt)) = state
        .ready()
        .last()
        .map(|(step, attempt)| (step.clone(), attempt))
    {
        let at = NAMES
            .iter()
            .position(|name| *name == step.as_str())
            .expect("a step");
        let outcome = match event(specs[at].fate) {
            Some(event) => Outcome::Completed {
                event: event.parse().expect("an event"),
                result: None,
                metadata: BTreeMap::new(),
            },
            None => Outcome::Failed(Failure::new(FailureKind::GuestError, "fate")),
        };
        let input = Input::Attempt {
            step,
            attempt,
            outcome,
            receipt: None,
            retry: None,
            routing: None,
        };
        let Ok(Decision::Records(records)) = decide(&state, &input, &EngineLimits::default(), now) else {
            panic!("no records");
        };
        state = advance(state, records, now).expect("accepted").0;
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_comes_to_what_the_bare_engine_comes_to(specs in specs(), seed: u64) {
        let Ok(_) = graph(&specs).check() else { return Ok(()) };
        let canonical = TestRun::of(graph(&specs)).start();
        let shuffled = TestRun::of(graph(&specs)).shuffled(seed).start();
        let bare = bare(graph(&specs), &specs);
        for state in [&shuffled.drive.state, &bare] {
            assert_eq!(canonical.status(), state.status());
            assert!(differing(&canonical.drive.state, state).is_empty(), "{specs:?}");
        }
    }
}

/// Nothing above means anything if hardly a graph is sound.
#[test]
fn most_random_graphs_are_sound() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut sound = 0;
    for _ in 0..100 {
        let specs = specs().new_tree(&mut runner).expect("a graph");
        sound += usize::from(
            graph(&proptest::strategy::ValueTree::current(&specs))
                .check()
                .is_ok(),
        );
    }
    assert!(sound >= 60, "{sound} of 100");
}

#[test]
fn a_path_of_ten_steps_takes_far_less_than_a_millisecond() {
    const CHAIN: [&str; 11] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "done"];
    let flow = || workflow((0..10).map(|at| passes(CHAIN[at], &CHAIN[at + 1..=at + 1])));
    let fastest = (0..50)
        .map(|_| {
            let flow = flow();
            let begun = Instant::now();
            let run = TestRun::of(flow).start();
            let took = begun.elapsed();
            assert_eq!(run.path().len(), 10);
            took
        })
        .min();
    println!("the fastest of 50 took {fastest:?}");
    // Optimised it takes a twentieth of that; the bound is for those who test without optimisation.
    assert!(fastest < Some(Duration::from_millis(5)), "{fastest:?}");
}
