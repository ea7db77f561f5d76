//! A failure before, at, and after each durable action of a scenario that uses everything: enumerated, not sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hephaestus_host::core::engine::InstanceStatus;
use hephaestus_simulation::failpoints::{Action, Call, Failure, Outcome, Point, next_points, points, run};
use hephaestus_simulation::seeds::threads;

/// How many of the calls that change something, and of those that read, fail after a first failure, one at a time.
const REACH: usize = 2;

/// What is wrong with a run, compared with the undisturbed one.
fn complaints(undisturbed: &Outcome, outcome: &Outcome) -> Vec<String> {
    let mut complaints = outcome.violations.clone();
    for (name, expected) in &undisturbed.endings {
        let found = outcome.endings.get(name);
        if found != Some(expected) {
            complaints.push(format!("`{name}` came to {found:?}, undisturbed to {expected:?}"));
        }
    }
    complaints
}

/// Runs each set of points, and what `then` answers after it; answers with how many there were, and with those that broke
/// something.
fn run_each(
    undisturbed: &Outcome,
    sets: &[Vec<Point>],
    then: impl Fn(&Outcome) -> Vec<Vec<Point>> + Sync,
) -> (usize, Vec<String>) {
    let (next, count, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let judge = |set: &[Point]| {
        let outcome = run(set);
        count.fetch_add(1, Ordering::Relaxed);
        let complaints = complaints(undisturbed, &outcome);
        if !complaints.is_empty() {
            broken
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{set:?}: {complaints:#?}"));
        }
        outcome
    };
    let work = || {
        while let Some(set) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
            for more in then(&judge(set)) {
                judge(&more);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(work);
        }
    });
    (
        count.into_inner(),
        broken.into_inner().unwrap_or_else(PoisonError::into_inner),
    )
}

fn undisturbed() -> Outcome {
    let undisturbed = run(&[]);
    assert_eq!(undisturbed.violations, [""; 0], "{:#?}", undisturbed.trace);
    undisturbed
}

fn assert_none_broken((count, broken): (usize, Vec<String>)) {
    assert!(
        broken.is_empty(),
        "{} of {count} runs:\n{}",
        broken.len(),
        broken[..broken.len().min(5)].join("\n")
    );
}

#[test]
fn a_failure_at_any_durable_action_changes_nothing_in_the_end() {
    let undisturbed = undisturbed();
    let all = points(&undisturbed);
    let mut counts: BTreeMap<(Call, Failure), usize> = BTreeMap::new();
    for point in &all {
        let call = undisturbed.calls[point.nth - 1].call;
        *counts.entry((call, point.failure)).or_default() += 1;
    }
    for ((call, failure), count) in &counts {
        println!("{call:?} {failure:?}: {count}");
    }
    println!("{} points", all.len());
    let sets: Vec<Vec<Point>> = all.into_iter().map(|point| vec![point]).collect();
    assert_none_broken(run_each(&undisturbed, &sets, |_| Vec::new()));
}

#[test]
fn nor_does_a_second_failure_soon_after_it() {
    let undisturbed = undisturbed();
    // Retention looks again and again, and mostly finds nothing: those looks fail alone only.
    let matters = |point: &Point| {
        let made = &undisturbed.calls[point.nth - 1];
        made.call != Call::Purge || !made.actions.is_empty()
    };
    let all = points(&undisturbed).into_iter().filter(matters);
    let sets: Vec<Vec<Point>> = all.map(|point| vec![point]).collect();
    let second = |outcome: &Outcome| {
        let next = next_points(outcome, REACH).into_iter();
        next.map(|point| [&outcome.points[..], &[point]].concat())
            .collect()
    };
    let (count, broken) = run_each(&undisturbed, &sets, second);
    println!("{} pairs of points", count - sets.len());
    assert_none_broken((count, broken));
}

#[test]
fn the_scenario_uses_everything() {
    let undisturbed = undisturbed();
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for action in undisturbed.calls.iter().flat_map(|made| &made.actions) {
        *counts.entry(*action).or_default() += 1;
    }
    for (action, count) in &counts {
        println!("{action:?}: {count}");
    }
    let missing: BTreeSet<Action> = Action::ALL
        .into_iter()
        .filter(|action| !counts.contains_key(action))
        .collect();
    assert_eq!(
        missing,
        BTreeSet::new(),
        "durable actions that the scenario never takes"
    );
    let ended = |name: &str| undisturbed.endings.get(name).map(|ending| ending.status);
    assert_eq!(ended("happy"), Some(InstanceStatus::Completed));
    assert_eq!(ended("broken"), Some(InstanceStatus::Completed));
    assert_eq!(ended("cancelled"), Some(InstanceStatus::Cancelled));
    assert_eq!(ended("rejected"), Some(InstanceStatus::Completed));
    assert_eq!(ended("poison"), Some(InstanceStatus::Failed));
    assert_eq!(ended("late"), Some(InstanceStatus::Failed));
    assert_eq!(run(&[]), undisturbed, "it repeats itself");
}
