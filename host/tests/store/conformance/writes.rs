//! Create and append: versions, batches, and many writers at once.

use std::sync::Arc;

use hephaestus_core::engine::{Change, InstanceStatus};
use hephaestus_host::store::{StoreError, Write, WriteAnswer};

use super::{all, due, due_timer, journal, query, summary};
use crate::support::{Draft, Subject, instance_id, timer};

conformance!(
    a_created_instance_is_found,
    an_append_extends_the_journal,
    another_version_is_a_conflict,
    an_existing_instance_is_not_created_again,
    a_refused_write_changes_nothing,
    neighbours_are_independent,
    later_writes_see_earlier_ones,
    malformed_writes_are_refused,
    an_empty_batch_is_fine,
    writers_at_once_agree,
);

async fn write_rounds(subject: &Subject, mut own: Draft, mut contested: Draft, rounds: u64) {
    subject.commit(own.create()).await;
    for _ in 0..rounds {
        subject.commit(own.append()).await;
        loop {
            let mut attempt = contested.clone();
            match subject.write_one(attempt.append()).await {
                WriteAnswer::Committed => break contested = attempt,
                WriteAnswer::Conflict { found: Some(_) } => {
                    contested.summary = summary(subject, contested.id()).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

async fn a_created_instance_is_found(subject: Subject) {
    let mut draft = Draft::new(1);
    let write = draft.create();
    let entries = write.change().entries.clone();
    subject.commit(write).await;
    assert_eq!(journal(&subject, draft.id()).await, entries);
    assert_eq!(summary(&subject, draft.id()).await, draft.summary);
    assert_eq!(subject.version_of(instance_id(2)).await, None);
}

async fn an_append_extends_the_journal(subject: Subject) {
    let mut draft = Draft::new(1);
    let writes = vec![
        draft.create(),
        draft.append(),
        draft.append_many(3),
        draft.append(),
    ];
    let entries: Vec<_> = writes
        .iter()
        .flat_map(|write| write.change().entries.clone())
        .collect();
    for write in writes {
        subject.commit(write).await;
    }
    assert_eq!(entries.len(), 6);
    assert_eq!(journal(&subject, draft.id()).await, entries);
    assert_eq!(summary(&subject, draft.id()).await, draft.summary);
}

async fn another_version_is_a_conflict(subject: Subject) {
    let mut draft = Draft::new(1);
    let conflict = |found| WriteAnswer::Conflict { found };
    let mut unknown = draft.clone();
    unknown.create();
    assert_eq!(subject.write_one(unknown.append()).await, conflict(None));

    subject.commit(draft.create()).await;
    let mut behind = draft.clone();
    subject.commit(draft.append()).await;
    let mut ahead = draft.clone();
    ahead.append();
    assert_eq!(subject.write_one(behind.append()).await, conflict(Some(2)));
    assert_eq!(subject.write_one(ahead.append()).await, conflict(Some(2)));
    assert_eq!(subject.version_of(draft.id()).await, Some(2));
}

async fn an_existing_instance_is_not_created_again(subject: Subject) {
    let mut draft = Draft::new(1);
    let again = draft.create();
    subject.commit(again.clone()).await;
    let conflict = WriteAnswer::Conflict { found: Some(1) };
    assert_eq!(subject.write_one(again).await, conflict);
    let mut other = Draft::new(1).business("other");
    assert_eq!(subject.write_one(other.create()).await, conflict);
    assert_eq!(summary(&subject, draft.id()).await, draft.summary);
}

async fn a_refused_write_changes_nothing(subject: Subject) {
    let mut held = Draft::new(1).business("abc123");
    held.sets(&[timer(1, 100)]);
    subject.commit(held.create()).await;
    let before = journal(&subject, held.id()).await;

    let mut refused = Draft::new(2).business("abc123");
    refused.sets(&[timer(1, 50)]);
    let answer = subject.write_one(refused.create_for("request 1")).await;
    assert!(matches!(answer, WriteAnswer::AlreadyActive { .. }), "{answer:?}");
    let mut behind = held.clone();
    subject.commit(held.append()).await;
    behind.sets(&[timer(2, 60)]).clears(&[1]);
    let answer = subject.write_one(behind.become_(InstanceStatus::Completed)).await;
    assert_eq!(answer, WriteAnswer::Conflict { found: Some(2) });

    assert_eq!(journal(&subject, held.id()).await[..1], before[..]);
    assert_eq!(summary(&subject, held.id()).await, held.summary);
    assert_eq!(
        due(&subject, u64::MAX, 9).await,
        [due_timer(&held, &timer(1, 100))]
    );
    // The refused create didn't use up its request id.
    subject.commit(Draft::new(3).create_for("request 1")).await;
}

async fn neighbours_are_independent(subject: Subject) {
    let mut held = Draft::new(1).business("abc123");
    subject.commit(held.create_for("request 1")).await;
    let mut behind = held.clone();
    subject.commit(held.append()).await;
    let mut good = Draft::new(2);
    let answers = subject
        .write(vec![
            good.create(),
            Draft::new(3).business("abc123").create(),
            good.append(),
            behind.append(),
            held.append(),
            Draft::new(4).create_for("request 1"),
            Draft::new(5).create(),
        ])
        .await;
    let mut at_the_time = held.clone();
    at_the_time.summary = summary(&subject, held.id()).await;
    assert_eq!(at_the_time.summary, held.summary);
    let [first, second, third, fourth, fifth, sixth, seventh] = answers.try_into().expect("one each");
    for committed in [first, third, fifth, seventh] {
        assert_eq!(committed, WriteAnswer::Committed);
    }
    assert!(matches!(second, WriteAnswer::AlreadyActive { .. }), "{second:?}");
    assert_eq!(fourth, WriteAnswer::Conflict { found: Some(2) });
    assert_eq!(sixth, WriteAnswer::RepeatedRequest { instance: held.id() });
    assert_eq!(subject.version_of(held.id()).await, Some(3));
    assert_eq!(query(&subject, all()).await, [5, 2, 1].map(instance_id));
}

async fn later_writes_see_earlier_ones(subject: Subject) {
    let mut first = Draft::new(1).business("abc123");
    let mut second = Draft::new(2).business("abc123");
    let mut third = Draft::new(3).business("abc123");
    let created = first.create_for("request 1");
    let holder = Box::new(first.summary.clone());
    let answers = subject
        .write(vec![
            created,
            second.clone().create(),
            third.create_for("request 1"),
            first.append(),
            first.become_(InstanceStatus::Completed),
            second.create(),
            second.append(),
        ])
        .await;
    let committed = || WriteAnswer::Committed;
    let expected = [
        committed(),
        WriteAnswer::AlreadyActive { holder },
        WriteAnswer::RepeatedRequest { instance: first.id() },
        committed(),
        committed(),
        committed(),
        committed(),
    ];
    assert_eq!(answers, expected);
    assert_eq!(subject.version_of(first.id()).await, Some(3));
    assert_eq!(subject.version_of(second.id()).await, Some(2));
}

async fn malformed_writes_are_refused(subject: Subject) {
    let mut draft = Draft::new(1);
    subject.commit(draft.create()).await;
    let good = draft.clone().append_many(2);
    let broken = |breaks: fn(&mut Write)| {
        let mut write = good.clone();
        breaks(&mut write);
        write
    };
    fn change(write: &mut Write) -> &mut Change {
        match write {
            Write::Create { change, .. } | Write::Append { change, .. } => change,
        }
    }
    for (write, reason) in [
        (broken(|write| change(write).entries.clear()), "no entries"),
        (
            broken(|write| change(write).entries[1].seq = 2),
            "entry 2 follows entry 2",
        ),
        (
            broken(|write| change(write).entries[0].seq = 3),
            "entry 3 follows entry 1",
        ),
        (
            broken(|write| change(write).summary.version = 9),
            "the summary has version 9, the last entry is 3",
        ),
        (
            broken(|write| change(write).summary.instance = instance_id(7)),
            "the summary is of instance",
        ),
        (
            Write::Create {
                change: good.change().clone(),
                request_id: None,
            },
            "entry 2 follows entry 0",
        ),
    ] {
        match subject.try_write(vec![write]).await {
            Err(StoreError::Malformed { reason: found }) => assert!(found.contains(reason), "{found}"),
            other => panic!("expected {reason:?}, found {other:?}"),
        }
    }
    assert_eq!(subject.version_of(draft.id()).await, Some(1));
    subject.commit(good).await;
}

async fn an_empty_batch_is_fine(subject: Subject) {
    assert_eq!(subject.store.write(Vec::new()).await.unwrap(), []);
}

/// Eight writers, each with an instance of its own and all with one that they fight for.
async fn writers_at_once_agree(subject: Subject) {
    const WRITERS: u64 = 8;
    const ROUNDS: u64 = 20;
    let subject = Arc::new(subject);
    let mut contested = Draft::new(100);
    subject.commit(contested.create()).await;
    let tasks: Vec<_> = (1..=WRITERS)
        .map(|n| {
            let (subject, contested) = (Arc::clone(&subject), contested.clone());
            tokio::spawn(async move { write_rounds(&subject, Draft::new(n), contested, ROUNDS).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer ends well");
    }
    for n in 1..=WRITERS {
        assert_eq!(subject.version_of(instance_id(n)).await, Some(1 + ROUNDS));
    }
    assert_eq!(
        subject.version_of(contested.id()).await,
        Some(1 + WRITERS * ROUNDS)
    );
}
