//! Rows A and I: attempts, and the status of the instance.

use std::sync::Arc;

use expect_test::expect;
use hephaestus_core::StepRef;
use hephaestus_core::definition::{Backoff, RetryPolicy, step};
use hephaestus_core::engine::{Failure, FailureKind, Input, InstanceStatus, Outcome};

use crate::rig::{Rig, check, completed, failed, json, ms, name, sent, three_attempts, workflow};

fn straight() -> Rig {
    Rig::new(workflow([
        step("a").emits("ok", ["b"]),
        step("b").emits("ok", ["c"]).accepts("go", ["c"]),
        step("c")
            .emits("ok", ["done"])
            .accepts("go", ["done"])
            .accepts("timeout", ["done"]),
    ]))
}

/// [`straight`], with `c` ready.
fn at_c() -> Rig {
    let mut rig = straight();
    rig.emits("a", "ok").unwrap();
    rig.emits("b", "ok").unwrap();
    rig
}

#[test]
fn i1_to_i4_status() {
    let mut rig = straight();
    assert_eq!(rig.status(), InstanceStatus::Pending);
    rig.emits("a", "ok").unwrap();
    assert_eq!(rig.status(), InstanceStatus::Running);
    rig.now.0 = 5;
    rig.waits("b", None).unwrap();
    assert_eq!(rig.status(), InstanceStatus::Waiting);
    assert_eq!(rig.state.waiting_since(), Some(rig.now));
    rig.now.0 = 9;
    rig.send(sent("e1", "go")).unwrap();
    assert_eq!(rig.status(), InstanceStatus::Running);
    rig.fails("c", FailureKind::Trap).unwrap();
    assert_eq!(
        rig.status(),
        InstanceStatus::Waiting,
        "it pauses before another attempt"
    );
    rig.due(1).unwrap();
    rig.emits("c", "ok").unwrap();
    assert_eq!(rig.status(), InstanceStatus::Completed);
    assert_eq!(rig.state.ended_at(), Some(rig.now));
}

#[test]
fn i3_waiting_goes_on_while_one_of_several_waits_ends() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").accepts("go", ["done"]),
        step("c").accepts("stop", ["done"]),
    ]));
    rig.emits("a", "ok").unwrap();
    rig.waits("b", None).unwrap();
    assert_eq!(rig.state.waiting_since(), None);
    rig.now.0 = 5;
    rig.waits("c", None).unwrap();
    rig.now.0 = 9;
    rig.send(sent("e1", "go")).unwrap();
    assert_eq!(rig.state.waiting_since().map(|since| since.0), Some(5));
}

