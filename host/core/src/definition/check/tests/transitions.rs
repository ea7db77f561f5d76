//! Events and transitions.

use expect_test::expect;

use super::{check, check_changed, order};
use crate::definition::{Targets, Transition, step};

#[test]
fn transitions_are_between_known_steps() {
    check_changed(
        |it| {
            it.transitions.push(Transition {
                source: "nobody".parse().unwrap(),
                event: "x".parse().unwrap(),
                targets: Targets::Static(vec!["b".parse().unwrap()]),
            });
            it.transitions[1].targets = Targets::Static(vec!["dome".parse().unwrap()]);
        },
        expect![[r#"
            unknown-step b y
              the transition of `b` for `y` leads to `dome`, which is not a step
              did you mean `done`? Else add the step, or name one of `a`, `b`, `done`
            unknown-step nobody x
              a transition leaves `nobody`, which is not a step
              add the step, or name one of `a`, `b`, `done`
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}

#[test]
fn nothing_leaves_done() {
    check_changed(
        |it| it.transitions[1].source = "done".parse().unwrap(),
        expect![[r#"
            done-is-built-in done y
              a transition leaves `done` for `y`
              the instance is complete at `done`: remove the transition, or put a step before it
            missing-transition b y
              step `b` emits `y`, but no transition is for it
              add the transition: to `done`, if nothing follows
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}

#[test]
fn a_step_has_one_transition_for_an_event() {
    check_changed(
        |it| it.transitions.push(it.transitions[0].clone()),
        expect![[r#"
            duplicate-transition a x
              step `a` has several transitions for `x`
              name all targets in one transition
        "#]],
    );
}

#[test]
fn transitions_have_targets_and_each_once() {
    check_changed(
        |it| it.transitions[1].targets = Targets::Static(vec![]),
        expect![[r#"
            no-targets b y
              the transition of `b` for `y` has no targets
              name where it leads: `done`, if nothing follows
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    check_changed(
        |it| it.transitions[1].targets = Targets::Dynamic(vec![]),
        expect![[r#"
            no-targets b y
              the transition of `b` for `y` has no targets
              declare every step that `transit` may choose
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    let done = crate::StepRef::done;
    check_changed(
        |it| it.transitions[1].targets = Targets::Dynamic(vec![done(), done()]),
        expect![[r#"
            duplicate-target b y
              the transition of `b` for `y` names `done` twice
              name it once: a step runs once at most
        "#]],
    );
}

#[test]
fn failed_leads_to_fixed_targets() {
    let mut definition = order([step("a").emits("x", ["done"]).failed(["done"])]);
    definition.transitions[1].targets = Targets::Dynamic(vec!["done".parse().unwrap()]);
    check(
        definition,
        expect![[r#"
            dynamic-failed a failed
              the transition of `a` for `failed` is dynamic
              make it static: compensation can't depend on the code that failed
        "#]],
    );
}

#[test]
fn events_and_transitions_belong_together() {
    check_changed(
        |it| {
            it.steps[0].emits.push("z".parse().unwrap());
            it.steps[0].accepts.push("approved".parse().unwrap());
            it.transitions.push(Transition {
                source: "a".parse().unwrap(),
                event: "aproved".parse().unwrap(),
                targets: Targets::Static(vec!["b".parse().unwrap()]),
            });
        },
        expect![[r#"
            missing-transition a z
              step `a` emits `z`, but no transition is for it
              add the transition: to `done`, if nothing follows
            missing-transition a approved
              step `a` accepts `approved`, but no transition is for it
              add the transition: to `done`, if nothing follows
            unknown-event a aproved
              a transition is for `aproved` of step `a`, which neither emits nor accepts it
              did you mean `approved`? Else declare the event, or remove the transition
        "#]],
    );
}
