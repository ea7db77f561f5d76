//! How runs that get stuck are put together.

use hephaestus_host::core::definition::explore::{ExploreOptions, explore};
use hephaestus_host::core::definition::{WorkflowBuilder, step};

use super::*;

fn explored(steps: impl IntoIterator<Item = hephaestus_host::core::definition::StepBuilder>) -> Explored {
    let builder = WorkflowBuilder::new("stuck", 1);
    let builder = steps.into_iter().fold(builder, WorkflowBuilder::step);
    let options = ExploreOptions {
        max_told: 1_000,
        ..ExploreOptions::default()
    };
    Explored::new(explore(&builder.build().expect("a sound workflow"), &options))
}

#[test]
fn runs_that_miss_the_same_are_one_way_with_the_shortest_as_its_example() {
    // Only `a` decides; what `c` and `d` do makes no difference, but `d` doesn't always run.
    let explored = explored([
        step("fork").emits("forked", ["a", "b", "c"]),
        step("a").emits("yes", ["join"]).emits("no", ["done"]),
        step("b").emits("ready", ["join"]),
        step("c").emits("more", ["d"]).emits("less", ["done"]),
        step("d").emits("ready", ["done"]),
        step("join").emits("joined", ["done"]),
        step("done").join_expression("all[join.joined, any[d.ready, c.less]]"),
    ]);
    assert_eq!((explored.runs, explored.stuck_runs), (4, 2));
    assert_eq!(explored.told(), 2);
    let ends: Vec<usize> = explored
        .stuck
        .iter()
        .map(|runs| runs.example.ends.len())
        .collect();
    let alike: Vec<usize> = explored.stuck.iter().map(|runs| runs.alike).collect();
    assert_eq!((ends, alike), (vec![4], vec![2]));
}

#[test]
fn other_wants_are_other_ways() {
    let explored = explored([
        step("fork").emits("forked", ["a", "b"]),
        step("a").emits("yes", ["join"]).emits("no", ["done"]),
        step("b").emits("yes", ["join"]).emits("no", ["done"]),
        step("join").emits("joined", ["done"]),
        step("done").join_expression("all[join.joined]"),
    ]);
    // What is missing at `join` differs; without anything at all, only `done` is left to tell of.
    assert_eq!((explored.runs, explored.stuck_runs), (4, 3));
    assert_eq!(explored.stuck.len(), 3);
}
