//! Steps: one join, one outcome for each attempt, one end.

use hephaestus_ledger::Violation;

use crate::story::{Story, step};

#[test]
fn a_step_ends_twice() {
    let story = Story::clean();
    let again = story.with(
        18,
        r#"{"step_completed":{"step":"left","attempt":2,"event":"ok","cause":"emitted"}}"#,
    );
    let twice = Violation::StepEndedTwice {
        instance: story.instance,
        step: step("left"),
        first: 16,
        second: 18,
    };
    assert_eq!(again.found(), [twice]);
    let failed = story.with(
        18,
        r#"{"step_failed":{"step":"left","attempt":2,"failure":{"kind":"trap","message":""}}}"#,
    );
    assert!(matches!(
        failed.found()[0],
        Violation::StepEndedTwice {
            first: 16,
            second: 18,
            ..
        }
    ));
}

#[test]
fn a_retried_step_may_fail_and_end() {
    // `right` does, in the clean story; without the retry it ends twice.
    let story = Story::clean().without(15);
    let found = story.found();
    let is_found = |wanted: fn(&Violation) -> bool| found.iter().any(wanted);
    assert!(
        is_found(|it| matches!(it, Violation::EntryAfterEnd { end: 14, seq: 15, .. })),
        "{found:?}"
    );
    let ended = |it: &Violation| {
        matches!(
            it,
            Violation::StepEndedTwice {
                first: 12,
                second: 16,
                ..
            }
        )
    };
    assert!(is_found(ended), "{found:?}");
}

#[test]
fn an_attempt_has_two_outcomes() {
    let story = Story::clean();
    let waits = story.with(19, r#"{"step_waiting":{"step":"ask","attempt":1}}"#);
    let twice = |step_name, attempt, first, second| Violation::OutcomeTwice {
        instance: story.instance,
        step: step(step_name),
        attempt,
        first,
        second,
    };
    assert_eq!(waits.found(), [twice("ask", 1, 18, 19)]);
    let late = story.with(
        6,
        r#"{"attempt_failed":{"step":"left","attempt":1,"failure":{"kind":"trap","message":""},
            "retry":{"number":9,"due":2000,"purpose":{"retry":"left"}}}}"#,
    );
    assert_eq!(late.found()[0], twice("left", 1, 4, 6));
}

#[test]
fn a_join_fires_twice() {
    let story = Story::clean();
    let twice = |name, first, second| {
        [Violation::JoinFiredTwice {
            instance: story.instance,
            step: step(name),
            first,
            second,
        }]
    };
    let advances = |advance: &str| {
        let mut changed = story.clone();
        let text = serde_json::to_string(&story.entries[15]).unwrap();
        let text = text.replace(
            r#""cause":"emitted""#,
            &format!(r#""cause":"emitted","advance":{advance}"#),
        );
        changed.entries[15] = serde_json::from_str(&text).unwrap();
        changed
    };
    // Ready by two steps, dead by one and ready by the other, dead twice.
    assert_eq!(advances(r#"{"ready":["ask"]}"#).found(), twice("ask", 16, 17));
    assert_eq!(advances(r#"{"dead":["ask"]}"#).found(), twice("ask", 16, 17));
    assert_eq!(advances(r#"{"dead":["never"]}"#).found(), twice("never", 2, 16));
    // Ready again after it ended: what follows is nonsense too.
    assert_eq!(
        advances(r#"{"ready":["first"]}"#).found()[0],
        twice("first", 1, 16)[0]
    );
}

#[test]
fn records_do_not_fit() {
    let story = Story::clean();
    let ended = |status: &str| format!(r#"{{"ended":{{"status":"{status}"}}}}"#);
    for (seq, text) in [
        (
            3,
            r#"{"created":{"instance":"01890000-0000-7000-8000-000000000001","workflow":"test","version":1,"digest":"sha256:0707070707070707070707070707070707070707070707070707070707070707","business_id":"test::abc123","initial":{},"start":"other"}}"#,
        ),
        (3, r#"{"step_ready":{"step":"left","attempt":1}}"#),
        (
            3,
            r#"{"step_completed":{"step":"nobody","attempt":1,"event":"ok","cause":"emitted"}}"#,
        ),
        (3, r#"{"checkpoint_saved":{"step":"left","attempt":2,"value":1}}"#),
        (5, r#"{"checkpoint_saved":{"step":"left","attempt":1,"value":1}}"#),
        (5, r#"{"attempts_lost":{"steps":["left"]}}"#),
        (7, r#"{"attempts_lost":{"steps":["left"],"uncounted":["right"]}}"#),
        // Nothing of it was lost; another attempt; a step that isn't ready; after an operator's retry.
        (3, r#"{"attempt_began":{"step":"left","attempt":1}}"#),
        (7, r#"{"attempt_began":{"step":"left","attempt":1}}"#),
        (7, r#"{"attempt_began":{"step":"ask","attempt":1}}"#),
        (16, r#"{"attempt_began":{"step":"left","attempt":2}}"#),
        (5, r#"{"retried":{}}"#),
        (16, r#"{"retried":{}}"#),
        // Active steps that are not stopped.
        (24, ended("failed").as_str()),
        // And one that isn't active but stopped.
        (3, r#"{"cancelling":{"stopped":["never"],"cleanup":"tidy"}}"#),
    ] {
        let found = story.with(seq, text).found();
        let misfit = u64::try_from(seq).unwrap();
        let is_misfit = |it: &Violation| matches!(it, Violation::Misfit { seq, .. } if *seq == misfit);
        assert!(found.iter().any(is_misfit), "{text}: {found:?}");
    }
}
