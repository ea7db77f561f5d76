//! Attempts: begun on durable ground only, repeated for a reason only, with one key for each step.

use hephaestus_core::InstanceId;
use hephaestus_ledger::{Expect, Observation, Violation};

use crate::story::{Story, step};

fn after(story: &Story, name: &str, attempt: u32, outcome: u64) -> Vec<Violation> {
    vec![Violation::AttemptAfterOutcome {
        instance: story.instance,
        step: step(name),
        attempt,
        outcome,
    }]
}

#[test]
fn an_attempt_begins_after_the_outcome_was_durable() {
    let story = Story::clean();
    // Its step has ended, has failed and will be tried again, waits, is dead, was stopped for good.
    for (known, name, attempt, outcome) in [
        (2, "first", 1, 2),
        (4, "left", 1, 4),
        (5, "left", 1, 5),
        (17, "left", 2, 16),
        (18, "ask", 1, 18),
        (2, "never", 1, 2),
        (23, "last", 1, 23),
        (26, "tidy", 1, 24),
    ] {
        let seen = [
            story.until(known).journal(),
            story.attempt(name, attempt),
            story.journal(),
        ];
        let found = story.finish(seen, Expect::AllEnded);
        assert_eq!(
            found,
            after(&story, name, attempt, outcome),
            "{name} after {known}"
        );
    }
}

#[test]
fn an_attempt_begins_after_a_later_one() {
    let story = Story::clean();
    let seen = [
        story.attempt("left", 2),
        story.attempt("left", 1),
        story.journal(),
    ];
    assert_eq!(story.finish(seen, Expect::AllEnded), after(&story, "left", 1, 0));
}

#[test]
fn an_attempt_begins_while_the_instance_has_failed() {
    let story = Story::clean();
    // Entry 14 stopped `left`, entry 15 brings it back: between them nothing runs.
    let seen = [
        story.until(14).journal(),
        story.attempt("left", 2),
        story.until(14).journal(),
    ];
    let found = story.finish(seen, Expect::AllEnded);
    assert_eq!(found, after(&story, "left", 2, 14));
    let seen = [
        story.until(14).journal(),
        story.attempt("left", 2),
        story.journal(),
    ];
    assert_eq!(story.finish(seen, Expect::AllEnded), []);
}

#[test]
fn an_attempt_begins_on_no_ground() {
    let story = Story::clean();
    let unfounded = |name, attempt| {
        vec![Violation::AttemptUnfounded {
            instance: story.instance,
            step: step(name),
            attempt,
        }]
    };
    for (name, attempt) in [("sleep", 1), ("left", 3)] {
        let seen = [
            story.attempt(name, attempt),
            story.until(5).journal(),
            story.journal(),
        ];
        assert_eq!(story.finish(seen, Expect::AllEnded), unfounded(name, attempt));
    }
    // What makes it ready may have become durable since the last look.
    let seen = [
        story.until(5).journal(),
        story.attempt("sleep", 1),
        story.journal(),
    ];
    assert_eq!(story.finish(seen, Expect::AllEnded), []);
}

#[test]
fn an_attempt_is_repeated_without_a_reason() {
    let story = Story::clean();
    let repeated = |name, attempt, began, explained| {
        [Violation::AttemptRepeated {
            instance: story.instance,
            step: step(name),
            attempt,
            began,
            explained,
        }]
    };
    let times = |name, attempt, count| {
        let mut seen = vec![story.attempt(name, attempt); count];
        seen.extend([story.journal(), story.journal()]);
        story.finish(seen, Expect::AllEnded)
    };
    assert_eq!(times("ask", 1, 1), []);
    assert_eq!(times("ask", 1, 2), repeated("ask", 1, 2, 1));
    // Lost with a host once.
    assert_eq!(times("right", 1, 2), []);
    assert_eq!(times("right", 1, 3), repeated("right", 1, 3, 2));
    // Lost with a host, and stopped and retried.
    assert_eq!(times("left", 2, 3), []);
    assert_eq!(times("left", 2, 4), repeated("left", 2, 4, 3));
}

#[test]
fn a_step_has_two_keys() {
    let story = Story::clean();
    let with_key = |name: &str, key| Observation::Attempt {
        instance: story.instance,
        step: step(name),
        attempt: 1,
        key,
    };
    let seen = [with_key("right", "a"), with_key("right", "b"), story.journal()];
    let changed = Violation::KeyChanged {
        instance: story.instance,
        step: step("right"),
        first: "a".to_owned(),
        second: "b".to_owned(),
    };
    assert_eq!(story.finish(seen, Expect::AllEnded), [changed]);
}

#[test]
fn two_steps_share_a_key() {
    let story = Story::clean();
    let other: InstanceId = "01890000-0000-7000-8000-000000000002".parse().unwrap();
    for (instance, name) in [(story.instance, "left"), (other, "right")] {
        let with_key = |instance, name: &str| Observation::Attempt {
            instance,
            step: step(name),
            attempt: 1,
            key: "a",
        };
        let seen = [
            with_key(story.instance, "right"),
            with_key(instance, name),
            story.journal(),
        ];
        let shared = Violation::KeyShared {
            key: "a".to_owned(),
            first: (story.instance, step("right")),
            second: (instance, step(name)),
        };
        assert!(story.finish(seen, Expect::AllEnded).contains(&shared));
    }
}
