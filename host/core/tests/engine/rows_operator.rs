//! Rows C, R and H: cancel, retry, host restart.

use expect_test::expect;
use hephaestus_core::definition::{StepBuilder, step};
use hephaestus_core::engine::{FailureKind, Input, InstanceStatus, StepState};

use crate::rig::{Rig, check, completed, json, ms, name, sent, workflow};

fn steps() -> [StepBuilder; 5] {
    [
        step("a").emits("ok", ["b", "c", "d"]),
        step("b").emits("ok", ["e"]),
        step("c").accepts("go", ["e"]).accepts("timeout", ["e"]),
        step("d").emits("ok", ["e"]),
        step("e")
            .accepts("late", ["done"])
            .accepts("timeout", ["done"])
            .emits("ok", ["done"]),
    ]
}

/// `b` ready, `c` waiting until 50, `d` retrying until 1000, a timer scheduled for `e`, an event kept for `e`.
fn busy(rig: &mut Rig) {
    rig.ends("a", completed("ok", Some("1"))).unwrap();
    rig.waits("c", Some(ms(50))).unwrap();
    rig.fails("d", FailureKind::Trap).unwrap();
    rig.schedule("e", ms(70)).unwrap();
    rig.send(sent("e1", "late")).unwrap();
}

fn with_cleanup() -> Rig {
    let tidy = step("tidy").emits("ok", []).accepts("go-on", []);
    let builder = workflow(steps())
        .step(tidy)
        .on_cancel("tidy")
        .deadline(ms(90_000));
    Rig::new(builder)
}

