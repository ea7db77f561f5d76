//! Events, waits and timers: delivered, kept and refused as by the host.

use std::time::Duration;

use super::{passes, seconds, step, waits, waits_an_hour, workflow};
use crate::testing::{Delivery, FailureKind, InstanceStatus, Refusal, Sending, TestRun};
use crate::{Outcome, Workflow};

/// `first` waits for `stop`, then `second` for `go`.
fn one_after_the_other() -> Workflow {
    let first = step("first", |_| Ok(Outcome::wait())).accepts("stop", &["second"]);
    workflow([first, waits("second", &["done"])])
}

fn two_at_once() -> Workflow {
    workflow([
        passes("fork", &["left", "right"]),
        waits("left", &["done"]),
        waits("right", &["done"]),
    ])
}

#[test]
fn an_event_ends_the_wait_and_its_payload_is_the_result() {
    let mut run = TestRun::of(workflow([waits("approve", &["done"])])).start();
    assert!(run.is_waiting());
    let delivery = run.send_with("go", [1, 2]);
    assert_eq!(delivery, Delivery::Taken { by: "approve".into() });
    run.assert_completed();
    assert_eq!(run.step("approve").result(), Some(vec![1, 2]));
    assert_eq!(run.step("approve").event(), Some("go"));
    assert_eq!(run.path(), ["approve.go"]);
}

#[test]
fn the_code_of_a_waiting_step_runs_once() {
    let mut run = TestRun::of(workflow([waits("approve", &["done"])])).start();
    run.send("go");
    assert_eq!(run.step("approve").attempts(), 1);
}

#[test]
fn what_comes_early_is_kept() {
    let mut run = TestRun::of(one_after_the_other()).start();
    assert_eq!(run.send_with("go", 7), Delivery::Kept);
    assert!(run.is_waiting());
    run.send("stop");
    run.assert_completed();
    assert_eq!(run.step("second").result(), Some(7));
}

#[test]
fn what_is_not_expected_is_refused_and_changes_nothing() {
    let mut run = TestRun::of(one_after_the_other()).start();
    let before = run.story();
    let refusal = run.try_send("never");
    assert!(matches!(refusal, Err(Refusal::NotExpected { .. })), "{refusal:?}");
    let unknown = run.try_send(Sending::of("go").to("third"));
    assert!(matches!(unknown, Err(Refusal::UnknownStep { .. })), "{unknown:?}");
    assert_eq!(run.story(), before);

    run.send("go");
    run.send("stop");
    let status = InstanceStatus::Completed;
    assert_eq!(run.try_send("go"), Err(Refusal::Terminal { status }));
}

#[test]
fn where_several_wait_the_step_must_be_named() {
    let mut run = TestRun::of(two_at_once()).start();
    let refusal = run.try_send("go");
    assert!(matches!(refusal, Err(Refusal::Ambiguous { .. })), "{refusal:?}");
    run.send(Sending::of("go").to("right"));
    assert_eq!(run.path(), ["fork.ok", "right.go"]);
    let delivery = run.send("go");
    assert_eq!(delivery, Delivery::Taken { by: "left".into() });
    run.assert_completed();
}

#[test]
fn the_same_id_is_the_same_event() {
    let mut run = TestRun::of(two_at_once()).start();
    let event = Sending::of("go").to("left").id("mail-7");
    assert_ne!(run.send(event.clone()), Delivery::Repeated);
    assert_eq!(run.send(event), Delivery::Repeated);
    assert!(run.is_waiting());
}

#[test]
fn a_wait_ends_when_its_time_is_up_and_not_before() {
    let mut run = TestRun::of(workflow([
        waits_an_hour("approve", &["expire"]),
        passes("expire", &["done"]),
    ]))
    .start();
    assert_eq!(run.next_timer(), Some(seconds(3600)));
    run.advance(Duration::from_millis(3_599_999));
    assert!(run.is_waiting());
    run.advance(Duration::from_millis(1));
    run.assert_completed();
    assert_eq!(run.path(), ["approve.timeout", "expire.ok"]);
    assert_eq!(run.elapsed(), seconds(3600));
    assert_eq!(run.next_timer(), None);
}