#[test]
fn a0_an_unknown_step_is_refused() {
    check(
        straight().attempt_ends("x", 1, completed("ok", None)),
        expect![[r#"
        refused: the workflow has no step `x`
    "#]],
    );
}

#[test]
fn a1_an_outcome_that_is_not_current_changes_nothing() {
    let mut rig = straight();
    check(
        rig.attempt_ends("a", 2, completed("ok", None)),
        expect![[r#"
        nothing
    "#]],
    );
    check(
        rig.attempt_ends("b", 1, completed("ok", None)),
        expect![[r#"
        nothing
    "#]],
    );
    rig.emits("a", "ok").unwrap();
    check(
        rig.attempt_ends("a", 1, completed("ok", None)),
        expect![[r#"
        nothing
    "#]],
    );
    rig.cancel().unwrap();
    check(
        rig.attempt_ends("b", 1, completed("ok", None)),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn a2_an_undeclared_event_is_output_invalid() {
    check(
        straight().emits("a", "nope"),
        expect![[r#"
        a#1 failed, output-invalid: `a` ended with the event `nope`, but it declares `ok`; unanswered
        ended Failed at a, output-invalid: `a` ended with the event `nope`, but it declares `ok`
    "#]],
    );
    let mut rig = at_c();
    check(
        rig.emits("c", "go"),
        expect![[r#"
        c#1 failed, output-invalid: `c` ended with the event `go`, but it declares `ok`; unanswered
        ended Failed at c, output-invalid: `c` ended with the event `go`, but it declares `ok`
    "#]],
    );
}

#[test]
fn a3_an_event_ends_the_step_and_its_result_is_kept() {
    let mut rig = straight();
    check(
        rig.ends("a", completed("ok", Some(r#"{"n":1}"#))),
        expect![[r#"
        a#1 ok = {"n":1}; ready b
    "#]],
    );
    assert_eq!(rig.state.results()[&name("a")], json(r#"{"n":1}"#));
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok; ready c
    "#]],
    );
    check(
        rig.emits("c", "ok"),
        expect![[r#"
        c#1 ok; ready done
        ended Completed
    "#]],
    );
    assert_eq!(rig.state.ready().count(), 0);
    let result_of_b = rig.state.results().get(&name("b"));
    assert_eq!(result_of_b, None);
    assert!(rig.state.step(&StepRef::done()).is_some());
}

#[test]
fn a3_a_result_of_null_is_a_result() {
    let mut rig = straight();
    rig.ends("a", completed("ok", Some("null"))).unwrap();
    assert_eq!(rig.state.results()[&name("a")], json("null"));
    rig.waits("b", None).unwrap();
    let event = hephaestus_core::engine::SentEvent {
        payload: Some(json("null")),
        ..sent("e1", "go")
    };
    rig.send(event).unwrap();
    assert_eq!(rig.state.results()[&name("b")], json("null"));
}

#[test]
fn a4_a_wait_that_nothing_can_end_is_output_invalid() {
    check(
        straight().waits("a", None),
        expect![[r#"
        a#1 failed, output-invalid: `a` asked to wait, but it accepts no event that could end the wait; unanswered
        ended Failed at a, output-invalid: `a` asked to wait, but it accepts no event that could end the wait
    "#]],
    );
    let mut rig = straight();
    rig.emits("a", "ok").unwrap();
    check(
        rig.waits("b", Some(ms(1))),
        expect![[r#"
        b#1 failed, output-invalid: `b` asked to wait, but it does not accept `timeout`, which the end of its pause would send; unanswered
        ended Failed at b, output-invalid: `b` asked to wait, but it does not accept `timeout`, which the end of its pause would send
    "#]],
    );
}

#[test]
fn a5_an_event_that_came_before_ends_the_wait_at_once() {
    let mut rig = straight();
    rig.emits("a", "ok").unwrap();
    let event = hephaestus_core::engine::SentEvent {
        payload: Some(json("7")),
        ..sent("e1", "go")
    };
    check(
        rig.send(event),
        expect![[r#"
        accepted e1 go
    "#]],
    );
    check(
        rig.send(sent("e2", "go")),
        expect![[r#"
        accepted e2 go
    "#]],
    );
    check(
        rig.waits("b", None),
        expect![[r#"
        b#1 waits
        b#1 go by event e1 = 7; ready c
    "#]],
    );
    assert_eq!(rig.state.results()[&name("b")], json("7"));
    check(
        rig.waits("c", Some(ms(10))),
        expect![[r#"
        c#1 waits
        c#1 go by event e2; ready done
        ended Completed
    "#]],
    );
}

#[test]
fn a5_an_event_for_a_named_step_is_left_for_it() {
    let mut rig = straight();
    rig.emits("a", "ok").unwrap();
    let event = hephaestus_core::engine::SentEvent {
        step: Some(name("c")),
        ..sent("e1", "go")
    };
    rig.send(event).unwrap();
    check(
        rig.waits("b", None),
        expect![[r#"
        b#1 waits
    "#]],
    );
    rig.send(sent("e2", "go")).unwrap();
    check(
        rig.waits("c", None),
        expect![[r#"
        c#1 waits
        c#1 go by event e1; ready done
        ended Completed
    "#]],
    );
}

#[test]
fn a5_timeouts_and_events_are_taken_in_order_of_arrival() {
    let mut rig = at_c();
    rig.schedule("c", ms(5)).unwrap();
    check(
        rig.due(1),
        expect![[r#"
        queued timer 1
    "#]],
    );
    check(
        rig.send(sent("e1", "go")),
        expect![[r#"
        accepted e1 go
    "#]],
    );
    check(
        rig.waits("c", None),
        expect![[r#"
        c#1 waits
        c#1 timeout by timer 1; ready done
        undelivered e1
        ended Completed
    "#]],
    );
}

#[test]
fn a6_a_wait_without_an_event_waits() {
    let mut rig = at_c();
    rig.now.0 = 100;
    check(
        rig.waits("c", Some(ms(50))),
        expect![[r#"
        c#1 waits; timer 1 at 150 for wait of c
    "#]],
    );
    let accepting: Vec<_> = rig.state.accepting().collect();
    assert_eq!(accepting.len(), 1);
    assert_eq!(accepting[0].0, &name("c"));
    assert_eq!(accepting[0].1.len(), 2);
    let mut rig = at_c();
    check(
        rig.waits("c", Some(ms(0))),
        expect![[r#"
        c#1 waits; timer 1 at 0 for wait of c
    "#]],
    );
}

#[test]
fn a7_a_failure_that_may_pass_is_retried_as_the_policy_says() {
    let mut rig = straight();
    check(
        rig.fails("a", FailureKind::Trap),
        expect![[r#"
        a#1 retries after trap: boom; timer 1 at 1000 for retry of a
    "#]],
    );
    let attempts = rig.state.attempts(&name("a")).unwrap();
    assert_eq!((attempts.last, attempts.lost), (2, 0));
    assert_eq!(attempts.last_failure.unwrap().kind, FailureKind::Trap);
    rig.now.0 = 1_000;
    rig.due(1).unwrap();
    check(
        rig.fails("a", FailureKind::Deadline),
        expect![[r#"
        a#2 retries after deadline: boom; timer 2 at 2000 for retry of a
    "#]],
    );
    rig.due(2).unwrap();
    check(
        rig.fails("a", FailureKind::Host),
        expect![[r#"
        a#3 failed, host: boom; unanswered
        ended Failed at a, host: boom
    "#]],
    );
}

#[test]
fn a7_the_operators_policy_goes_before_the_workflows() {
    let operators = Arc::new(RetryPolicy {
        max_attempts: 2,
        initial: ms(7_000),
        cap: ms(7_000),
        ..three_attempts()
    });
    let fails = |rig: &mut Rig, attempt| {
        rig.input(Input::Attempt {
            step: name("a"),
            attempt,
            outcome: failed(FailureKind::Trap),
            receipt: None,
            retry: Some(Arc::clone(&operators)),
            routing: None,
        })
    };
    let mut rig = straight();
    check(
        fails(&mut rig, 1),
        expect![[r#"
        a#1 retries after trap: boom; timer 1 at 7000 for retry of a
    "#]],
    );
    rig.due(1).unwrap();
    check(
        fails(&mut rig, 2),
        expect![[r#"
        a#2 failed, trap: boom; unanswered
        ended Failed at a, trap: boom
    "#]],
    );
}

#[test]
fn a7_the_pause_is_drawn_by_instance_step_and_attempt() {
    let policy = RetryPolicy {
        max_attempts: 9,
        backoff: Backoff::Constant,
        initial: ms(100_000),
        cap: ms(200_000),
        jitter_percent: 50,
    };
    let pauses = || {
        let mut rig = Rig::new(workflow([step("a").emits("ok", ["done"]).retry(policy.clone())]));
        let mut pauses = Vec::new();
        for number in 1..=5 {
            rig.fails("a", FailureKind::Trap).unwrap();
            pauses.push(rig.state.timers()[&number].due.0);
            rig.due(number).unwrap();
        }
        pauses
    };
    let drawn = pauses();
    assert_eq!(drawn, pauses(), "the same whenever it is decided");
    let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
    assert_eq!(distinct.len(), 5, "{drawn:?}");
    assert!(
        drawn.iter().all(|pause| (50_000..=150_000).contains(pause)),
        "{drawn:?}"
    );
}

#[test]
fn a8_what_can_not_pass_is_not_retried() {
    use FailureKind::{CapabilityDenied, GuestError, MemoryLimit, OutputInvalid, OutputLimit};
    for kind in [
        GuestError,
        MemoryLimit,
        OutputLimit,
        OutputInvalid,
        CapabilityDenied,
    ] {
        let mut rig = straight();
        rig.fails("a", kind).unwrap();
        assert_eq!(rig.status(), InstanceStatus::Failed, "{kind}");
    }
    let mut rig = straight();
    let asks_for_more = Failure {
        retryable: true,
        ..Failure::new(FailureKind::GuestError, "busy")
    };
    check(
        rig.ends("a", Outcome::Failed(asks_for_more)),
        expect![[r#"
        a#1 retries after guest-error: busy; timer 1 at 1000 for retry of a
    "#]],
    );
}

#[test]
fn a8_a_policy_of_one_attempt_retries_nothing() {
    let policy = RetryPolicy {
        max_attempts: 1,
        ..three_attempts()
    };
    let mut rig = Rig::new(workflow([step("a").emits("ok", ["done"]).retry(policy)]));
    check(
        rig.ends("a", failed(FailureKind::Trap)),
        expect![[r#"
        a#1 failed, trap: boom; unanswered
        ended Failed at a, trap: boom
    "#]],
    );
}