#[test]
fn c1_an_ended_instance_can_not_be_cancelled() {
    let mut rig = Rig::new(workflow(steps()));
    rig.cancel().unwrap();
    check(
        rig.cancel(),
        expect![[r#"
        refused: the instance is cancelled
    "#]],
    );
}

#[test]
fn c2_a_second_order_does_not_cut_the_clean_up_off() {
    let mut rig = with_cleanup();
    rig.cancel().unwrap();
    check(
        rig.cancel(),
        expect![[r#"
        nothing
    "#]],
    );
    assert!(rig.state.is_cancelling());
}

#[test]
fn c3_without_a_clean_up_step_everything_stops() {
    let mut rig = Rig::new(workflow(steps()));
    busy(&mut rig);
    check(
        rig.cancel(),
        expect![[r#"
        undelivered e1
        ended Cancelled (enough); stopped b c d
    "#]],
    );
    assert_eq!(rig.status(), InstanceStatus::Cancelled);
}

#[test]
fn c4_with_a_clean_up_step_that_step_runs_alone() {
    let mut rig = with_cleanup();
    busy(&mut rig);
    check(
        rig.cancel(),
        expect![[r#"
        cancelling: ready tidy; stopped b c d
    "#]],
    );
    assert!(rig.state.timers().is_empty(), "the deadline's too");
    let context = rig.state.context(&name("tidy"));
    assert_eq!(
        context.results[&name("a")],
        Some(json("1")),
        "it reads all results"
    );
    check(
        rig.attempt_ends("b", 1, completed("ok", None)),
        expect![[r#"
        nothing
    "#]],
    );
    check(
        rig.emits("tidy", "ok"),
        expect![[r#"
        tidy#1 ok
        undelivered e1
        ended Cancelled (enough)
    "#]],
    ); // J-9
    assert_eq!(rig.status(), InstanceStatus::Cancelled);
}

#[test]
fn j10_a_clean_up_that_fails_can_be_retried() {
    let mut rig = with_cleanup();
    busy(&mut rig);
    rig.cancel().unwrap();
    check(
        rig.fails("tidy", FailureKind::MemoryLimit),
        expect![[r#"
        tidy#1 failed, memory-limit: boom; unanswered
        undelivered e1
        ended Failed at tidy, memory-limit: boom
    "#]],
    );
    assert_eq!(rig.status(), InstanceStatus::Failed);
    check(
        rig.input(Input::Retry),
        expect![[r#"
        retried; ready tidy event e1
    "#]],
    );
    assert!(rig.state.is_cancelling());
    assert_eq!(*rig.state.step(&name("b")).unwrap(), StepState::Stopped);
    check(
        rig.emits("tidy", "ok"),
        expect![[r#"
        tidy#2 ok
        undelivered e1
        ended Cancelled (enough)
    "#]],
    );
}

#[test]
fn r1_only_a_failed_instance_can_be_retried() {
    let mut rig = Rig::new(workflow(steps()));
    check(
        rig.input(Input::Retry),
        expect![[r#"
        refused: the instance can't be retried: it is pending, only a failed instance can be
    "#]],
    );
    rig.cancel().unwrap();
    check(
        rig.input(Input::Retry),
        expect![[r#"
        refused: the instance can't be retried: it is cancelled, only a failed instance can be
    "#]],
    );
}

#[test]
fn r2_a_stuck_instance_can_not_be_retried() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b"]).emits("no", ["c"]),
        step("b").emits("ok", ["c"]),
        step("c").emits("ok", ["done"]).join_expression("all[a.no, b.ok]"),
    ]));
    rig.emits("a", "no").unwrap();
    check(
        rig.input(Input::Retry),
        expect![[r#"
        refused: the instance can't be retried: it is stuck, every step has ended: a retry would get stuck again
    "#]],
    );
}

#[test]
fn r3_a_retry_brings_back_what_the_end_stopped() {
    let mut rig = Rig::new(workflow(steps()));
    busy(&mut rig);
    let before: Vec<StepState> = rig.state.steps().map(|(_, state)| state.clone()).collect();
    let timers = rig.state.timers().clone();
    check(
        rig.fails("b", FailureKind::OutputLimit),
        expect![[r#"
        b#1 failed, output-limit: boom; unanswered
        undelivered e1
        ended Failed at b, output-limit: boom; stopped c d
    "#]],
    );
    rig.now.0 = 60;
    check(
        rig.input(Input::Retry),
        expect![[r#"
        retried; ready b; resumed c d event e1
    "#]],
    );
    let after: Vec<StepState> = rig.state.steps().map(|(_, state)| state.clone()).collect();
    assert_eq!(after[1], StepState::Ready { attempt: 2 });
    assert_eq!((&after[2..], &after[0]), (&before[2..], &before[0]));
    assert_eq!(*rig.state.timers(), timers, "the original due times");
    assert_eq!(rig.state.inbox().count(), 1);
    check(
        rig.due(1),
        expect![[r#"
        c#1 timeout by timer 1
    "#]],
    );
    rig.due(2).unwrap();
    rig.emits("d", "ok").unwrap();
    rig.emits("b", "ok").unwrap();
    check(
        rig.waits("e", None),
        expect![[r#"
        e#1 waits
        e#1 late by event e1; ready done
        ended Completed
    "#]],
    );
}

#[test]
fn r3_the_failed_step_has_a_fresh_budget() {
    let mut rig = Rig::new(workflow([step("a").emits("ok", ["done"])]));
    for _ in 0..2 {
        for number in 1..3 {
            rig.fails("a", FailureKind::Trap).unwrap();
            let timer = *rig.state.timers().keys().next().unwrap();
            rig.due(timer).unwrap();
            assert_eq!(rig.status(), InstanceStatus::Running, "{number}");
        }
        rig.fails("a", FailureKind::Trap).unwrap();
        assert_eq!(rig.status(), InstanceStatus::Failed);
        rig.input(Input::Retry).unwrap();
    }
    assert_eq!(rig.attempt("a"), 7, "attempt numbers go on");
}

#[test]
fn r3_after_the_deadline_there_is_none() {
    let mut rig = Rig::new(workflow(steps()).deadline(ms(10)));
    rig.emits("a", "ok").unwrap();
    rig.due(1).unwrap();
    check(
        rig.input(Input::Retry),
        expect![[r#"
        retried; ready b c d
    "#]],
    );
    assert!(rig.state.timers().is_empty());
}

#[test]
fn r3_an_event_is_offered_again_after_every_failure() {
    let mut rig = Rig::new(workflow(steps()));
    rig.send(sent("e1", "late")).unwrap();
    for _ in 0..2 {
        rig.fails("a", FailureKind::OutputLimit).unwrap();
        assert_eq!(rig.state.undelivered().count(), 1);
        rig.input(Input::Retry).unwrap();
        assert_eq!(rig.state.inbox().count(), 1);
    }
    check(
        rig.send(sent("e1", "late")),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn r3_queued_timeouts_come_back_in_their_order() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b"]),
        step("b").accepts("go", ["done"]).accepts("timeout", ["done"]),
    ]));
    rig.schedule("b", ms(5)).unwrap();
    rig.send(sent("e1", "go")).unwrap();
    rig.due(1).unwrap();
    rig.send(sent("e2", "go")).unwrap();
    rig.fails("a", FailureKind::OutputLimit).unwrap();
    rig.input(Input::Retry).unwrap();
    rig.emits("a", "ok").unwrap();
    check(
        rig.waits("b", None),
        expect![[r#"
        b#1 waits
        b#1 go by event e1; ready done
        undelivered e2
        ended Completed
    "#]],
    );
}
