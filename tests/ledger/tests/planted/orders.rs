//! Starts and orders: acknowledged, and lost.

use hephaestus_core::InstanceId;
use hephaestus_ledger::{Checker, Expect, Observation, Order, Violation};

use crate::story::{Story, json, step};
use crate::whole;

fn absent(instance: InstanceId) -> Observation<'static> {
    Observation::Journal {
        instance,
        entries: vec![],
    }
}

#[test]
fn an_acknowledged_start_is_lost() {
    let story = Story::clean();
    let instance = story.instance;
    let lost = [Violation::StartLost { instance }];
    let started = Observation::Started {
        instance,
        request: None,
    };
    // The store was asked, or never.
    assert_eq!(
        story.finish([started.clone(), absent(instance)], Expect::AllEnded),
        lost
    );
    assert_eq!(story.finish([started], Expect::AllEnded), lost);
    let attempt = story.attempt("first", 1);
    let unfounded = Violation::AttemptUnfounded {
        instance,
        step: step("first"),
        attempt: 1,
    };
    assert_eq!(story.finish([attempt], Expect::AllEnded), [unfounded]);
}

#[test]
fn a_request_is_answered_with_two_instances() {
    let story = Story::clean();
    let second: InstanceId = "01890000-0000-7000-8000-000000000002".parse().unwrap();
    let started = |instance| Observation::Started {
        instance,
        request: Some("r1".parse().unwrap()),
    };
    let mut checker = Checker::new();
    for seen in [started(story.instance), started(story.instance), started(second)] {
        checker.observe(seen);
    }
    let twice = Violation::RequestStartedTwice {
        request: "r1".parse().unwrap(),
        first: story.instance,
        second,
    };
    assert_eq!(checker.violations(), [twice]);
}

#[test]
fn an_instance_does_not_end() {
    let story = Story::clean();
    let instance = story.instance;
    let not_ended = |version, steps: &[&str]| {
        [Violation::NotEnded {
            instance,
            version,
            steps: steps.iter().map(|name| step(name)).collect(),
        }]
    };
    assert_eq!(story.until(2).found(), not_ended(2, &["left", "right"]));
    let waits = Expect::MayWait {
        overdue_before: hephaestus_core::Timestamp(0),
    };
    let found = story.finish([story.until(2).journal()], waits);
    assert_eq!(found, not_ended(2, &["left", "right"]));
    assert_eq!(story.finish([story.until(18).journal()], waits), []);
}

#[test]
fn an_acknowledged_order_is_lost() {
    let story = Story::clean();
    let instance = story.instance;
    let ordered = |order| Observation::Ordered { instance, order };
    let lost = |order| Violation::OrderLost { instance, order };
    // Cancelled in entry 23; retried in entry 15, once.
    let short = story.until(22);
    let waits = Expect::MayWait {
        overdue_before: hephaestus_core::Timestamp(0),
    };
    let found = story.finish([ordered(Order::Cancel), short.journal()], waits);
    assert_eq!(found[0], lost(Order::Cancel));
    let retries = [ordered(Order::Retry), ordered(Order::Retry), story.journal()];
    assert_eq!(story.finish(retries, Expect::AllEnded), [lost(Order::Retry)]);
}

#[test]
fn an_acknowledged_checkpoint_is_lost() {
    let story = Story::clean();
    let saved = |value| Observation::Saved {
        instance: story.instance,
        step: step("right"),
        value: json(value),
    };
    let seen = [saved(r#"{"page":7}"#), saved(r#"{"page":8}"#), story.journal()];
    let lost = Violation::CheckpointLost {
        instance: story.instance,
        step: step("right"),
    };
    assert_eq!(story.finish(seen, Expect::AllEnded), [lost]);
}

#[test]
fn a_deleted_instance_comes_back() {
    let story = Story::clean();
    let instance = story.instance;
    let deleted = Observation::Deleted { instance };
    let mut seen = whole(&story);
    seen.extend([story.journal(), deleted.clone(), absent(instance)]);
    assert_eq!(story.finish(seen, Expect::AllEnded), []);
    let found = story.finish([deleted, story.journal()], Expect::AllEnded);
    assert_eq!(found, [Violation::CameBack { instance }]);
}

#[test]
fn the_request_of_a_deleted_instance_may_start_another_one() {
    let story = Story::clean();
    let second: InstanceId = "01890000-0000-7000-8000-000000000002".parse().unwrap();
    let started = |instance| Observation::Started {
        instance,
        request: Some("r1".parse().unwrap()),
    };
    let mut checker = Checker::new();
    let instance = story.instance;
    for seen in [
        started(instance),
        Observation::Deleting { instance },
        started(second),
    ] {
        checker.observe(seen);
    }
    assert_eq!(checker.violations(), []);
}

#[test]
fn an_instance_may_be_gone_once_its_deletion_is_ordered() {
    let story = Story::clean();
    let instance = story.instance;
    let deleting = Observation::Deleting { instance };
    let seen = [
        story.journal(),
        deleting.clone(),
        story.journal(),
        absent(instance),
    ];
    assert_eq!(story.finish(seen, Expect::AllEnded), []);
    // Once it was seen to be gone, it stays so.
    let seen = [story.journal(), deleting, absent(instance), story.journal()];
    assert_eq!(
        story.finish(seen, Expect::AllEnded),
        [Violation::CameBack { instance }]
    );
}
