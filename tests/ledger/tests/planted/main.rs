//! Each kind of broken promise is planted into a story that breaks none, and found.
//!
//! The story is `clean.jsonl`: a journal with every kind of record, whose entries are numbered here.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod attempts;
mod events;
mod journals;
mod orders;
mod steps;
mod story;
mod timers;

use hephaestus_core::Timestamp;
use hephaestus_ledger::{Expect, Observation, Order, Violation};

use story::{Story, event_id, json, timer};

/// Everything that was acknowledged of the clean story, and seen of it.
fn whole(story: &Story) -> Vec<Observation<'static>> {
    let instance = story.instance;
    let mut seen = vec![
        Observation::Started {
            instance,
            request: Some("r1".parse().unwrap()),
        },
        Observation::Sent {
            instance,
            event_id: event_id("e1"),
        },
        Observation::Sent {
            instance,
            event_id: event_id("e2"),
        },
        Observation::Scheduled {
            timer: timer(instance, 3),
            not_before: Timestamp(2005),
        },
        Observation::TimerCancelled {
            timer: timer(instance, 4),
        },
        Observation::Saved {
            instance,
            step: "right".parse().unwrap(),
            value: json(r#"{"page":7}"#),
        },
    ];
    for order in [Order::Retry, Order::Cancel] {
        seen.push(Observation::Ordered { instance, order });
    }
    for (step, attempt) in [
        ("first", 1),
        ("left", 1),
        ("right", 1),
        ("left", 2),
        // Lost with a host, and stopped by the end of the instance.
        ("right", 1),
        ("left", 2),
        ("left", 2),
        ("right", 2),
        ("ask", 1),
        ("sleep", 1),
        ("last", 1),
        ("tidy", 1),
    ] {
        seen.push(story.attempt(step, attempt));
    }
    seen
}

#[test]
fn nothing_is_found_in_a_clean_story() {
    let story = Story::clean();
    let mut checker = hephaestus_ledger::Checker::new();
    whole(&story).into_iter().for_each(|seen| checker.observe(seen));
    for _ in 0..3 {
        checker.observe(story.journal());
    }
    let report = checker.finish(Expect::AllEnded);
    assert_eq!(report.violations, []);
    let figures = report.figures;
    assert_eq!((figures.instances, figures.starts, figures.events), (1, 1, 2));
    assert_eq!(
        (figures.timers, figures.timers_cancelled, figures.orders),
        (1, 1, 2)
    );
    assert_eq!(
        (figures.attempts, figures.attempts_repeated, figures.saves),
        (12, 3, 1)
    );
    assert_eq!((figures.journals, figures.entries, figures.ends), (3, 26, 2));
    assert_eq!((figures.losses, figures.retries, figures.timers_due), (1, 1, 3));
    assert_eq!((figures.events_consumed, figures.events_undelivered), (1, 2));
    assert_eq!(figures.steps_ready, 7);
}

#[test]
fn nothing_is_found_however_a_clean_story_is_looked_at() {
    let story = Story::clean();
    let mut checker = hephaestus_ledger::Checker::new();
    for length in 1..=story.entries.len() {
        // From the beginning, what is new only, and something in between.
        let from = [0, length - 1, length / 2][length % 3];
        checker.observe(story.part(from..length));
    }
    assert_eq!(checker.finish(Expect::AllEnded).violations, []);
}

#[test]
fn a_clean_story_may_wait() {
    let story = Story::clean().until(20);
    let may_wait = |overdue_before| {
        let expect = Expect::MayWait {
            overdue_before: Timestamp(overdue_before),
        };
        story.finish([story.journal()], expect)
    };
    assert_eq!(may_wait(3100), []);
    let overdue = Violation::TimerOverdue {
        timer: timer(story.instance, 5),
        due: Timestamp(3100),
    };
    assert_eq!(may_wait(3101), [overdue]);
}

#[test]
fn messages_are_sentences() {
    let story = Story::clean();
    let seen = [
        Observation::Started {
            instance: story.instance,
            request: None,
        },
        Observation::Sent {
            instance: story.instance,
            event_id: event_id("e9"),
        },
        story.until(19).journal(),
    ];
    let violations = story.finish(seen, Expect::AllEnded);
    let messages: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "instance 01890000-0000-7000-8000-000000000001: event `e9` was acknowledged, but isn't in the journal",
            "instance 01890000-0000-7000-8000-000000000001 has not ended: at entry 19, active steps: `sleep`",
        ]
    );
}
