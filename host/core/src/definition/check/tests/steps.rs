//! Steps by themselves.

use std::time::Duration;

use expect_test::expect;

use super::{check, check_changed, order, pair, violations};
use crate::WorkflowVersion;
use crate::definition::{JoinRule, Targets, Workflow, step};

#[test]
fn versions_count_from_1() {
    check_changed(
        |it| it.version = WorkflowVersion(0),
        expect![[r#"
            bad-version - -
              the version is 0
              count versions from 1
        "#]],
    );
}

#[test]
fn step_names_are_unique() {
    let b = || step("b").emits("y", ["done"]);
    check(
        order([step("a").emits("x", ["b"]), b(), b(), b()]),
        expect![[r#"
            duplicate-step b -
              several steps are called `b`
              give each a name of its own: results and transitions go by it
        "#]],
    );
}

#[test]
fn done_is_built_in() {
    check(
        order([
            step("a").emits("x", ["done"]),
            step("done").emits("y", ["a"]).deadline(Duration::from_secs(1)),
        ]),
        expect![[r#"
            done-is-built-in done -
              `done` is listed with events, a retry policy, a deadline, a configuration or requests
              it is built in and runs no code: list it with a join only, or not at all
            done-is-built-in done y
              a transition leaves `done` for `y`
              the instance is complete at `done`: remove the transition, or put a step before it
        "#]],
    );
    let joined = order([step("a").emits("x", ["done"]), step("done").join(JoinRule::Any)]);
    assert!(Workflow::new(joined).is_ok());
}

#[test]
fn the_start_exists_and_comes_first() {
    check_changed(
        |it| it.start = "aa".parse().unwrap(),
        expect![[r#"
            unknown-step aa -
              the workflow starts with `aa`, which is not a step
              add the step, or name one of `a`, `b`, `done`
        "#]],
    );
    check_changed(
        |it| it.start = "done".parse().unwrap(),
        expect![[r#"
            bad-start done -
              the workflow starts with `done`
              name the first step that does something
        "#]],
    );
    check_changed(
        |it| it.start = "b".parse().unwrap(),
        expect![[r#"
            bad-start a x
              `a` leads to the start step `b` for `x`
              instances begin there: no transition may lead to it; put a step before it if another path joins
            unreachable a -
              no transition leads to `a`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}

#[test]
fn the_step_for_cancelling_stands_alone() {
    let undo = || step("undo").emits("undone", []).accepts("given-up", []);
    let cancelling = |undo, on_cancel: &str| {
        let mut definition = order([step("a").emits("x", ["done"]), undo]);
        definition.on_cancel = Some(on_cancel.parse().unwrap());
        definition
    };
    let workflow = Workflow::new(cancelling(undo(), "undo")).unwrap();
    assert_eq!(workflow.on_cancel(), workflow.index("undo"));

    check(
        cancelling(undo(), "undoo"),
        expect![[r#"
            unknown-step undoo -
              the step for cancelling is `undoo`, which is not a step
              did you mean `undo`? Else add the step, or name one of `a`, `undo`, `done`
            missing-transition undo undone
              step `undo` emits `undone`, but no transition is for it
              add the transition: to `done`, if nothing follows
            missing-transition undo given-up
              step `undo` accepts `given-up`, but no transition is for it
              add the transition: to `done`, if nothing follows
            unreachable undo -
              no transition leads to `undo`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    check(
        cancelling(step("undo").emits("undone", ["done"]).failed(["done"]), "undo"),
        expect![[r#"
            bad-on-cancel undo undone
              the transition of `undo` for `undone` leaves `undo`, the step for cancelling
              it runs when an operator cancels and its end is the end of the instance: remove the transition
            bad-on-cancel undo failed
              the transition of `undo` for `failed` leaves `undo`, the step for cancelling
              it runs when an operator cancels and its end is the end of the instance: remove the transition
        "#]],
    );
    let mut reached = cancelling(undo(), "undo");
    reached.transitions[0].targets = Targets::Static(vec!["undo".parse().unwrap(), "done".parse().unwrap()]);
    check(
        reached,
        expect![[r#"
            bad-on-cancel a x
              the transition of `a` for `x` leads to `undo`, the step for cancelling
              it runs when an operator cancels and its end is the end of the instance: remove the transition
        "#]],
    );
    check(
        order([step("a").emits("x", ["done"]), undo()]),
        expect![[r#"
            missing-transition undo undone
              step `undo` emits `undone`, but no transition is for it
              add the transition: to `done`, if nothing follows
            missing-transition undo given-up
              step `undo` accepts `given-up`, but no transition is for it
              add the transition: to `done`, if nothing follows
            unreachable undo -
              no transition leads to `undo`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    for taken in ["a", "done"] {
        let mut definition = pair();
        definition.on_cancel = Some(taken.parse().unwrap());
        let kinds: Vec<_> = violations(definition)
            .0
            .iter()
            .map(|it| it.kind.as_str())
            .collect();
        assert_eq!(kinds, ["bad-on-cancel"]);
    }
}

#[test]
fn steps_have_events() {
    check(
        order([step("a").emits("x", ["b"]), step("b")]),
        expect![[r#"
            dead-end b -
              step `b` neither emits nor accepts an event: it can't end
              declare the events that its code ends with, or that end its wait, and where they lead (`done`, if nothing follows)
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}

#[test]
fn events_are_listed_once_and_failed_is_reserved() {
    check(
        order([step("a")
            .emits("x", ["done"])
            .emits("x", ["done"])
            .accepts("x", ["done"])
            .accepts("x", ["done"])]),
        expect![[r#"
            duplicate-event a x
              step `a` lists `x` twice in what it emits
              list it once
            duplicate-event a x
              step `a` lists `x` twice in what it accepts
              list it once
        "#]],
    );
    check(
        order([
            step("a").emits("x", ["done"]).emits("failed", ["done"]),
            step("b").accepts("failed", []),
        ]),
        expect![[r#"
            reserved-event a failed
              step `a` emits `failed`, which is reserved
              use another name for an outcome of the business; to handle steps that used up their attempts, only add the transition for `failed`
            reserved-event b failed
              step `b` accepts `failed`, which is reserved
              use another name for an outcome of the business; to handle steps that used up their attempts, only add the transition for `failed`
            unreachable b -
              no transition leads to `b`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}