#[test]
fn a_wait_of_no_time_is_over_at_once() {
    let wait = step("nap", |_| Ok(Outcome::wait_at_most(Duration::ZERO))).accepts("timeout", &["done"]);
    TestRun::of(workflow([wait])).start().assert_completed();
}

#[test]
fn an_event_in_time_clears_the_timer() {
    let mut run = TestRun::of(workflow([waits_an_hour("approve", &["done"])])).start();
    run.advance(seconds(3599));
    run.send("go");
    run.advance(seconds(10_000));
    assert_eq!(run.path(), ["approve.go"]);
    assert_eq!(run.elapsed(), seconds(13_599), "time passes after the end too");
}

/// The one who is due first ends first, though it began last; the steps behind it begin at that time.
#[test]
fn timers_fire_in_their_order() {
    let nap = |name, length, next: &'static str| {
        step(name, move |_| Ok(Outcome::wait_at_most(seconds(length)))).accepts("timeout", &[next])
    };
    let mut run = TestRun::of(workflow([
        passes("fork", &["long", "short"]),
        nap("long", 60, "done"),
        nap("short", 10, "again"),
        nap("again", 20, "done"),
    ]))
    .start();
    run.advance(seconds(1_000));
    run.assert_completed();
    assert_eq!(
        run.path(),
        ["fork.ok", "short.timeout", "again.timeout", "long.timeout"]
    );
    let times: Vec<String> = run
        .story()
        .lines()
        .filter(|line| line.contains("by its timer"))
        .map(|line| line[..3].to_owned())
        .collect();
    assert_eq!(times, ["10s", "30s", "1m "]);
}

#[test]
fn it_steps_from_timer_to_timer() {
    let mut run = TestRun::of(workflow([waits_an_hour("approve", &["done"])])).start();
    assert_eq!(run.advance_to_next_timer(), Some(seconds(3600)));
    assert_eq!(run.advance_to_next_timer(), None);
    run.assert_completed();
}

#[test]
fn the_deadline_of_the_instance_ends_it() {
    let flow = workflow([waits("approve", &["done"])]).deadline(seconds(60));
    let mut run = TestRun::of(flow).start();
    run.advance(seconds(59));
    run.assert_waiting();
    run.advance(seconds(1));
    run.assert_failed(FailureKind::Deadline);
}

#[test]
fn a_scheduled_timeout_wakes_the_step() {
    let flow = workflow([
        step("first", |_| Ok(Outcome::wait())).accepts("stop", &["second"]),
        waits_an_hour("second", &["done"]),
    ]);
    let mut run = TestRun::of(flow).start();
    run.schedule_resume("second", seconds(5));
    run.advance(seconds(6));
    run.send("stop");
    run.assert_completed();
    assert_eq!(run.path(), ["first.stop", "second.timeout"]);
}

#[test]
fn cancelling_runs_the_clean_up_step_which_reads_everything() {
    let mut flow = workflow([
        step("reserve", |_| super::ends_with("ok", 7)).emits("ok", &["approve"]),
        waits_an_hour("approve", &["done"]),
        step("undo", |ctx| {
            let reserved: Option<u32> = ctx.result("reserve")?;
            super::ends_with("ok", reserved.unwrap_or_default())
        }),
    ]);
    flow.steps[2].emits.push("ok");
    flow.on_cancel = Some("undo");
    let mut run = TestRun::of(flow).start();
    run.cancel("the customer called");
    run.assert_cancelled();
    assert_eq!(run.step("undo").result(), Some(7));
    assert_eq!(run.next_timer(), None);
}

#[test]
fn without_a_clean_up_step_cancelling_just_ends_it() {
    let mut run = TestRun::of(two_at_once()).start();
    run.cancel("enough");
    assert!(run.is_cancelled());
    assert_eq!(run.path(), ["fork.ok"]);
}
