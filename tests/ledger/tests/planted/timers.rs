//! Timers: acknowledged ones are there, come when they are due, and once.

use hephaestus_core::Timestamp;
use hephaestus_ledger::{Checker, Expect, Observation, Violation};

use crate::story::{Story, timer};

#[test]
fn an_acknowledged_timer_is_lost() {
    let story = Story::clean();
    let scheduled = |number, not_before| Observation::Scheduled {
        timer: timer(story.instance, number),
        not_before: Timestamp(not_before),
    };
    let lost = |number| {
        [Violation::TimerLost {
            timer: timer(story.instance, number),
        }]
    };
    assert_eq!(
        story.finish([scheduled(9, 0), story.journal()], Expect::AllEnded),
        lost(9)
    );
    // Timer 5 is that of a wait.
    assert_eq!(
        story.finish([scheduled(5, 0), story.journal()], Expect::AllEnded),
        lost(5)
    );
    let early = Violation::TimerDueEarly {
        timer: timer(story.instance, 3),
        due: Timestamp(2005),
        not_before: Timestamp(2006),
    };
    assert_eq!(
        story.finish([scheduled(3, 2006), story.journal()], Expect::AllEnded),
        [early]
    );
}

#[test]
fn an_acknowledged_cancellation_is_lost() {
    let story = Story::clean();
    let cancelled = |number| Observation::TimerCancelled {
        timer: timer(story.instance, number),
    };
    let lost = Violation::CancellationLost {
        timer: timer(story.instance, 3),
    };
    let seen = [cancelled(4), cancelled(3), story.journal()];
    assert_eq!(story.finish(seen, Expect::AllEnded), [lost]);
}

#[test]
fn a_timer_comes_early() {
    let story = Story::clean();
    let early = |number, due, came_at, seq| {
        [Violation::TimerEarly {
            timer: timer(story.instance, number),
            due: Timestamp(due),
            came_at: Timestamp(came_at),
            seq,
        }]
    };
    // A pause before an attempt, one that was scheduled, one of a wait.
    assert_eq!(story.at(5, 1999).found(), early(2, 2000, 1999, 5));
    assert_eq!(story.at(11, 2004).found(), early(3, 2005, 2004, 11));
    assert_eq!(story.at(21, 3099).found(), early(5, 3100, 3099, 21));
    // The deadline of the instance; a retry would end it.
    let overtime = r#"{"ended":{"status":"failed","failure":{"failure":{"kind":"deadline","message":""}},"stopped":["left","right"]}}"#;
    let deadline = story.until(9).with(10, overtime).at(10, 3_599_999);
    assert_eq!(deadline.found(), early(1, 3_600_000, 3_599_999, 10));
    assert_eq!(deadline.at(10, 3_600_000).found(), []);
}

#[test]
fn a_clock_may_jump_back_where_that_is_known() {
    let story = Story::clean().at(21, 3000);
    let mut checker = Checker::tolerating(std::time::Duration::from_millis(100));
    checker.observe(story.journal());
    assert_eq!(checker.finish(Expect::AllEnded).violations, []);
}

#[test]
fn a_timer_comes_though_it_is_over() {
    let story = Story::clean();
    let not_set = |number, seq, was| Violation::TimerNotSet {
        timer: timer(story.instance, number),
        seq,
        was,
    };
    let queued = |number: u32| format!(r#"{{"timer_queued":{{"number":{number}}}}}"#);
    let twice = story.with(12, &queued(3));
    assert_eq!(twice.found(), [not_set(3, 12, "had come due")]);
    let cancelled = story.with(12, &queued(4));
    assert_eq!(cancelled.found(), [not_set(4, 12, "had been cancelled")]);
    let nowhere = story.with(12, &queued(9));
    assert_eq!(nowhere.found(), [not_set(9, 12, "was never set")]);
    // Timer 3 died with `ask`, timer 5 was used by the end of its wait.
    let dead = story.with(20, &queued(3));
    assert_eq!(
        dead.found(),
        [not_set(3, 20, "had died with its step, its wait or its instance")]
    );
    let used = story.with(22, &queued(5));
    assert_eq!(used.found(), [not_set(5, 22, "had come and was used")]);
}

#[test]
fn timers_are_brought_back_by_a_retry() {
    // Timer 3 was queued when the instance failed: without the retry it would be dead when it ends the wait.
    let story = Story::clean();
    let by_timer = story.entries.clone();
    let mut changed = story.clone();
    let text = serde_json::to_string(&by_timer[18]).unwrap();
    let text = text.replace(r#"{"sent":"e1"}"#, r#"{"timer":3}"#);
    changed.entries[18] = serde_json::from_str(&text).unwrap();
    let changed = changed.with(25, r#"{"event_undelivered":{"event_id":"e1"}}"#);
    assert_eq!(changed.found(), []);
}

#[test]
fn a_timer_number_is_used_twice() {
    let story = Story::clean().with(
        8,
        r#"{"timer_set":{"number":3,"due":9000,"purpose":{"scheduled":"ask"}}}"#,
    );
    let found = story.found();
    assert!(matches!(found[0], Violation::Misfit { seq: 8, .. }), "{found:?}");
}

#[test]
fn a_timer_never_comes() {
    // A pause whose attempt never follows: the world may wait for it, but not beyond its time.
    let story = Story::clean();
    let stuck = story
        .until(4)
        .with(5, r#"{"step_waiting":{"step":"right","attempt":1}}"#);
    let expect = |overdue_before| Expect::MayWait {
        overdue_before: Timestamp(overdue_before),
    };
    assert_eq!(stuck.finish([stuck.journal()], expect(2000)), []);
    let overdue = Violation::TimerOverdue {
        timer: timer(story.instance, 2),
        due: Timestamp(2000),
    };
    assert_eq!(stuck.finish([stuck.journal()], expect(2001)), [overdue]);
}
