//! Rows E: sent events.

use expect_test::expect;
use hephaestus_core::definition::step;
use hephaestus_core::engine::{InstanceStatus, SentEvent};

use crate::rig::{Rig, check, json, name, sent, workflow};

/// `a`, then `left` and `right` wait for `go` side by side; `left` also for `stop`; then `last` may wait for `late`.
fn sides() -> Rig {
    Rig::new(workflow([
        step("a").emits("ok", ["left", "right"]).emits("skip", ["done"]),
        step("left").accepts("go", ["last"]).accepts("stop", ["last"]),
        step("right").accepts("go", ["last"]),
        step("last").accepts("late", ["done"]).emits("ok", ["done"]),
    ]))
}

fn to(step: &str, event: SentEvent) -> SentEvent {
    SentEvent {
        step: Some(name(step)),
        ..event
    }
}

fn both_wait() -> Rig {
    let mut rig = sides();
    rig.emits("a", "ok").unwrap();
    rig.waits("left", None).unwrap();
    rig.waits("right", None).unwrap();
    rig
}

#[test]
fn e1_a_repeated_event_changes_nothing_even_after_the_end() {
    let mut rig = both_wait();
    check(
        rig.send(sent("e1", "stop")),
        expect![[r#"
        accepted e1 stop
        left#1 stop by event e1
    "#]],
    );
    check(
        rig.send(sent("e1", "stop")),
        expect![[r#"
        nothing
    "#]],
    );
    rig.cancel().unwrap();
    check(
        rig.send(sent("e1", "stop")),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn e2_an_ended_instance_takes_nothing() {
    let mut rig = sides();
    rig.emits("a", "skip").unwrap();
    check(
        rig.send(sent("e1", "go")),
        expect![[r#"
        refused: the instance is completed
    "#]],
    );
}

#[test]
fn e3_an_unknown_step_is_refused() {
    check(
        sides().send(to("x", sent("e1", "go"))),
        expect![[r#"
        refused: the workflow has no step `x`
    "#]],
    );
}

#[test]
fn e4_what_no_step_accepts_is_refused() {
    check(
        sides().send(sent("e1", "nope")),
        expect![[r#"
        refused: no step accepts event `nope`; no step is waiting for an event now
    "#]],
    );
    check(
        sides().send(sent("e1", "failed")),
        expect![[r#"
        refused: event `failed` is reserved and can't be sent; no step is waiting for an event now
    "#]],
    );
    check(
        sides().send(to("a", sent("e1", "go"))),
        expect![[r#"
        refused: step `a` does not accept event `go` (it accepts none); no step is waiting for an event now
    "#]],
    );
    check(
        both_wait().send(to("right", sent("e1", "stop"))),
        expect![[r#"
        refused: step `right` does not accept event `stop` (it accepts `go`); now `left` waits for `go`, `stop`, `right` waits for `go`
    "#]],
    );
}

#[test]
fn e5_several_waiting_steps_ask_for_a_name() {
    let mut rig = both_wait();
    check(
        rig.send(sent("e1", "go")),
        expect![[r#"
        refused: event `go` is accepted by several waiting steps (`left`, `right`): name the step
    "#]],
    );
    check(
        rig.send(to("right", sent("e1", "go"))),
        expect![[r#"
        accepted e1 go
        right#1 go by event e1
    "#]],
    );
    check(
        rig.send(sent("e2", "go")),
        expect![[r#"
        accepted e2 go
        left#1 go by event e2; ready last
    "#]],
    );
}

#[test]
fn e6_the_payload_is_the_result() {
    let mut rig = both_wait();
    let event = SentEvent {
        payload: Some(json(r#"{"by":"me"}"#)),
        ..sent("e1", "stop")
    };
    check(
        rig.send(event),
        expect![[r#"
        accepted e1 stop
        left#1 stop by event e1 = {"by":"me"}
    "#]],
    );
    assert_eq!(rig.state.results()[&name("left")], json(r#"{"by":"me"}"#));
    assert_eq!(rig.status(), InstanceStatus::Waiting);
}

#[test]
fn e7_a_full_inbox_refuses_but_delivers() {
    let mut rig = sides();
    rig.limits.max_inbox = 2;
    rig.send(sent("e1", "late")).unwrap();
    rig.send(sent("e2", "late")).unwrap();
    check(
        rig.send(sent("e3", "late")),
        expect![[r#"
        refused: the inbox is full: 2 events wait to be taken
    "#]],
    );
    rig.emits("a", "ok").unwrap();
    rig.waits("left", None).unwrap();
    check(
        rig.send(sent("e4", "stop")),
        expect![[r#"
        accepted e4 stop
        left#1 stop by event e4
    "#]],
    );
}

#[test]
fn e8_an_event_that_comes_early_is_kept() {
    let mut rig = sides();
    check(
        rig.send(sent("e1", "late")),
        expect![[r#"
        accepted e1 late
    "#]],
    );
    assert_eq!(rig.state.inbox().count(), 1);
    rig.emits("a", "ok").unwrap();
    check(
        rig.send(sent("e2", "go")),
        expect![[r#"
        accepted e2 go
    "#]],
    );
    check(
        rig.waits("right", None),
        expect![[r#"
        right#1 waits
        right#1 go by event e2
    "#]],
    );
}

#[test]
fn e8_a_retrying_step_may_yet_wait() {
    let mut rig = sides();
    rig.emits("a", "ok").unwrap();
    rig.fails("left", hephaestus_core::engine::FailureKind::Trap)
        .unwrap();
    check(
        rig.send(sent("e1", "stop")),
        expect![[r#"
        accepted e1 stop
    "#]],
    );
    rig.due(1).unwrap();
    check(
        rig.waits("left", None),
        expect![[r#"
        left#2 waits
        left#2 stop by event e1
    "#]],
    );
}

#[test]
fn e9_too_late_says_what_became_of_the_steps() {
    let mut rig = both_wait();
    rig.send(to("left", sent("e1", "go"))).unwrap();
    check(
        rig.send(sent("e2", "stop")),
        expect![[r#"
        refused: no step can take event `stop` any more: `left` has ended with `go`; now `right` waits for `go`
    "#]],
    );
    check(
        rig.send(to("left", sent("e2", "go"))),
        expect![[r#"
        refused: no step can take event `go` any more: `left` has ended with `go`; now `right` waits for `go`
    "#]],
    );
}

#[test]
fn e9_while_cancelling_idle_steps_take_nothing() {
    let steps = [
        step("a").emits("ok", ["b"]),
        step("b").accepts("go", ["done"]),
        step("tidy").emits("ok", []).accepts("go-on", []),
    ];
    let mut rig = Rig::new(workflow(steps).on_cancel("tidy"));
    check(
        rig.send(sent("e0", "go-on")),
        expect![[r#"
        accepted e0 go-on
    "#]],
    );
    rig.cancel().unwrap();
    check(
        rig.send(sent("e1", "go")),
        expect![[r#"
        refused: no step can take event `go` any more: `b` will not run, the instance is being cancelled; no step is waiting for an event now
    "#]],
    );
    check(
        rig.waits("tidy", None),
        expect![[r#"
        tidy#1 waits
        tidy#1 go-on by event e0
        ended Cancelled (enough)
    "#]],
    );
}
