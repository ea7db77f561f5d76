//! Tests of the fold over the journal.

use hephaestus_host::core::engine::EndStatus;
use hephaestus_host::core::engine::Record;

use super::*;
use crate::output::fixtures::{self, Journal, completed, created, ended, step, waits};

fn find<'a>(timeline: &'a Timeline, name: &str) -> &'a StepReport {
    timeline
        .steps
        .iter()
        .find(|found| found.step.as_str() == name)
        .expect("the step began")
}

#[test]
fn steps_come_in_the_order_in_which_they_began_and_done_is_not_shown() {
    let timeline = Timeline::of(&fixtures::completed_order());
    let names: Vec<&str> = timeline.steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(names, ["validate", "reserve", "charge", "approve", "ship"]);
    let dead: Vec<&str> = timeline.dead.iter().map(StepRef::as_str).collect();
    assert_eq!(dead, ["reject", "refund", "release"]);
}

#[test]
fn attempts_that_failed_or_were_lost_are_counted() {
    let timeline = Timeline::of(&fixtures::completed_order());
    let ship = find(&timeline, "ship");
    assert_eq!((ship.attempts, ship.lost, ship.failures.len()), (3, 1, 1));
    assert_eq!(ship.ran, Duration::from_micros(1_100 + 2_000));
    assert_eq!(ship.failures[0].pause, Some(Duration::from_millis(200)));
    assert_eq!(ship.status, StepStatus::Completed);
}

#[test]
fn a_wait_counts_until_it_ends() {
    let waiting = Timeline::of(&fixtures::waiting_order());
    let approve = find(&waiting, "approve");
    assert_eq!((approve.status, approve.waited), (StepStatus::Waiting, None));
    assert_eq!(approve.waiting_since, Some(Timestamp(fixtures::START.0 + 8)));

    let completed = Timeline::of(&fixtures::completed_order());
    let approve = find(&completed, "approve");
    assert_eq!(
        (approve.attempts, approve.waited),
        (1, Some(Duration::from_millis(3_100)))
    );
    assert!(!approve.timed_out);
}

#[test]
fn a_timer_that_ends_a_wait_is_told_apart() {
    let history = Journal::default()
        .at(0, created())
        .at(1, waits("validate", 50))
        .at(
            51,
            fixtures::resumed("validate", "timeout", Cause::Timer(1), &["done"], &[]),
        )
        .entries();
    let timeline = Timeline::of(&history);
    assert!(find(&timeline, "validate").timed_out);
    assert_eq!(
        find(&timeline, "validate").waited,
        Some(Duration::from_millis(50))
    );
}

#[test]
fn siblings_are_stopped_and_go_on_after_a_retry() {
    let history = Journal::default()
        .at(0, created())
        .at(
            1,
            completed("validate", "valid", 10, None, &["reserve", "approve"], &[]),
        )
        .at(2, waits("approve", 1_000))
        .at(12, ended(EndStatus::Failed, None, &["reserve", "approve"]));
    let timeline = Timeline::of(&history.entries);
    assert_eq!(find(&timeline, "reserve").status, StepStatus::Stopped);
    assert_eq!(find(&timeline, "approve").status, StepStatus::Stopped);
    assert_eq!(find(&timeline, "approve").waited, Some(Duration::from_millis(10)));

    let retried = Record::Retried {
        ready: vec![step("reserve")],
        resumed: vec![step("approve")],
        events: Vec::new(),
    };
    let timeline = Timeline::of(&history.at(20, retried).entries());
    assert_eq!(find(&timeline, "reserve").status, StepStatus::Ready);
    assert_eq!(find(&timeline, "approve").status, StepStatus::Waiting);
}
