//! Journals: what was durable stays as it is.

use hephaestus_core::Timestamp;
use hephaestus_ledger::{Expect, Observation, Violation};

use crate::story::Story;

#[test]
fn an_entry_changes() {
    let story = Story::clean();
    let instance = story.instance;
    // Entry 16 is the outcome of `left`; the last look is at an instance that has ended, or hasn't.
    for length in [20, 26] {
        let before = story.until(length);
        let after = before.at(16, 3001);
        let changed = Violation::EntryChanged {
            instance,
            seq: 16,
            was: (length == 20).then(|| Box::new(before.entries[15].clone())),
            now: Box::new(after.entries[15].clone()),
        };
        let found = story.finish([before.journal(), after.journal()], Expect::AllEnded);
        assert_eq!(found, [changed]);
    }
}

#[test]
fn a_recorded_result_changes() {
    let story = Story::clean();
    let before = story.until(2);
    let mut after = before.clone();
    let text = serde_json::to_string(&before.entries[1])
        .unwrap()
        .replace("[1,2]", "[1,3]");
    after.entries[1] = serde_json::from_str(&text).unwrap();
    let found = story.finish([before.journal(), after.journal()], Expect::AllEnded);
    assert!(
        matches!(&found[..], [Violation::EntryChanged { seq: 2, .. }]),
        "{found:?}"
    );
}

#[test]
fn entries_vanish() {
    let story = Story::clean();
    let instance = story.instance;
    for (now, seen) in [
        (25, story.until(25).journal()),
        (
            0,
            Observation::Journal {
                instance,
                entries: vec![],
            },
        ),
    ] {
        let found = story.finish([story.journal(), seen], Expect::AllEnded);
        assert_eq!(
            found,
            [Violation::JournalShrunk {
                instance,
                was: 26,
                now
            }]
        );
    }
}

#[test]
fn entries_are_missing_in_between() {
    let story = Story::clean();
    let instance = story.instance;
    let mut holed = story.clone();
    holed.entries.remove(9);
    let gap = |after, found| {
        [Violation::Gap {
            instance,
            after,
            found,
        }]
    };
    assert_eq!(holed.found(), gap(9, 11));
    let seen = [story.until(5).journal(), story.part(6..26)];
    assert_eq!(story.finish(seen, Expect::AllEnded), gap(5, 7));
    let mut doubled = story.clone();
    doubled.entries.insert(9, story.entries[9].clone());
    assert_eq!(doubled.found(), gap(10, 10));
}

#[test]
fn something_happens_after_the_end() {
    let story = Story::clean();
    let late = story.with(27, r#"{"attempts_lost":{"steps":[]}}"#);
    let after_end = Violation::EntryAfterEnd {
        instance: story.instance,
        end: 26,
        seq: 27,
    };
    assert_eq!(late.found(), [after_end]);
}

#[test]
fn the_journal_is_of_another_instance() {
    let mut story = Story::clean();
    story.instance = "01890000-0000-7000-8000-000000000002".parse().unwrap();
    let found = story.found();
    assert!(
        matches!(&found[..], [Violation::Misfit { seq: 1, .. }]),
        "{found:?}"
    );
}

#[test]
fn it_does_not_begin_at_the_beginning() {
    let story = Story::clean().without(1);
    let found = story.found();
    assert!(matches!(found[0], Violation::Misfit { seq: 1, .. }), "{found:?}");
}

#[test]
fn what_has_changed_is_not_looked_at_again() {
    let story = Story::clean();
    let changed = story.at(4, 7);
    let seen = [story.journal(), changed.journal(), changed.at(5, 8).journal()];
    let found = story.finish(
        seen,
        Expect::MayWait {
            overdue_before: Timestamp(0),
        },
    );
    assert!(
        matches!(&found[..], [Violation::EntryChanged { seq: 4, .. }]),
        "{found:?}"
    );
}
