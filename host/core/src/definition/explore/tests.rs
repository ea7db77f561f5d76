//! What is found, and that merging runs finds the same as listing them.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::choices::Choice;
use super::*;
use crate::definition::random::SplitMix64;
use crate::definition::test_graphs::sound_workflow;
use crate::definition::{JoinRule, StepBuilder, WorkflowBuilder, step};

fn workflow(steps: impl IntoIterator<Item = StepBuilder>) -> Workflow {
    let builder = WorkflowBuilder::new("order", 1);
    steps
        .into_iter()
        .fold(builder, WorkflowBuilder::step)
        .build()
        .unwrap()
}

#[track_caller]
fn check(steps: impl IntoIterator<Item = StepBuilder>, expected: Expect) {
    let found = explore(&workflow(steps), &ExploreOptions::default());
    assert!(found.exhaustive);
    let mut said = format!("{} runs, {} stuck\n", found.runs, found.stuck_runs);
    said.extend(found.stuck.iter().map(|run| format!("{run}\n")));
    said.extend(found.never_ready.iter().map(|step| format!("never: {step}\n")));
    expected.assert_eq(&said);
}

/// The worked case of `docs/concepts.md`: goods are reserved while the card is charged; they are released if the order isn't approved.
fn worked_case() -> Vec<StepBuilder> {
    vec![
        step("validate")
            .emits("valid", ["reserve", "charge"])
            .emits("invalid", ["done"]),
        step("reserve").emits("reserved", ["approve", "release"]),
        step("charge")
            .emits("charged", ["approve"])
            .emits("declined", ["release"]),
        step("approve")
            .accepts("approved", ["ship"])
            .accepts("rejected", ["release"]),
        step("ship").emits("shipped", ["done"]),
        step("release")
            .emits("released", ["done"])
            .join_expression("all[reserve.reserved, any[charge.declined, approve.rejected]]"),
    ]
}

