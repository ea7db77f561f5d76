//! The story of a run, as snapshot tests see it.

use expect_test::expect;

use super::graph::half_agreed;
use super::{ends, passes, seconds, step, waits, waits_an_hour, workflow};
use crate::testing::run::story::span;
use crate::testing::{Attempt, Sending, TestRun};
use crate::{JoinRule, Retry, Workflow};

fn order() -> Workflow {
    let mut ship = passes("ship", &["done"]).leads("failed", &["refund"]);
    ship.retry = Some(Retry::constant(seconds(90)).attempts(3));
    workflow([
        passes("charge", &["approve"]),
        waits_an_hour("approve", &["refund"]).leads("ok", &["ship"]),
        ship,
        passes("refund", &["done"]).joins(JoinRule::Any),
    ])
}

/// `approve` leads to `ship` when somebody says `go`.
fn sound_order() -> Workflow {
    let mut flow = order();
    let routes = &mut flow.steps[1].routes;
    routes.pop();
    routes[0].1 = crate::workflow::Targets::named(["ship"], None);
    flow
}

#[test]
fn attempts_and_compensation() {
    let mut run = TestRun::of(sound_order())
        .script_named(
            "ship",
            [Attempt::retryable("busy"), Attempt::permanent("Atlantis")],
        )
        .start();
    run.advance(seconds(1));
    run.send("go");
    run.advance(seconds(100));
    expect![[r#"
        0s       test version 1 begins -> charge
        0s       charge: ok -> approve
        0s       approve: waits for go, timeout, at most 1h
        1s       approve: go, sent -> ship
        1s       ship: attempt 1 failed (guest-error: busy), again in 1m30s
        1m31s    ship: failed, attempt 2 (guest-error: Atlantis) -> refund
        1m31s    refund: ok -> done
        1m31s    completed
    "#]]
    .assert_eq(&run.story());
}

#[test]
fn timers_and_dead_steps() {
    let mut run = TestRun::of(sound_order()).start();
    run.advance(seconds(10_000));
    expect![[r#"
        0s       test version 1 begins -> charge
        0s       charge: ok -> approve
        0s       approve: waits for go, timeout, at most 1h
        1h       approve: timeout, by its timer -> refund; ship can't run any more
        1h       refund: ok -> done
        1h       completed
    "#]]
    .assert_eq(&run.story());
}

#[test]
fn events_that_are_kept_and_choices() {
    let first = step("first", |_| Ok(crate::Outcome::wait())).accepts("stop", &["pick"]);
    let pick = step("pick", |_| ends("ok")).chooses("ok", &["left", "right"], |_| Ok(vec!["right"]));
    let mut run = TestRun::of(workflow([
        first,
        pick,
        waits("left", &["done"]),
        waits("right", &["done"]),
    ]))
    .start();
    run.send(Sending::of("go").to("right"));
    run.send(Sending::of("go").to("left"));
    run.send("stop");
    expect![[r#"
        0s       test version 1 begins -> first
        0s       first: waits for stop
        0s       go for right is sent, and kept for later
        0s       go for left is sent, and kept for later
        0s       first: stop, sent -> pick
        0s       pick: ok, chose right -> right; left can't run any more
        0s       right: waits for go
        0s       right: go, kept for it -> done
        0s       go is never delivered
        0s       completed
    "#]]
    .assert_eq(&run.story());
}

#[test]
fn operators_and_ends() {
    let flow = || {
        workflow([
            passes("fork", &["bad", "wait"]),
            passes("bad", &["done"]),
            waits_an_hour("wait", &["done"]),
        ])
    };
    let mut run = TestRun::of(flow())
        .script_named("bad", [Attempt::panics("boom")])
        .start();
    run.retry();
    run.schedule_resume("wait", seconds(5));
    run.cancel("enough");
    expect![[r#"
        0s       test version 1 begins -> fork
        0s       fork: ok -> bad, wait
        0s       bad: failed (trap: panicked: boom)
        0s       failed, because bad failed; wait is stopped
        0s       retried -> bad, wait
        0s       bad: ok, attempt 2
        0s       wait: waits for go, timeout, at most 1h
        0s       wait: timeout is scheduled in 5s
        0s       cancelled (enough); wait is stopped
    "#]]
    .assert_eq(&run.story());
}

#[test]
fn a_stuck_instance() {
    let run = TestRun::of(half_agreed()).start();
    expect![[r#"
        0s       test version 1 begins -> fork
        0s       fork: ok -> left, right
        0s       left: no; agree can't run any more
        0s       right: ok; refuse, done can't run any more
        0s       failed (stuck: nothing is left to run and `done` was not reached: `agree` can't run because `left` ended with `no` instead of `ok`; `refuse` can't run because `right` ended with `ok` instead of `no`; `done` can't run because `agree` can't run and `refuse` can't run)
    "#]].assert_eq(&run.story());
}

#[test]
fn spans_are_short() {
    for (millis, expected) in [
        (0, "0s"),
        (1, "1ms"),
        (1_500, "1s500ms"),
        (60_000, "1m"),
        (90_061_001, "1d1h1m1s1ms"),
    ] {
        assert_eq!(span(std::time::Duration::from_millis(millis)), expected);
    }
}
