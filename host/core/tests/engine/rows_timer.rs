//! Rows T, S and X: timers.

use expect_test::expect;
use hephaestus_core::definition::step;
use hephaestus_core::engine::{FailureKind, InstanceStatus};

use crate::rig::{Rig, check, ms, name, sent, workflow};

fn pausing() -> Rig {
    Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]).emits("skip", ["c"]),
        step("b")
            .accepts("go", ["done"])
            .accepts("timeout", ["done"])
            .emits("ok", ["done"]),
        step("c").emits("ok", ["done"]),
    ]))
}

/// [`pausing`], with `b` and `c` ready.
fn at_b() -> Rig {
    let mut rig = pausing();
    rig.emits("a", "ok").unwrap();
    rig
}

#[test]
fn t0_a_timer_that_is_not_set_changes_nothing() {
    let mut rig = at_b();
    check(
        rig.due(1),
        expect![[r#"
        nothing
    "#]],
    );
    rig.waits("b", Some(ms(10))).unwrap();
    rig.send(sent("e1", "go")).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn t1_the_end_of_a_pause_ends_the_wait() {
    let mut rig = at_b();
    rig.waits("b", Some(ms(10))).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        b#1 timeout by timer 1
    "#]],
    );
    assert_eq!(rig.state.results().get(&name("b")), None);
}

#[test]
fn t2_a_scheduled_timer_ends_the_wait() {
    let mut rig = at_b();
    rig.waits("b", Some(ms(10))).unwrap();
    rig.schedule("b", ms(5)).unwrap();
    check(
        rig.due(2),
        expect![[r#"
        b#1 timeout by timer 2
    "#]],
    );
    assert!(
        rig.state.timers().is_empty(),
        "the other timer dies with the wait"
    );
}

#[test]
fn t3_a_timer_that_is_due_before_the_wait_is_queued() {
    for prepare in [
        |_: &mut Rig| (),
        |rig: &mut Rig| drop(rig.emits("a", "ok").unwrap()),
    ] {
        let mut rig = pausing();
        prepare(&mut rig);
        rig.schedule("b", ms(5)).unwrap();
        check(
            rig.due(1),
            expect![[r#"
            queued timer 1
        "#]],
        );
        check(
            rig.due(1),
            expect![[r#"
            nothing
        "#]],
        );
    }
}

#[test]
fn t3_a_timer_dies_with_its_step_even_if_queued() {
    let mut rig = at_b();
    rig.schedule("b", ms(5)).unwrap();
    rig.schedule("b", ms(6)).unwrap();
    rig.due(1).unwrap();
    rig.emits("b", "ok").unwrap();
    assert!(rig.state.timers().is_empty());
    let mut rig = pausing();
    rig.schedule("b", ms(5)).unwrap();
    rig.emits("a", "skip").unwrap();
    assert!(rig.state.timers().is_empty(), "a dead step has none either");
}

#[test]
fn j11_a_queued_timeout_of_an_ended_step_takes_no_room() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b"]).accepts("timeout", ["b"]),
        step("b").accepts("go", ["done"]),
    ]));
    rig.limits.max_inbox = 1;
    rig.schedule("a", ms(5)).unwrap();
    rig.due(1).unwrap();
    assert!(rig.send(sent("e1", "go")).is_err(), "the inbox is full");
    rig.emits("a", "ok").unwrap();
    rig.send(sent("e1", "go")).unwrap();
}

#[test]
fn t4_after_the_pause_the_step_is_ready() {
    let mut rig = at_b();
    rig.fails("c", FailureKind::Trap).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        c#2 ready
    "#]],
    );
    assert_eq!(rig.attempt("c"), 2);
}

#[test]
fn t4_scheduled_timers_outlive_an_attempt() {
    let mut rig = at_b();
    rig.schedule("b", ms(5)).unwrap();
    rig.fails("b", FailureKind::Trap).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        queued timer 1
    "#]],
    );
    rig.due(2).unwrap();
    check(
        rig.waits("b", None),
        expect![[r#"
        b#2 waits
        b#2 timeout by timer 1
    "#]],
    );
}

#[test]
fn t5_the_deadline_of_the_instance_fails_it() {
    let mut rig = Rig::new(
        workflow([
            step("a").emits("ok", ["b", "c"]),
            step("b").accepts("go", ["done"]),
            step("c").emits("ok", ["done"]),
        ])
        .deadline(ms(90_000)),
    );
    assert_eq!(rig.state.timers()[&1].due.0, 90_000);
    rig.emits("a", "ok").unwrap();
    rig.waits("b", None).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        ended Failed, deadline: the instance has not ended within 90s of its creation; stopped b c
    "#]],
    );
    let failure = rig.state.failure().unwrap();
    assert_eq!(
        (failure.step.as_ref(), failure.failure.kind),
        (None, FailureKind::Deadline)
    );
}

#[test]
fn t5_a_starter_overrides_the_deadline() {
    use hephaestus_core::engine::{NewInstance, create};
    let workflow = workflow([step("a").emits("ok", ["done"])])
        .deadline(ms(9))
        .build()
        .unwrap();
    let new = NewInstance {
        deadline: Some(ms(4)),
        ..crate::rig::new_instance()
    };
    let created = create(&workflow, new, hephaestus_core::Timestamp(10));
    assert_eq!(created.deadline.unwrap().due.0, 14);
}

#[test]
fn s1_to_s4_what_can_not_be_scheduled() {
    let mut rig = at_b();
    check(
        rig.schedule("x", ms(1)),
        expect![[r#"
        refused: the workflow has no step `x`
    "#]],
    );
    check(
        rig.schedule("b", ms(0)),
        expect![[r#"
        refused: the delay must be longer than zero
    "#]],
    );
    check(
        rig.schedule("c", ms(1)),
        expect![[r#"
        refused: step `c` does not accept event `timeout`, which a due timer sends
    "#]],
    );
    rig.emits("b", "ok").unwrap();
    check(
        rig.schedule("b", ms(1)),
        expect![[r#"
        refused: no timer can be set any more: `b` has ended with `ok`
    "#]],
    );
    rig.emits("c", "ok").unwrap();
    assert_eq!(rig.status(), InstanceStatus::Completed);
    check(
        rig.schedule("b", ms(1)),
        expect![[r#"
        refused: the instance is completed
    "#]],
    );
}

#[test]
fn s5_a_timer_is_set_for_any_step_that_may_yet_wait() {
    let mut rig = pausing();
    check(
        rig.schedule("b", ms(7)),
        expect![[r#"
        set; timer 1 at 7 for schedule of b
    "#]],
    );
    rig.emits("a", "ok").unwrap();
    rig.waits("b", None).unwrap();
    rig.now.0 = 100;
    check(
        rig.schedule("b", ms(7)),
        expect![[r#"
        set; timer 2 at 107 for schedule of b
    "#]],
    );
    assert_eq!(rig.state.timers().len(), 2);
}

#[test]
fn s6_timers_are_bounded_like_the_inbox() {
    let mut rig = pausing();
    rig.limits.max_inbox = 2;
    rig.schedule("b", ms(7)).unwrap();
    rig.send(sent("e1", "go")).unwrap();
    check(
        rig.schedule("b", ms(7)),
        expect![[r#"
        refused: the inbox is full: 2 events wait to be taken
    "#]],
    );
}

#[test]
fn x_only_scheduled_timers_can_be_cancelled() {
    use hephaestus_core::engine::Input;
    let mut rig = pausing();
    rig.schedule("b", ms(7)).unwrap();
    check(
        rig.input(Input::CancelTimer { number: 1 }),
        expect![[r#"
        cancelled timer 1
    "#]],
    );
    check(
        rig.input(Input::CancelTimer { number: 1 }),
        expect![[r#"
        refused: no scheduled timer 1 is set: it came due, was cancelled, or never was
    "#]],
    );
    rig.emits("a", "ok").unwrap();
    rig.waits("b", Some(ms(7))).unwrap();
    check(
        rig.input(Input::CancelTimer { number: 2 }),
        expect![[r#"
        refused: no scheduled timer 2 is set: it came due, was cancelled, or never was
    "#]],
    );
    rig.cancel().unwrap();
    check(
        rig.input(Input::CancelTimer { number: 2 }),
        expect![[r#"
        refused: the instance is cancelled
    "#]],
    );
}
