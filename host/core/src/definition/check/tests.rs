//! Every rule, as data: what is built, what is broken, what is said.

mod joins;
mod limits;
mod paths;
mod policies;
mod requests;
mod steps;
mod transitions;

use std::time::Duration;

use expect_test::{Expect, expect};

use crate::WorkflowVersion;
use crate::definition::limits::{MAX_STEPS, MAX_TRANSITIONS};
use crate::definition::{
    JoinRule, StepBuilder, Targets, Transition, Violations, Workflow, WorkflowBuilder, WorkflowDefinition,
    step,
};

fn order(steps: impl IntoIterator<Item = StepBuilder>) -> WorkflowDefinition {
    let builder = WorkflowBuilder::new("order", 1);
    steps
        .into_iter()
        .fold(builder, WorkflowBuilder::step)
        .definition()
        .unwrap()
}

/// A sound workflow of two steps, for breaking.
fn pair() -> WorkflowDefinition {
    order([step("a").emits("x", ["b"]), step("b").emits("y", ["done"])])
}

fn violations(definition: WorkflowDefinition) -> Violations {
    Workflow::new(definition)
        .map(|_| ())
        .expect_err("nothing is wrong")
}

#[track_caller]
fn check(definition: WorkflowDefinition, expected: Expect) {
    let mut said = String::new();
    for violation in violations(definition).0 {
        let step = violation.step.as_ref().map_or("-", |step| step.as_str());
        let event = violation.event.as_ref().map_or("-", |event| event.as_str());
        said.push_str(&format!(
            "{} {step} {event}\n  {}\n  {}\n",
            violation.kind, violation.message, violation.fix
        ));
    }
    expected.assert_eq(&said);
}

/// A sound definition, broken by `change`.
#[track_caller]
fn check_changed(change: impl FnOnce(&mut WorkflowDefinition), expected: Expect) {
    let mut definition = pair();
    change(&mut definition);
    check(definition, expected);
}

#[test]
fn sound_definitions_are_accepted() {
    for definition in [
        pair(),
        order([step("a")
            .emits("x", ["done"])
            .accepts("x", ["done"])
            .failed(["done"])]),
        order([step("a").accepts("timeout", ["done"])]),
        order([
            step("a").emits_dynamic("x", ["b", "done"]),
            step("b").emits("failing", ["done"]),
        ]),
    ] {
        Workflow::new(definition).unwrap();
    }
}

#[test]
fn everything_is_reported_at_once_in_a_stable_order() {
    let broken = || {
        let mut definition = order([
            step("a").emits("x", ["b", "a"]).emits("z", ["nowhere"]),
            step("b").failed(["done"]),
            step("c")
                .emits("y", ["done"])
                .join(JoinRule::Any)
                .deadline(Duration::ZERO),
        ]);
        definition.version = WorkflowVersion(0);
        definition
    };
    assert_eq!(violations(broken()), violations(broken()));
    let kinds: Vec<_> = violations(broken())
        .0
        .iter()
        .map(|it| it.kind.to_string())
        .collect();
    expect![[r#"
        bad-version
        bad-start
        dead-end
        unknown-step
        cycle
        unreachable
        join-without-incoming
        bad-deadline"#]]
    .assert_eq(&kinds.join("\n"));
}

/// The time of a definition that is all wrong is bounded, and so are its messages.
#[test]
fn a_definition_that_is_all_wrong_is_answered() {
    let mut definition = order((0..MAX_STEPS).map(|at| step(&format!("step-with-a-long-name-{at}"))));
    definition.transitions = (0..MAX_TRANSITIONS)
        .map(|at| Transition {
            source: format!("step-with-a-long-nane-{at}").parse().unwrap(),
            event: "x".parse().unwrap(),
            targets: Targets::Static(vec![]),
        })
        .collect();
    let violations = violations(definition).0;
    assert!(violations.len() > MAX_TRANSITIONS);
    assert!(
        violations
            .iter()
            .all(|it| it.message.len() + it.fix.len() < 1_000)
    );
    assert!(
        violations
            .iter()
            .any(|it| it.fix.starts_with("did you mean `step-with-a-long-name-7`?"))
    );
}
