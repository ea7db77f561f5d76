//! Every rule, as data: what is built, what is broken, what is said.

use std::time::Duration;

use expect_test::{Expect, expect};

use crate::definition::limits::{
    MAX_CONFIG_BYTES, MAX_EVENTS_PER_STEP, MAX_JOIN_DEPTH, MAX_JOIN_PARTS, MAX_METADATA, MAX_SPAN, MAX_STEPS,
    MAX_TAG_BYTES, MAX_TAGS, MAX_TRANSITIONS,
};
use crate::definition::{
    Backoff, Join, JoinRule, RetryPolicy, StepBuilder, StepDefinition, Targets, Transition, Violations,
    Workflow, WorkflowBuilder, WorkflowDefinition, step,
};
use crate::{Json, WorkflowVersion};

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
              `done` is listed with events, a retry policy, a deadline or a configuration
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
            step("b").accepts("failed", ["done"]),
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

#[test]
fn cycles_are_named_once_each() {
    check(
        order([
            step("a").emits("x", ["b"]),
            step("b").emits("y", ["c", "d"]),
            step("c").emits("again", ["b"]).emits("z", ["done"]),
            step("d").emits("self", ["d", "done"]),
        ]),
        expect![[r#"
            cycle b y
              step `b` leads back to itself: `b` -y-> `c` -again-> `b`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
            cycle d self
              step `d` leads back to itself: `d` -self-> `d`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
        "#]],
    );
}

#[test]
fn all_steps_can_be_reached() {
    check(
        order([
            step("a").emits("x", ["done"]),
            step("b").emits("y", ["c"]),
            step("c").emits("z", ["done"]),
        ]),
        expect![[r#"
            unreachable b -
              no transition leads to `b`
              let a transition lead to it from a step that can be reached, or remove it
            unreachable c -
              only steps that can't be reached themselves lead to `c`: `b`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    check(
        order([step("a").emits("x", ["b"]), step("b").emits("y", ["b"])]),
        expect![[r#"
            cycle b y
              step `b` leads back to itself: `b` -y-> `b`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}

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

#[test]
fn retry_policies_make_sense() {
    let absurd = RetryPolicy {
        max_attempts: 0,
        backoff: Backoff::Linear,
        initial: MAX_SPAN + Duration::from_secs(2),
        cap: MAX_SPAN + Duration::from_secs(1),
        jitter_percent: 101,
    };
    check_changed(
        |it| it.retry = Some(absurd),
        expect![[r#"
            bad-retry - -
              the retry policy of the workflow allows no attempt
              the first attempt counts: 1 means no retry
            bad-retry - -
              the retry policy of the workflow has a jitter of 101 percent
              use 0 to 100
            bad-retry - -
              the retry policy of the workflow begins with a pause of 315360002s, longer than its cap of 315360001s
              raise the cap, or begin with a shorter pause
            bad-retry - -
              the retry policy of the workflow has a cap of 315360001s, longer than ten years
              lower the cap
        "#]],
    );
    let many = RetryPolicy {
        max_attempts: u32::MAX,
        ..RetryPolicy::default()
    };
    check_changed(
        |it| it.steps[1].retry = Some(many),
        expect![[r#"
            bad-retry b -
              the retry policy of step `b` allows 4294967295 attempts, more than 1000
              allow fewer, with longer pauses
        "#]],
    );
}

#[test]
fn deadlines_are_spans_of_time() {
    check_changed(
        |it| {
            it.deadline = Some(Duration::ZERO);
            it.steps[0].deadline = Some(Duration::ZERO);
            it.steps[1].deadline = Some(Duration::MAX);
        },
        expect![[r#"
            bad-deadline - -
              the deadline of the workflow is zero
              leave it out to have none of its own, or give it time
            bad-deadline a -
              the deadline of step `a` is zero
              leave it out to have none of its own, or give it time
            bad-deadline b -
              the deadline of step `b` is longer than ten years
              leave it out to have none of its own
        "#]],
    );
}

#[test]
fn counts_are_bounded_and_nothing_else_is_looked_at_beyond() {
    check_changed(
        |it| {
            it.version = WorkflowVersion(0);
            it.steps = vec![StepDefinition::new("a".parse().unwrap()); MAX_STEPS + 1];
            it.transitions = vec![it.transitions[0].clone(); MAX_TRANSITIONS + 1];
            it.steps[7].emits = vec!["x".parse().unwrap(); MAX_EVENTS_PER_STEP + 1];
        },
        expect![[r#"
            limit-exceeded - -
              1001 steps: 1000 are allowed
              split the workflow
            limit-exceeded - -
              10001 transitions: 10000 are allowed
              split the workflow
            limit-exceeded - -
              10001 targets of transitions: 10000 are allowed
              split the workflow
            limit-exceeded a -
              101 events in step `a`: 100 are allowed
              put what differs into the step's result
        "#]],
    );
}

#[test]
fn texts_are_bounded() {
    check_changed(
        |it| {
            it.tags = vec!["x".repeat(MAX_TAG_BYTES); MAX_TAGS + 1];
            it.tags[1].push('x');
            it.metadata = (0..=MAX_METADATA)
                .map(|at| (at.to_string(), "x".repeat(64 * at)))
                .collect();
            it.metadata.insert("k".repeat(129), "x".repeat(4_097));
            it.steps[0].config = Some(Json::parse(&format!("\"{}\"", "x".repeat(MAX_CONFIG_BYTES))).unwrap());
        },
        expect![[r#"
            limit-exceeded - -
              65 tags: 64 are allowed
              keep those that you search by
            limit-exceeded - -
              129 bytes in tag 2: 128 are allowed
              shorten it
            limit-exceeded - -
              66 facts of metadata: 64 are allowed
              keep those that matter
            limit-exceeded - -
              129 bytes in the name of metadata fact 66: 128 are allowed
              shorten it
            limit-exceeded - -
              4097 bytes in metadata fact 66: 4096 are allowed
              shorten it
            limit-exceeded a -
              262146 bytes of configuration in step `a`: 262144 are allowed
              keep large data outside the definition
        "#]],
    );
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
