//! Events: acknowledged ones are there, and each is settled once.

use hephaestus_ledger::{Expect, Observation, Violation};

use crate::story::{Story, event_id};

#[test]
fn an_acknowledged_event_is_lost() {
    let story = Story::clean();
    let instance = story.instance;
    let sent = Observation::Sent {
        instance,
        event_id: event_id("e3"),
    };
    let lost = [Violation::EventLost {
        instance,
        event_id: event_id("e3"),
    }];
    assert_eq!(
        story.finish([sent.clone(), story.journal()], Expect::AllEnded),
        lost
    );
    // It is asked for at the next look, and said once.
    let seen = [
        story.until(4).journal(),
        sent,
        story.until(5).journal(),
        story.journal(),
    ];
    assert_eq!(story.finish(seen, Expect::AllEnded), lost);
}

#[test]
fn an_event_is_neither_consumed_nor_undelivered() {
    let story = Story::clean();
    let unsettled = |id| Violation::EventUnsettled {
        instance: story.instance,
        event_id: event_id(id),
    };
    // Entry 25 says that nobody took `e2`.
    assert_eq!(story.without(25).found(), [unsettled("e2")]);
    // One that was undelivered, came back by the retry, and was forgotten.
    let mut forgotten = story.clone();
    let text = serde_json::to_string(&story.entries[18]).unwrap();
    let text = text.replace(r#"{"sent":"e1"}"#, r#"{"sent":"e2"}"#);
    forgotten.entries[18] = serde_json::from_str(&text).unwrap();
    assert!(forgotten.found().contains(&unsettled("e1")));
}

#[test]
fn an_event_is_settled_twice() {
    let story = Story::clean();
    let twice = |id, first, second| {
        [Violation::EventSettledTwice {
            instance: story.instance,
            event_id: event_id(id),
            first,
            second,
        }]
    };
    let undelivered = |id: &str| format!(r#"{{"event_undelivered":{{"event_id":"{id}"}}}}"#);
    // Consumed and undelivered; undelivered twice.
    assert_eq!(story.with(20, &undelivered("e1")).found(), twice("e1", 19, 20));
    assert_eq!(story.with(26, &undelivered("e2")).found(), twice("e2", 25, 26));
    let consumed = story.with(
        22,
        r#"{"step_completed":{"step":"sleep","attempt":1,"event":"approved","cause":{"sent":"e1"},"advance":{"ready":["last"]}}}"#,
    );
    assert_eq!(
        consumed
            .without(21)
            .without(20)
            .with(20, r#"{"step_waiting":{"step":"sleep","attempt":1}}"#)
            .found(),
        twice("e1", 19, 21)
    );
}

#[test]
fn an_event_is_accepted_twice() {
    let story = Story::clean();
    let again = story.with(19, r#"{"event_accepted":{"event_id":"e1","event":"approved"}}"#);
    let twice = Violation::EventAcceptedTwice {
        instance: story.instance,
        event_id: event_id("e1"),
        first: 10,
        second: 19,
    };
    assert_eq!(again.found(), [twice]);
}

#[test]
fn an_event_comes_from_nowhere() {
    // It ends a wait, and was never accepted.
    let story = Story::clean().without(10);
    let found = story.found();
    assert!(
        found.iter().all(|it| matches!(it, Violation::Misfit { .. })) && !found.is_empty(),
        "{found:?}"
    );
}
