//! Rows H-1 to H-4: the host is gone, or about to go. Rows B-0 to B-3: attempts after that.

use expect_test::expect;
use hephaestus_core::definition::step;
use hephaestus_core::engine::{FailureKind, Input, InstanceState, JournalEntry, Record};

use crate::rig::{Rig, check, name, workflow};

/// `a`, then `b`, `c` and `d` beside each other; `e` answers a failure of `b`.
fn forked() -> Rig {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c", "d"]),
        step("b").emits("ok", ["done"]).failed(["e"]),
        step("c").emits("ok", ["done"]),
        step("d").emits("ok", ["done"]),
        step("e").emits("ok", ["done"]),
    ]));
    rig.limits.max_recoveries = 2;
    rig.emits("a", "ok").unwrap();
    rig
}

fn lost(rig: &Rig, step: &str) -> u32 {
    rig.state.attempts(&name(step)).unwrap().lost
}

/// The host ends while all steps that are ready run, so many times.
fn dies(rig: &mut Rig, times: usize) {
    for _ in 0..times {
        for (step, _) in rig.state.clone().ready() {
            rig.begins(step.as_str()).unwrap();
        }
        rig.input(Input::HostRestarted).unwrap();
    }
}

#[test]
fn h1_nothing_ready_nothing_lost() {
    let mut rig = Rig::new(workflow([step("a").accepts("go", ["done"])]));
    rig.waits("a", None).unwrap();
    for input in [Input::HostRestarted, Input::HostStops] {
        check(
            rig.input(input),
            expect![[r#"
            nothing
        "#]],
        );
    }
    rig.cancel().unwrap();
    for input in [Input::HostRestarted, Input::HostStops] {
        check(
            rig.input(input),
            expect![[r#"
            nothing
        "#]],
        );
    }
}

#[test]
fn h1_what_lost_an_attempt_and_has_not_begun_since_loses_none() {
    let mut rig = forked();
    rig.input(Input::HostRestarted).unwrap();
    let since = rig.state.ready_since(&name("b"));
    for input in [Input::HostRestarted, Input::HostStops] {
        check(
            rig.input(input),
            expect![[r#"
            nothing
        "#]],
        );
    }
    assert_eq!(rig.state.ready_since(&name("b")), since);
    rig.begins("c").unwrap();
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost c
        "#]],
    );
}

#[test]
fn h2_ready_steps_are_lost_in_one_record_and_keep_their_attempt() {
    let mut rig = forked();
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost b c d; uncounted b c d
        "#]],
    );
    assert_eq!((rig.attempt("b"), lost(&rig, "b")), (1, 0));
    rig.begins("b").unwrap();
    rig.begins("d").unwrap();
    rig.emits("d", "ok").unwrap();
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost b
        "#]],
    );
    assert_eq!((rig.attempt("b"), lost(&rig, "b"), lost(&rig, "c")), (1, 1, 0));
}

#[test]
fn h2_a_checkpoint_starts_the_count_again() {
    let mut rig = forked();
    dies(&mut rig, 3);
    assert_eq!(lost(&rig, "b"), 2);
    for life in 0..10 {
        rig.begins("b").unwrap();
        rig.saves("b", &life.to_string()).unwrap();
        assert_eq!(lost(&rig, "b"), 0);
        check(
            rig.input(Input::HostRestarted),
            expect![[r#"
                lost b
            "#]],
        );
    }
    // The same again is no progress.
    rig.begins("b").unwrap();
    rig.saves("b", "9").unwrap();
    rig.input(Input::HostRestarted).unwrap();
    rig.begins("b").unwrap();
    rig.saves("b", "9").unwrap();
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost b
            b#1 failed, host: the host ended 3 times while `b` was running; ready e
        "#]],
    );
}

#[test]
fn h3_a_step_that_kills_the_host_can_not_do_so_for_ever() {
    let mut rig = forked();
    dies(&mut rig, 3);
    for step in ["b", "c", "d"] {
        rig.begins(step).unwrap();
    }
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost b c d
            b#1 failed, host: the host ended 3 times while `b` was running; ready e
            c#1 failed, host: the host ended 3 times while `c` was running; unanswered
            ended Failed at c, host: the host ended 3 times while `c` was running; stopped d e
        "#]],
    );
    rig.input(Input::Retry).unwrap();
    assert_eq!(
        (lost(&rig, "c"), lost(&rig, "d")),
        (0, 0),
        "all that come back begin anew"
    );
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost c d e; uncounted c d e
        "#]],
    );
}

#[test]
fn h3_a_step_that_was_never_executed_is_not_to_blame() {
    let mut rig = forked();
    for _ in 0..3 {
        rig.input(Input::HostRestarted).unwrap();
        rig.begins("c").unwrap();
    }
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost c
            c#1 failed, host: the host ended 3 times while `c` was running; unanswered
            ended Failed at c, host: the host ended 3 times while `c` was running; stopped b d
        "#]],
    );
}

#[test]
fn h4_a_shutdown_breaks_off_what_runs_and_nothing_counts() {
    let mut rig = forked();
    check(
        rig.input(Input::HostStops),
        expect![[r#"
            lost b c d by a shutdown
        "#]],
    );
    for _ in 0..10 {
        check(
            rig.input(Input::HostRestarted),
            expect![[r#"
            nothing
        "#]],
        );
        rig.begins("b").unwrap();
        check(
            rig.input(Input::HostStops),
            expect![[r#"
                lost b by a shutdown
            "#]],
        );
    }
    assert_eq!((rig.attempt("b"), lost(&rig, "b")), (1, 0));
}

#[test]
fn b0_to_b2_what_is_not_written() {
    let mut rig = forked();
    check(
        rig.input(Input::AttemptBegins {
            step: name("nobody"),
            attempt: 1,
            since: 2,
        }),
        expect![[r#"
            refused: the workflow has no step `nobody`
        "#]],
    );
    assert!(!rig.state.must_announce(&name("b")));
    check(
        rig.begins("b"),
        expect![[r#"
            nothing
        "#]],
    );
    let since = rig.state.ready_since(&name("b"));
    rig.input(Input::HostRestarted).unwrap();
    let begins = |attempt, since| Input::AttemptBegins {
        step: name("b"),
        attempt,
        since,
    };
    for (attempt, since) in [(1, since), (2, rig.state.ready_since(&name("b")))] {
        let answer = rig.input(begins(attempt, since));
        assert!(answer.is_err(), "{answer:?}");
    }
    rig.begins("b").unwrap();
    check(
        rig.begins("b"),
        expect![[r#"
            nothing
        "#]],
    );
    rig.emits("b", "ok").unwrap();
    assert!(rig.begins("b").is_err());
}

#[test]
fn b3_each_attempt_after_a_loss_is_announced() {
    let mut rig = forked();
    rig.input(Input::HostRestarted).unwrap();
    assert!(rig.state.must_announce(&name("b")));
    check(
        rig.begins("b"),
        expect![[r#"
            b#1 begins
        "#]],
    );
    assert!(!rig.state.must_announce(&name("b")));
    rig.fails("b", FailureKind::Trap).unwrap();
    rig.due(1).unwrap();
    assert!(rig.state.must_announce(&name("b")));
    check(
        rig.begins("b"),
        expect![[r#"
            b#2 begins
        "#]],
    );
    assert!(!rig.state.must_announce(&name("nobody")));
}

/// Hosts before this one wrote no beginnings, and counted every loss.
#[test]
fn losses_of_older_journals_count_as_they_did() {
    let mut rig = forked();
    let mut journal = rig.journal.clone();
    let text = r#"{"attempts_lost":{"steps":["b","c","d"]}}"#;
    for _ in 0..2 {
        journal.push(JournalEntry {
            seq: journal.len() as u64 + 1,
            at: rig.now,
            record: serde_json::from_str::<Record>(text).unwrap(),
        });
    }
    rig.state = InstanceState::fold(rig.state.workflow().clone(), &journal).unwrap();
    rig.journal = journal;
    assert_eq!(lost(&rig, "b"), 2);
    rig.begins("b").unwrap();
    check(
        rig.input(Input::HostRestarted),
        expect![[r#"
            lost b
            b#1 failed, host: the host ended 3 times while `b` was running; ready e
        "#]],
    );
}
