//! Joins.

use expect_test::expect;
use proptest::prelude::*;

use super::{check, order, pair, violations};
use crate::definition::limits::{MAX_JOIN_DEPTH, MAX_JOIN_PARTS};
use crate::definition::{Join, JoinRule, Workflow, WorkflowDefinition, step};

#[test]
fn joins_need_something_to_join() {
    let mut definition = pair();
    definition.steps[0].join = JoinRule::All;
    check(
        definition,
        expect![[r#"
            join-without-incoming a -
              step `a` has a join, but no transition leads to it
              remove the join, or add the transitions
        "#]],
    );
}

/// `a` ends with `x` or `y`, `b` with `z`, and `end` joins them.
fn joined(join: Join) -> WorkflowDefinition {
    let mut definition = order([
        step("start").emits("go", ["a", "b"]),
        step("a").emits("x", ["end"]).emits("y", ["end"]),
        step("b").emits("z", ["end"]).emits("w", ["done"]),
        step("end").emits("ended", ["done"]),
    ]);
    definition.steps[3].join = JoinRule::Expression(join);
    definition
}

#[test]
fn joins_name_what_leads_to_their_step() {
    let join = "any[a.x, b.w, b.w, all[c.x, settled[start.go]]]".parse().unwrap();
    check(
        joined(join),
        expect![[r#"
            unknown-in-join end w
              the join of step `end` names `b.w`, which doesn't lead to it
              add that transition, or name one that leads to it: `a.x`, `a.y`, `b.z`
            unknown-in-join end x
              the join of step `end` names `c.x`, which doesn't lead to it
              add that transition, or name one that leads to it: `a.x`, `a.y`, `b.z`
            unknown-in-join end go
              the join of step `end` names `start.go`, which doesn't lead to it
              add that transition, or name one that leads to it: `a.x`, `a.y`, `b.z`
        "#]],
    );
}

#[test]
fn joins_can_become_true() {
    for possible in [
        "all[any[a.x, a.y], b.z]",
        "any[all[a.x, a.y], b.z]",
        "all[a.y, any[a.x, b.z]]",
        "a.x",
    ] {
        Workflow::new(joined(possible.parse().unwrap())).unwrap();
    }
    check(
        joined("all[a.x, a.y]".parse().unwrap()),
        expect![[r#"
            impossible-join end -
              the join of step `end` can never become true: `all[a.x, a.y]`
              a step ends with one event only: ask for `any` among the events of one step, not for `all`
        "#]],
    );
    check(
        joined("all[any[a.x, all[a.x, b.z]], settled[a.y]]".parse().unwrap()),
        expect![[r#"
            impossible-join end -
              the join of step `end` can never become true: `all[any[a.x, all[a.x, b.z]], settled[a.y]]`
              a step ends with one event only: ask for `any` among the events of one step, not for `all`
        "#]],
    );
}

#[test]
fn joins_are_bounded() {
    let part = || "a.x".parse::<Join>().unwrap();
    check(
        joined(Join::Any(vec![part(), Join::All(vec![])])),
        expect![[r#"
            empty-join end -
              the join of step `end` has a group without parts
              name the transitions it is about, or remove the group
        "#]],
    );
    let deep = (0..=MAX_JOIN_DEPTH).fold(part(), |join, _| Join::Any(vec![join]));
    check(
        joined(deep),
        expect![[r#"
            limit-exceeded end -
              the join of step `end` has groups nested more than 16 deep
              let steps between join parts of it
        "#]],
    );
    check(
        joined(Join::Any(vec![part(); MAX_JOIN_PARTS])),
        expect![[r#"
            limit-exceeded end -
              the join of step `end` has more than 1000 parts
              let steps between join parts of it
        "#]],
    );
}

/// `end` joins sources that end with `x` or `y`, by a join that forbids all the ways in which they can end, one by one.
fn contradiction(sources: usize) -> WorkflowDefinition {
    let names: Vec<String> = (0..sources).map(|at| format!("s{at}")).collect();
    let forbid = |bits: usize| {
        let other = |at: usize| format!("s{at}.{}", if bits >> at & 1 == 1 { "x" } else { "y" });
        let parts: Vec<String> = (0..sources).map(other).collect();
        format!("any[{}]", parts.join(", "))
    };
    let clauses: Vec<String> = (0..1 << sources).map(forbid).collect();
    let end = step("end").emits("ended", ["done"]);
    let mut steps = vec![step("start").emits("go", names.iter().map(String::as_str))];
    steps.extend(
        names
            .iter()
            .map(|name| step(name).emits("x", ["end"]).emits("y", ["end"])),
    );
    steps.push(end.join_expression(&format!("all[{}]", clauses.join(", "))));
    order(steps)
}

#[test]
fn joins_that_are_hard_to_satisfy_are_decided() {
    let kinds: Vec<_> = violations(contradiction(6))
        .0
        .iter()
        .map(|it| it.kind.as_str())
        .collect();
    assert_eq!(kinds, ["impossible-join"]);
}

/// A join that is impossible because of the last source it names, which shows only when all others are decided.
fn impossible_at_last(sources: usize) -> WorkflowDefinition {
    let names: Vec<String> = (0..=sources).map(|at| format!("s{at}")).collect();
    let mut steps = vec![step("start").emits("go", names.iter().map(String::as_str))];
    steps.extend(
        names
            .iter()
            .map(|name| step(name).emits("x", ["end"]).emits("y", ["end"])),
    );
    let mut parts: Vec<String> = names
        .iter()
        .map(|name| format!("any[{name}.x, {name}.y]"))
        .collect();
    parts.push(format!("s{sources}.x, s{sources}.y"));
    steps.push(
        step("end")
            .emits("ended", ["done"])
            .join_expression(&format!("all[{}]", parts.join(", "))),
    );
    order(steps)
}

#[test]
fn joins_that_are_too_hard_are_believed_to_be_possible() {
    assert!(Workflow::new(impossible_at_last(10)).is_err());
    assert!(Workflow::new(impossible_at_last(14)).is_ok());
    assert!(Workflow::new(impossible_at_last(300)).is_ok());
}

/// Three sources, `a` to `c`, that end with `x` or `y`, and a join over them.
fn crossed(join: &Join) -> WorkflowDefinition {
    let source = |name| step(name).emits("x", ["end"]).emits("y", ["end"]);
    let mut definition = order([
        step("start").emits("go", ["a", "b", "c"]),
        source("a"),
        source("b"),
        source("c"),
        step("end").emits("ended", ["done"]),
    ]);
    definition.steps[4].join = JoinRule::Expression(join.clone());
    definition
}

fn any_join() -> impl Strategy<Value = Join> {
    let source = prop::sample::select(vec!["a", "b", "c"]);
    let transition =
        (source, prop::sample::select(vec!["x", "y"])).prop_map(|(source, event)| Join::Transition {
            source: source.parse().unwrap(),
            event: event.parse().unwrap(),
        });
    transition.prop_recursive(4, 24, 3, |part| {
        let parts = prop::collection::vec(part, 1..4);
        let all = parts.clone().prop_map(Join::All);
        prop_oneof![3 => all, 1 => parts.clone().prop_map(Join::Any), 1 => parts.prop_map(Join::Settled)]
    })
}

/// Whether `join` is true if `a`, `b` and `c` end with these events.
fn is_true(join: &Join, ends: [&str; 3]) -> bool {
    match join {
        Join::Transition { source, event } => {
            let at = ["a", "b", "c"]
                .iter()
                .position(|name| *name == source.as_str())
                .unwrap();
            event.as_str() == ends[at]
        }
        Join::All(parts) => parts.iter().all(|part| is_true(part, ends)),
        Join::Any(parts) | Join::Settled(parts) => parts.iter().any(|part| is_true(part, ends)),
    }
}

/// The first event of `a` is a dead end that shows only when `b` was tried in both ways.
#[test]
fn what_was_assumed_in_vain_is_forgotten() {
    let join = "any[all[a.x, b.x, b.y], all[a.y, b.x]]".parse().unwrap();
    Workflow::new(crossed(&join)).unwrap();
}

proptest! {
    #[test]
    fn joins_are_impossible_exactly_if_no_events_make_them_true(join in any_join()) {
        let events = |bits: usize| [0, 1, 2].map(|at| if bits >> at & 1 == 1 { "x" } else { "y" });
        let is_possible = (0..8).any(|bits| is_true(&join, events(bits)));
        prop_assert_eq!(Workflow::new(crossed(&join)).is_ok(), is_possible);
    }
}
