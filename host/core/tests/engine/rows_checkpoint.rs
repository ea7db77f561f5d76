//! Rows K: what a running attempt saves, how long it is kept, and whose saves count.

use expect_test::expect;
use hephaestus_core::Json;
use hephaestus_core::definition::{JoinRule, step};
use hephaestus_core::engine::{FailureKind, Input, InstanceStatus};

use crate::rig::{Answer, Rig, check, json, name, sent, workflow};

fn straight() -> Rig {
    Rig::new(workflow([
        step("a").emits("ok", ["b"]).failed(["b"]),
        step("b").emits("ok", ["done"]).accepts("go", ["done"]),
    ]))
}

/// `a` and `b` side by side.
fn fork() -> Rig {
    let mut rig = Rig::new(
        workflow([
            step("start").emits("ok", ["a", "b"]),
            step("a").emits("ok", ["end"]),
            step("b").emits("ok", ["end"]),
            step("end").emits("ok", ["done"]),
            step("tidy").emits("ok", []),
        ])
        .on_cancel("tidy"),
    );
    rig.emits("start", "ok").unwrap();
    rig
}

fn saved(rig: &Rig, step: &str) -> Option<String> {
    rig.state.checkpoint(&name(step)).map(Json::to_string)
}

#[test]
fn k0_an_unknown_step_is_refused() {
    check(
        straight().saves("x", "1"),
        expect![[r#"
            refused: the workflow has no step `x`
        "#]],
    );
}

#[test]
fn k1_only_the_attempt_that_runs_can_save() {
    let too_late = |answer: Answer| {
        check(
            answer,
            expect![[r#"
                refused: attempt 1 of `a` is over, or was recorded as lost
            "#]],
        );
    };
    let mut rig = straight();
    let since = rig.state.ready_since(&name("a"));
    rig.fails("a", FailureKind::Trap).unwrap();
    too_late(rig.saves_as("a", (1, since), "1")); // retrying
    rig.due(1).unwrap();
    too_late(rig.saves_as("a", (1, since), "1")); // ready for another attempt
    rig.ends("a", crate::rig::completed("ok", None)).unwrap();
    too_late(rig.saves_as("a", (1, since), "1")); // completed
    rig.waits("b", None).unwrap();
    assert!(rig.saves("b", "1").is_err(), "it waits");
    rig.send(sent("e1", "go")).unwrap();
    assert_eq!(rig.status(), InstanceStatus::Completed);
    too_late(rig.saves_as("a", (1, since), "1")); // the instance has ended
}

#[test]
fn k1_what_was_recorded_as_lost_can_not_save() {
    let mut rig = straight();
    let lost = rig.state.ready_since(&name("a"));
    rig.saves("a", "1").unwrap();
    rig.input(Input::HostRestarted).unwrap();
    rig.saves("a", "2").unwrap();
    check(
        rig.saves_as("a", (1, lost), "1"),
        expect![[r#"
            refused: attempt 1 of `a` is over, or was recorded as lost
        "#]],
    );
    assert_eq!(saved(&rig, "a").unwrap(), "2", "the older one doesn't come back");
}

#[test]
fn k1_what_was_stopped_can_not_save_after_an_operators_retry() {
    let mut rig = fork();
    let stopped = rig.state.ready_since(&name("b"));
    rig.saves("b", "7").unwrap();
    rig.fails("a", FailureKind::OutputLimit).unwrap();
    rig.input(Input::Retry).unwrap();
    assert_eq!(rig.attempt("b"), 1, "the number alone doesn't tell them apart");
    assert!(rig.saves_as("b", (1, stopped), "8").is_err());
    assert_eq!(saved(&rig, "b").unwrap(), "7");
}

#[test]
fn k2_a_long_checkpoint_is_refused() {
    let mut rig = straight();
    rig.limits.max_checkpoint_bytes = 4;
    rig.saves("a", "1234").unwrap();
    check(
        rig.saves("a", "12345"),
        expect![[r#"
            refused: the checkpoint has 5 bytes, 4 are allowed: hand large data over by reference
        "#]],
    );
    assert_eq!(saved(&rig, "a").unwrap(), "1234");
}

#[test]
fn k3_the_same_again_is_nothing_new() {
    let mut rig = straight();
    rig.saves("a", "[1]").unwrap();
    check(
        rig.saves("a", "[1]"),
        expect![[r#"
            nothing
        "#]],
    );
}

#[test]
fn k4_all_checkpoints_of_a_step_have_one_budget() {
    let mut rig = fork();
    rig.limits.max_checkpoints_bytes = 2 * (256 + 1);
    let used_up = |answer: Answer| {
        check(
            answer,
            expect![[r#"
                refused: the checkpoints of the step come to more than 514 bytes together: save smaller ones, or fewer
            "#]],
        );
    };
    rig.saves("a", "1").unwrap();
    rig.saves("a", "2").unwrap();
    used_up(rig.saves("a", "3"));
    rig.saves("b", "1").unwrap();
    rig.input(Input::HostRestarted).unwrap();
    used_up(rig.saves("a", "3"));
    rig.fails("b", FailureKind::OutputLimit).unwrap();
    rig.input(Input::Retry).unwrap();
    rig.saves("a", "3").unwrap();
    assert_eq!(saved(&rig, "a").unwrap(), "3");
}

#[test]
fn k5_the_last_one_survives_losses_and_failed_attempts() {
    let mut rig = straight();
    check(
        rig.saves("a", r#"{"page":1}"#),
        expect![[r#"
            a#1 saved {"page":1}
        "#]],
    );
    rig.saves("a", r#"{"page":2}"#).unwrap();
    rig.input(Input::HostRestarted).unwrap();
    assert_eq!(saved(&rig, "a").unwrap(), r#"{"page":2}"#);
    rig.fails("a", FailureKind::Trap).unwrap();
    rig.due(1).unwrap();
    assert_eq!(saved(&rig, "a").unwrap(), r#"{"page":2}"#);
    rig.saves("a", "null").unwrap();
    assert_eq!(saved(&rig, "a").unwrap(), "null", "a value like any other");
}

#[test]
fn a_checkpoint_is_dropped_when_its_code_can_not_run_again() {
    for end in ["completes", "fails with an answer", "is stopped"] {
        let mut rig = fork();
        if end == "fails with an answer" {
            rig = straight();
        }
        rig.saves("a", "1").unwrap();
        match end {
            "completes" => rig.emits("a", "ok"),
            "is stopped" => rig.cancel(),
            _ => rig.fails("a", FailureKind::OutputLimit),
        }
        .unwrap();
        assert_eq!(saved(&rig, "a"), None, "{end}");
    }
    let mut rig = Rig::new(workflow([
        step("start").emits("ok", ["a", "b"]),
        step("a").emits("ok", ["done"]),
        step("b").emits("ok", ["done"]),
        step("done").join(JoinRule::Any),
    ]));
    rig.emits("start", "ok").unwrap();
    rig.saves("b", "1").unwrap();
    rig.emits("a", "ok").unwrap();
    assert_eq!(rig.status(), InstanceStatus::Completed);
    assert_eq!(saved(&rig, "b"), None);
}

#[test]
fn an_operators_retry_goes_on_from_the_checkpoint() {
    let mut rig = fork();
    rig.saves("a", "1").unwrap();
    rig.saves("b", "2").unwrap();
    rig.fails("a", FailureKind::OutputLimit).unwrap();
    assert_eq!(rig.status(), InstanceStatus::Failed);
    rig.input(Input::Retry).unwrap();
    assert_eq!(
        (saved(&rig, "a").unwrap(), saved(&rig, "b").unwrap()),
        ("1".into(), "2".into())
    );
    rig.cancel().unwrap();
    assert_eq!((saved(&rig, "a"), saved(&rig, "b")), (None, None));
}

#[test]
fn a_wait_whose_end_fails_goes_on_from_the_checkpoint_when_it_is_retried() {
    let mut rig = Rig::new(workflow([
        step("a").accepts_dynamic("go", ["b", "done"]),
        step("b").emits("ok", ["done"]),
    ]));
    rig.saves("a", "1").unwrap();
    rig.waits("a", None).unwrap();
    rig.answer("a", "go", Ok(vec![]));
    rig.send(sent("e1", "go")).unwrap();
    assert_eq!(rig.status(), InstanceStatus::Failed);
    rig.input(Input::Retry).unwrap();
    assert_eq!(saved(&rig, "a").unwrap(), "1");
}

#[test]
fn saving_is_progress_that_the_status_shows() {
    let mut rig = straight();
    assert_eq!(rig.status(), InstanceStatus::Pending);
    rig.saves("a", "1").unwrap();
    assert_eq!(rig.status(), InstanceStatus::Running);
    assert_eq!(rig.state.checkpoint(&name("b")), None);
    assert_eq!(rig.state.checkpoint(&name("a")), Some(&json("1")));
}