#[test]
fn the_worked_case_never_gets_stuck() {
    check(
        worked_case(),
        expect![[r#"
            4 runs, 0 stuck
        "#]],
    );
}

#[test]
fn a_lost_join_is_told() {
    let mut steps = worked_case();
    steps[1] = step("reserve")
        .emits("reserved", ["approve", "release"])
        .emits("sold-out", ["release"]);
    check(
        steps,
        expect![[r#"
            6 runs, 2 stuck
            when `validate` ends with `valid`, `reserve` with `sold-out` and `charge` with `charged`, nothing is left to run and `done` is not reached:
            `approve` got `charge.charged`, but not `reserve.reserved`: `reserve` ended with `sold-out`
            `release` got `reserve.sold-out`, but neither `reserve.reserved` nor `any[charge.declined, approve.rejected]`: `reserve` ended with `sold-out`, `charge` ended with `charged` and `approve` never ran
            when `validate` ends with `valid`, `reserve` with `sold-out` and `charge` with `declined`, nothing is left to run and `done` is not reached:
            `release` got `reserve.sold-out` and `charge.declined`, but not `reserve.reserved`: `reserve` ended with `sold-out`
        "#]],
    );
}

#[test]
fn failed_is_an_event_where_it_leads_somewhere() {
    let fork = || step("fork").emits("forked", ["a", "b"]);
    let b = || step("b").emits("y", ["end"]);
    let end = || step("end").emits("z", ["done"]);
    check(
        [fork(), step("a").emits("x", ["end"]), b(), end()],
        expect![[r#"
            1 runs, 0 stuck
        "#]],
    );
    check(
        [fork(), step("a").emits("x", ["end"]).failed(["end"]), b(), end()],
        expect![[r#"
            2 runs, 0 stuck
        "#]],
    );
    check(
        [
            fork(),
            step("a").emits("x", ["end"]).failed(["undo"]),
            b(),
            end(),
            step("undo").emits("undone", ["end"]).join(JoinRule::Any),
        ],
        expect![[r#"
            2 runs, 2 stuck
            when `fork` ends with `forked`, `a` with `x` and `b` with `y`, nothing is left to run and `done` is not reached:
            `end` got `a.x` and `b.y`, but not `undo.undone`: `undo` never ran
            when `fork` ends with `forked`, `a` fails, `b` ends with `y` and `undo` with `undone`, nothing is left to run and `done` is not reached:
            `end` got `b.y` and `undo.undone`, but not `a.x`: `a` failed
            never: end
        "#]],
    );
}

#[test]
fn dynamic_transitions_take_every_set_of_targets() {
    let route = || step("route").emits_dynamic("routed", ["a", "b"]);
    let ends = |join| {
        [
            route(),
            step("a").emits("x", ["end"]),
            step("b").emits("y", ["end"]),
            step("end").emits("z", ["done"]).join(join),
        ]
    };
    check(
        ends(JoinRule::Settled),
        expect![[r#"
            3 runs, 0 stuck
        "#]],
    );
    check(
        ends(JoinRule::All),
        expect![[r#"
            3 runs, 2 stuck
            when `route` ends with `routed` and chooses `b` and `b` ends with `y`, nothing is left to run and `done` is not reached:
            `end` got `b.y`, but not `a.x`: `a` never ran
            when `route` ends with `routed` and chooses `a` and `a` ends with `x`, nothing is left to run and `done` is not reached:
            `end` got `a.x`, but not `b.y`: `b` never ran
        "#]],
    );
}

#[test]
fn an_event_both_emitted_and_accepted_is_one() {
    check(
        [step("a").emits("x", ["done"]).accepts("x", ["done"])],
        expect![[r#"
            1 runs, 0 stuck
        "#]],
    );
}

#[test]
fn done_can_be_missed_or_come_early() {
    let steps = |join: &str| {
        vec![
            step("fork").emits("forked", ["a", "b"]),
            step("a").emits("x", ["done"]).emits("w", ["done"]),
            step("b").emits("y", ["done"]),
            step("done").join_expression(join),
        ]
    };
    check(
        steps("any[a.x, a.w, b.y]"),
        expect![[r#"
            2 runs, 0 stuck
        "#]],
    );
    check(
        steps("all[a.x, b.y]"),
        expect![[r#"
            2 runs, 1 stuck
            when `fork` ends with `forked`, `a` with `w` and `b` with `y`, nothing is left to run and `done` is not reached:
            `done` got `a.w` and `b.y`, but not `a.x`: `a` ended with `w`
        "#]],
    );
}

#[test]
fn steps_that_never_run_are_named() {
    let steps = [
        step("a").emits("x", ["b"]).emits("y", ["c"]),
        step("b").emits("u", ["d", "done"]),
        step("c").emits("v", ["d", "done"]),
        step("d").emits("w", ["done"]),
    ];
    check(
        steps,
        expect![[r#"
            2 runs, 0 stuck
            never: d
        "#]],
    );
}

#[test]
fn the_step_for_cancelling_takes_no_part() {
    let builder = WorkflowBuilder::new("order", 1)
        .step(step("a").emits("x", ["done"]))
        .step(step("undo").emits("undone", []))
        .on_cancel("undo");
    let found = explore(&builder.build().unwrap(), &ExploreOptions::default());
    assert_eq!((found.runs, found.stuck_runs, found.never_ready), (1, 0, vec![]));
}

/// A thousand steps in a row, each with two events: 2^1000 runs, all of them seen.
#[test]
fn long_workflows_are_exhausted() {
    let names: Vec<String> = (0..1_000).map(|at| format!("s{at}")).collect();
    let next = |at: usize| names.get(at + 1).map_or("done", String::as_str);
    let steps = (0..names.len()).map(|at| step(&names[at]).emits("x", [next(at)]).emits("y", [next(at)]));
    let found = explore(&workflow(steps), &ExploreOptions::default());
    assert!(found.exhaustive);
    assert_eq!((found.runs, found.stuck_runs), (u64::MAX, 0));
}

/// Forty steps side by side, each with three events, two of which let the join become true: 3^40 runs.
#[test]
fn workflows_whose_runs_differ_in_little_are_exhausted() {
    let names: Vec<String> = (0..40).map(|at| format!("s{at}")).collect();
    for rule in [JoinRule::Default, JoinRule::Any, JoinRule::Settled] {
        let mut steps = vec![step("fork").emits("forked", names.iter().map(String::as_str))];
        let events = |name| {
            step(name)
                .emits("x", ["end"])
                .emits("y", ["end"])
                .emits("z", ["done"])
        };
        steps.extend(names.iter().map(|name| events(name)));
        steps.push(step("end").emits("ended", ["done"]).join(rule));
        let found = explore(&workflow(steps), &ExploreOptions::default());
        assert!(found.exhaustive);
        assert_eq!((found.runs, found.stuck_runs), (3_u64.saturating_pow(40), 0));
    }
}

/// Forty steps side by side, and a join that depends on how each of them ended.
fn wide() -> Workflow {
    let names: Vec<String> = (0..40).map(|at| format!("s{at}")).collect();
    let mut steps = vec![step("fork").emits("forked", names.iter().map(String::as_str))];
    steps.extend(
        names
            .iter()
            .map(|name| step(name).emits("x", ["end"]).emits("y", ["end"])),
    );
    let pairs = (0..20).map(|at| format!("any[all[s{at}.x, s{}.x], all[s{at}.y, s{}.y]]", at + 20, at + 20));
    let join = format!("all[{}]", pairs.collect::<Vec<_>>().join(", "));
    steps.push(step("end").emits("ended", ["done"]).join_expression(&join));
    workflow(steps)
}

#[test]
fn too_many_states_are_sampled_and_it_is_said() {
    let options = ExploreOptions {
        samples: 100,
        max_told: 3,
        ..ExploreOptions::default()
    };
    let found = explore(&wide(), &options);
    assert!(!found.exhaustive);
    assert_eq!((found.runs, found.stuck_runs, found.stuck.len()), (100, 100, 3));
    assert_eq!(found, explore(&wide(), &options));
    assert_ne!(found, explore(&wide(), &ExploreOptions { seed: 1, ..options }));
}

#[test]
fn too_many_targets_are_sampled() {
    let names: Vec<String> = (0..200).map(|at| format!("s{at}")).collect();
    let mut steps = vec![step("route").emits_dynamic("routed", names.iter().map(String::as_str))];
    steps.extend(names.iter().map(|name| step(name).emits("x", ["done"])));
    let found = explore(&workflow(steps), &ExploreOptions::default());
    assert_eq!((found.exhaustive, found.stuck_runs), (false, 0));
}

/// All runs, one by one: each way to end is followed to its end, whatever the others came to.
fn list_runs(workflow: &Workflow) -> Vec<(bool, Vec<(StepIx, Choice)>)> {
    let order: Vec<StepIx> = order(workflow).collect();
    let mut open = vec![(0, Vec::new())];
    let mut runs = Vec::new();
    while let Some((at, ends)) = open.pop() {
        let taken: BTreeSet<usize> = ends
            .iter()
            .flat_map(|(_, it): &(_, Choice)| it.taken.iter().map(|it| it.0))
            .collect();
        let value = |step| workflow.evaluate_join(step, |edge| Some(taken.contains(&edge.0)));
        let Some(step) = order.get(at).copied() else {
            runs.push((value(workflow.done()) == Some(true), ends));
            continue;
        };
        if step != workflow.start() && value(step) != Some(true) {
            open.push((at + 1, ends));
            continue;
        }
        for choice in choices::all(workflow, step, usize::MAX).unwrap() {
            let mut longer = ends.clone();
            longer.push((step, choice));
            open.push((at + 1, longer));
        }
    }
    runs
}

/// Lets ready steps end in an order drawn from `seed`, with `ends` as their choices, until nothing is left to do.
fn execute(workflow: &Workflow, ends: &[(StepIx, Choice)], seed: u64) -> (bool, BTreeSet<StepIx>) {
    let mut random = SplitMix64::new(seed);
    let mut values: Vec<Option<bool>> = vec![None; workflow.edges().len()];
    let mut ready = vec![workflow.start()];
    let mut begun = BTreeSet::from([workflow.start()]);
    let mut dead = BTreeSet::new();
    let mut is_done = false;
    while !ready.is_empty() {
        let last = u64::try_from(ready.len() - 1).unwrap();
        let step = ready.swap_remove(usize::try_from(random.up_to(last)).unwrap());
        let (_, choice) = ends.iter().find(|(known, _)| *known == step).unwrap();
        for edge in workflow.outgoing(step) {
            values[edge.0] = Some(choice.taken.contains(edge));
        }
        loop {
            let before = (begun.len(), dead.len());
            for at in (0..workflow.steps().len()).map(StepIx) {
                match workflow.evaluate_join(at, |edge| values[edge.0]) {
                    Some(true) if at == workflow.done() => is_done = true,
                    Some(true) if begun.insert(at) => ready.push(at),
                    Some(false) if dead.insert(at) => {
                        workflow
                            .outgoing(at)
                            .iter()
                            .for_each(|edge| values[edge.0] = Some(false));
                    }
                    _ => {}
                }
            }
            if before == (begun.len(), dead.len()) {
                break;
            }
        }
    }
    (is_done, begun)
}

proptest! {
    #[test]
    fn merged_runs_are_the_listed_ones(workflow in sound_workflow()) {
        let options = ExploreOptions { max_told: usize::MAX, ..ExploreOptions::default() };
        let found = explore(&workflow, &options);
        let listed = list_runs(&workflow);
        prop_assert!(found.exhaustive);
        prop_assert_eq!(found.runs, listed.len() as u64);
        let stuck: Vec<_> = listed.iter().filter(|(is_done, _)| !is_done).map(|(_, ends)| ends).collect();
        prop_assert_eq!(found.stuck_runs, stuck.len() as u64);
        prop_assert_eq!(found.stuck.len(), stuck.len());
        for ends in stuck {
            prop_assert!(found.stuck.contains(&tell(&workflow, ends)));
        }
        let ran: BTreeSet<StepIx> = listed.iter().flat_map(|(_, ends)| ends.iter().map(|(step, _)| *step)).collect();
        let never: Vec<StepRef> = order(&workflow)
            .filter(|step| !ran.contains(step))
            .map(|step| workflow.step(step).name.clone())
            .collect();
        prop_assert_eq!(found.never_ready, never);
    }

    #[test]
    fn the_order_in_which_steps_end_makes_no_difference(workflow in sound_workflow(), seed: u64) {
        for (is_done, ends) in list_runs(&workflow).into_iter().take(50) {
            let ran: BTreeSet<StepIx> = ends.iter().map(|(step, _)| *step).collect();
            for seed in [seed, seed.wrapping_add(1)] {
                prop_assert_eq!(execute(&workflow, &ends, seed), (is_done, ran.clone()));
            }
        }
    }

    /// A stuck run says at which join, and that a transition to it was taken.
    #[test]
    fn every_stuck_run_has_a_reason(workflow in sound_workflow()) {
        for run in explore(&workflow, &ExploreOptions::default()).stuck {
            prop_assert!(!run.dead.is_empty());
            prop_assert!(run.dead.iter().all(|dead| !dead.taken.is_empty()));
        }
    }

    #[test]
    fn samples_are_runs(workflow in sound_workflow(), seed: u64) {
        let options = ExploreOptions { max_visits: 0, samples: 20, seed, max_told: usize::MAX };
        let found = explore(&workflow, &options);
        prop_assert!(!found.exhaustive);
        prop_assert!(found.stuck_runs <= found.runs);
        let all = explore(&workflow, &ExploreOptions { max_told: usize::MAX, ..ExploreOptions::default() });
        prop_assert!(found.stuck.iter().all(|run| all.stuck.contains(run)));
        let is_told_once = |run: &StuckRun| found.stuck.iter().filter(|it| *it == run).count() == 1;
        prop_assert!(found.stuck.iter().all(is_told_once));
        prop_assert_eq!(found.stuck_runs == 0, found.stuck.is_empty());
    }
}
