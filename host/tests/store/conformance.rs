//! The promises of `Store`: one suite for all backends, with and without a committer in front of them.

use std::sync::Arc;

use hephaestus_core::engine::{InstanceStatus, JournalEntry, Summary, Timer};
use hephaestus_core::{InstanceId, Json, TimerId, Timestamp};
use hephaestus_host::store::{DeployAnswer, DueTimer, Query, StoreError, Write, WriteAnswer};

use crate::support::{Draft, Subject, deployed, digest, instance_id, timer};

/// Each case, as a test of each backend.
macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        conformance!(@backend memory, Subject::memory().await, $($case),*);
        conformance!(@backend memory_committed, Subject::memory().await.committed(), $($case),*);
        conformance!(@backend sqlite, Subject::sqlite().await, $($case),*);
        conformance!(@backend sqlite_committed, Subject::sqlite().await.committed(), $($case),*);
    };
    (@backend $backend:ident, $subject:expr, $($case:ident),*) => {
        mod $backend {
            use super::Subject;
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($subject).await;
                }
            )*
        }
    };
}

conformance!(
    an_empty_store_has_nothing,
    a_created_instance_is_found,
    an_append_extends_the_journal,
    another_version_is_a_conflict,
    an_existing_instance_is_not_created_again,
    a_held_key_is_already_active,
    a_key_is_free_when_its_instance_ended,
    a_retry_takes_its_key_again,
    a_repeated_request_is_seen_first,
    a_refused_write_changes_nothing,
    neighbours_are_independent,
    later_writes_see_earlier_ones,
    malformed_writes_are_refused,
    an_empty_batch_is_fine,
    timers_are_due_in_order,
    timers_are_set_again_and_cleared,
    next_timer_looks_ahead,
    the_end_of_time_is_a_time,
    queries_filter,
    queries_page,
    summaries_follow_the_status,
    payloads_come_back_as_they_were,
    large_payloads_fit,
    versions_are_deployed_once,
    versions_share_components,
    versions_are_ordered,
    writers_at_once_agree,
    close_can_be_repeated,
);

async fn journal(subject: &Subject, instance: InstanceId) -> Vec<JournalEntry> {
    let journal = subject.store.journal(instance).await.expect("the store works");
    journal.expect("there is such an instance")
}

async fn summary(subject: &Subject, instance: InstanceId) -> Summary {
    let summary = subject.store.summary(instance).await.expect("the store works");
    summary.expect("there is such an instance")
}

async fn query(subject: &Subject, query: Query) -> Vec<InstanceId> {
    let page = subject.store.query(query).await.expect("the store works");
    page.iter().map(|summary| summary.instance).collect()
}

async fn due(subject: &Subject, until: u64, limit: usize) -> Vec<DueTimer> {
    let due = subject.store.due_timers(Timestamp(until), limit).await;
    due.expect("the store works")
}

async fn next(subject: &Subject, after: u64) -> Option<u64> {
    let next = subject.store.next_timer(Timestamp(after)).await;
    next.expect("the store works").map(|due| due.0)
}

fn due_timer(draft: &Draft, timer: &Timer) -> DueTimer {
    let id = TimerId {
        instance: draft.id(),
        number: timer.number,
    };
    DueTimer { due: timer.due, id }
}

fn all() -> Query {
    Query {
        limit: usize::MAX,
        ..Query::default()
    }
}

async fn an_empty_store_has_nothing(subject: Subject) {
    let store = &subject.store;
    let orders = "orders".parse().expect("a workflow name");
    assert_eq!(store.journal(instance_id(1)).await.unwrap(), None);
    assert_eq!(store.summary(instance_id(1)).await.unwrap(), None);
    assert_eq!(store.query(all()).await.unwrap(), []);
    assert_eq!(
        store.due_timers(Timestamp(u64::MAX), usize::MAX).await.unwrap(),
        []
    );
    assert_eq!(store.next_timer(Timestamp(0)).await.unwrap(), None);
    assert_eq!(store.versions(None).await.unwrap(), []);
    assert_eq!(store.versions(Some(&orders)).await.unwrap(), []);
    assert_eq!(store.component(digest(1)).await.unwrap(), None);
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

async fn a_held_key_is_already_active(subject: Subject) {
    let mut first = Draft::new(1).business("abc123");
    subject.commit(first.create()).await;
    subject.commit(first.append()).await;
    let answer = subject.write_one(Draft::new(2).business("abc123").create()).await;
    let holder = Box::new(first.summary.clone());
    assert_eq!(answer, WriteAnswer::AlreadyActive { holder });
    assert_eq!(subject.version_of(instance_id(2)).await, None);
    // Without a key the same name is nobody's.
    subject
        .commit(Draft::new(3).business("abc123").not_unique().create())
        .await;
    subject
        .commit(Draft::new(4).business("abc123").not_unique().create())
        .await;
}

async fn a_key_is_free_when_its_instance_ended(subject: Subject) {
    for (n, status) in [
        (1, InstanceStatus::Completed),
        (2, InstanceStatus::Failed),
        (3, InstanceStatus::Cancelled),
    ] {
        let mut draft = Draft::new(n).business("abc123");
        subject.commit(draft.create()).await;
        subject.commit(draft.become_(InstanceStatus::Waiting)).await;
        subject.commit(draft.become_(status)).await;
    }
}

async fn a_retry_takes_its_key_again(subject: Subject) {
    let mut first = Draft::new(1).business("abc123");
    subject.commit(first.create()).await;
    subject.commit(first.become_(InstanceStatus::Failed)).await;
    let failed = first.clone();
    subject.commit(first.become_(InstanceStatus::Running)).await;
    let mut second = Draft::new(2).business("abc123");
    let holder = Box::new(first.summary.clone());
    let taken = WriteAnswer::AlreadyActive { holder };
    assert_eq!(subject.write_one(second.clone().create()).await, taken);

    subject.commit(first.become_(InstanceStatus::Failed)).await;
    subject.commit(second.create()).await;
    let holder = Box::new(second.summary.clone());
    let taken = WriteAnswer::AlreadyActive { holder };
    let before = summary(&subject, first.id()).await;
    assert_eq!(
        subject.write_one(first.become_(InstanceStatus::Running)).await,
        taken
    );
    assert_eq!(summary(&subject, first.id()).await, before);

    // A conflict is seen before the key.
    let mut behind = failed;
    let conflict = WriteAnswer::Conflict { found: Some(4) };
    assert_eq!(
        subject.write_one(behind.become_(InstanceStatus::Running)).await,
        conflict
    );
}

async fn a_repeated_request_is_seen_first(subject: Subject) {
    let mut first = Draft::new(1).business("abc123");
    subject.commit(first.create_for("request 1")).await;
    let repeated = WriteAnswer::RepeatedRequest { instance: first.id() };
    // Also with the key still held, with another key, and with the same id.
    let mut same_key = Draft::new(2).business("abc123");
    assert_eq!(
        subject.write_one(same_key.create_for("request 1")).await,
        repeated
    );
    assert_eq!(
        subject.write_one(Draft::new(3).create_for("request 1")).await,
        repeated
    );
    let mut same_id = Draft::new(1).business("abc123");
    assert_eq!(subject.write_one(same_id.create_for("request 1")).await, repeated);
    // Also after its instance went on and ended.
    subject.commit(first.become_(InstanceStatus::Completed)).await;
    assert_eq!(
        subject.write_one(Draft::new(4).create_for("request 1")).await,
        repeated
    );
    // Another request is another instance.
    subject.commit(Draft::new(5).create_for("request 2")).await;
    assert_eq!(query(&subject, all()).await, [instance_id(5), instance_id(1)]);
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
    fn change(write: &mut Write) -> &mut hephaestus_core::engine::Change {
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

async fn timers_are_due_in_order(subject: Subject) {
    let (mut a, mut b) = (Draft::new(1), Draft::new(2));
    a.sets(&[timer(1, 300), timer(2, 100), timer(3, 200)]);
    b.sets(&[timer(1, 200), timer(2, 50)]);
    subject.write(vec![b.create(), a.create()]).await;
    let expected = [
        due_timer(&b, &timer(2, 50)),
        due_timer(&a, &timer(2, 100)),
        due_timer(&a, &timer(3, 200)),
        due_timer(&b, &timer(1, 200)),
        due_timer(&a, &timer(1, 300)),
    ];
    assert_eq!(due(&subject, u64::MAX, usize::MAX).await, expected);
    assert_eq!(due(&subject, u64::MAX, 2).await, expected[..2]);
    assert_eq!(
        due(&subject, 200, 9).await,
        expected[..4],
        "due at that time is due"
    );
    assert_eq!(due(&subject, 199, 9).await, expected[..2]);
    assert_eq!(due(&subject, 49, 9).await, []);
    assert_eq!(due(&subject, u64::MAX, 0).await, []);
}

async fn timers_are_set_again_and_cleared(subject: Subject) {
    let mut draft = Draft::new(1);
    let mut other = Draft::new(2);
    other.sets(&[timer(1, 500)]);
    draft.sets(&[timer(1, 100), timer(2, 200)]);
    subject.write(vec![draft.create(), other.create()]).await;
    draft.clears(&[1, 7]).sets(&[timer(3, 300)]);
    subject.commit(draft.append()).await;
    let rest = [(2, 200), (3, 300)].map(|(number, due)| due_timer(&draft, &timer(number, due)));
    let others = due_timer(&other, &timer(1, 500));
    assert_eq!(due(&subject, u64::MAX, 9).await, [rest[0], rest[1], others]);
    // A failed instance clears its timers, its retry sets them again: with the same numbers, maybe moved.
    draft.clears(&[2, 3]);
    subject.commit(draft.become_(InstanceStatus::Failed)).await;
    assert_eq!(due(&subject, u64::MAX, 9).await, [others]);
    draft.sets(&[timer(2, 200), timer(3, 600)]);
    subject.commit(draft.become_(InstanceStatus::Waiting)).await;
    draft.sets(&[timer(3, 700)]);
    subject.commit(draft.append()).await;
    let moved = due_timer(&draft, &timer(3, 700));
    assert_eq!(due(&subject, u64::MAX, 9).await, [rest[0], others, moved]);
    draft.clears(&[2]).sets(&[timer(2, 900)]);
    subject.commit(draft.append()).await;
    let set_again = due_timer(&draft, &timer(2, 900));
    assert_eq!(due(&subject, u64::MAX, 9).await, [others, moved, set_again]);
}

async fn next_timer_looks_ahead(subject: Subject) {
    let mut draft = Draft::new(1);
    draft.sets(&[timer(1, 300), timer(2, 100), timer(3, 100)]);
    subject.commit(draft.create()).await;
    assert_eq!(next(&subject, 0).await, Some(100));
    assert_eq!(next(&subject, 99).await, Some(100));
    assert_eq!(
        next(&subject, 100).await,
        Some(300),
        "what is due already is not ahead"
    );
    assert_eq!(next(&subject, 300).await, None);
    draft.clears(&[1]);
    subject.commit(draft.append()).await;
    assert_eq!(next(&subject, 100).await, None);
}

async fn the_end_of_time_is_a_time(subject: Subject) {
    let mut draft = Draft::new(1);
    draft.sets(&[timer(1, u64::MAX), timer(2, 5)]);
    subject.commit(draft.create()).await;
    let last = due_timer(&draft, &timer(1, u64::MAX));
    assert_eq!(
        due(&subject, u64::MAX, 9).await,
        [due_timer(&draft, &timer(2, 5)), last]
    );
    assert_eq!(due(&subject, 1 << 60, 9).await.len(), 1);
    assert_eq!(next(&subject, 5).await, Some(u64::MAX));
    assert_eq!(next(&subject, u64::MAX).await, None);
}

/// Six instances: two workflows, shared names, all kinds of status.
async fn crowd(subject: &Subject) {
    for (n, workflow, value, status) in [
        (1, "orders", "a", InstanceStatus::Completed),
        (2, "orders", "a", InstanceStatus::Failed),
        (3, "orders", "b", InstanceStatus::Waiting),
        (4, "bills", "a", InstanceStatus::Running),
        (5, "bills", "c", InstanceStatus::Waiting),
        (6, "orders", "a", InstanceStatus::Running),
    ] {
        let mut draft = Draft::new(n)
            .workflow(workflow)
            .business(value)
            .unique(&format!("{n}"));
        subject.commit(draft.create()).await;
        subject.commit(draft.become_(status)).await;
    }
}

async fn queries_filter(subject: Subject) {
    crowd(&subject).await;
    let orders = Some("orders".parse().unwrap());
    let name = |value: &str| Some(format!("orderid::{value}").parse().unwrap());
    let active = || {
        vec![
            InstanceStatus::Waiting,
            InstanceStatus::Running,
            InstanceStatus::Pending,
        ]
    };
    let (workflow, business_id, statuses) = (orders.clone(), name("a"), active());
    for (conditions, expected) in [
        (all(), vec![6, 5, 4, 3, 2, 1]),
        (
            Query {
                workflow: orders.clone(),
                ..all()
            },
            vec![6, 3, 2, 1],
        ),
        (
            Query {
                workflow: Some("none".parse().unwrap()),
                ..all()
            },
            vec![],
        ),
        (
            Query {
                business_id: name("a"),
                ..all()
            },
            vec![6, 4, 2, 1],
        ),
        (
            Query {
                business_id: name("z"),
                ..all()
            },
            vec![],
        ),
        (
            Query {
                statuses: vec![InstanceStatus::Waiting],
                ..all()
            },
            vec![5, 3],
        ),
        (
            Query {
                statuses: vec![InstanceStatus::Waiting; 2],
                ..all()
            },
            vec![5, 3],
        ),
        (
            Query {
                statuses: active(),
                ..all()
            },
            vec![6, 5, 4, 3],
        ),
        (
            Query {
                statuses: vec![InstanceStatus::Pending],
                ..all()
            },
            vec![],
        ),
        (
            Query {
                workflow: orders.clone(),
                statuses: active(),
                ..all()
            },
            vec![6, 3],
        ),
        (
            Query {
                workflow: orders,
                business_id: name("a"),
                ..all()
            },
            vec![6, 2, 1],
        ),
        (
            Query {
                business_id: name("a"),
                statuses: active(),
                ..all()
            },
            vec![6, 4],
        ),
        (
            Query {
                workflow,
                business_id,
                statuses,
                before: None,
                limit: 9,
            },
            vec![6],
        ),
    ] {
        let expected: Vec<_> = expected.into_iter().map(instance_id).collect();
        assert_eq!(
            query(&subject, conditions.clone()).await,
            expected,
            "{conditions:?}"
        );
    }
}

async fn queries_page(subject: Subject) {
    crowd(&subject).await;
    let bills = Some("bills".parse().unwrap());
    for (conditions, expected) in [
        (all(), vec![vec![6, 5], vec![4, 3], vec![2, 1], vec![]]),
        (
            Query {
                workflow: bills,
                ..all()
            },
            vec![vec![5, 4], vec![]],
        ),
        (
            Query {
                statuses: vec![InstanceStatus::Waiting],
                ..all()
            },
            vec![vec![5, 3], vec![]],
        ),
        (
            Query {
                business_id: "orderid::a".parse().ok(),
                ..all()
            },
            vec![vec![6, 4], vec![2, 1], vec![]],
        ),
    ] {
        let mut before = None;
        for page in expected {
            let page: Vec<_> = page.into_iter().map(instance_id).collect();
            let found = query(
                &subject,
                Query {
                    before,
                    limit: 2,
                    ..conditions.clone()
                },
            )
            .await;
            assert_eq!(found, page, "{conditions:?} before {before:?}");
            before = found.last().copied();
        }
    }
    assert_eq!(query(&subject, Query { limit: 0, ..all() }).await, []);
    let unknown = Query {
        before: Some(instance_id(u64::MAX)),
        limit: 1,
        ..all()
    };
    assert_eq!(
        query(&subject, unknown).await,
        [instance_id(6)],
        "`before` needn't exist"
    );
}

async fn summaries_follow_the_status(subject: Subject) {
    let mut draft = Draft::new(1);
    subject.commit(draft.create()).await;
    for status in [
        InstanceStatus::Waiting,
        InstanceStatus::Running,
        InstanceStatus::Failed,
        InstanceStatus::Pending,
    ] {
        subject.commit(draft.become_(status)).await;
        let of = |statuses| Query { statuses, ..all() };
        let page = subject.store.query(of(vec![status])).await.unwrap();
        assert_eq!(page, [draft.summary.clone()]);
        assert_eq!(query(&subject, of(vec![InstanceStatus::Completed])).await, []);
    }
}

async fn payloads_come_back_as_they_were(subject: Subject) {
    let deep = format!("{{\"deep\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    for (n, text) in [
        (1, r#"{"text":"Grüße, 世界 🦀 \u0000 \ud83e\udd80 \\ \" \n"}"#),
        (2, "{ \"spaces\" :\n\t[ 1 , 2 ] }"),
        (
            3,
            r#"{"big":123456789012345678901234567890,"exp":1.0e-7,"zero":-0.0,"float":1.10}"#,
        ),
        (
            4,
            r#"{"twice":1,"twice":2,"":null,"__proto__":{},"sql":"'; DROP TABLE journal; --"}"#,
        ),
        (5, deep.as_str()),
    ] {
        let mut draft = Draft::new(n);
        draft.payload(Json::parse(text).expect("JSON"));
        let writes = vec![draft.create(), draft.append()];
        let entries: Vec<_> = writes
            .iter()
            .flat_map(|write| write.change().entries.clone())
            .collect();
        subject.write(writes).await;
        assert_eq!(journal(&subject, draft.id()).await, entries, "{text}");
    }
}

async fn large_payloads_fit(subject: Subject) {
    let mut draft = Draft::new(1);
    draft.payload(Json::from(serde_json::json!({ "blob": "ü".repeat(3 << 20) })));
    let (create, append) = (draft.create(), draft.append_many(2));
    let entries = [create.change().entries.clone(), append.change().entries.clone()].concat();
    subject.write(vec![create, append, Draft::new(2).create()]).await;
    assert_eq!(journal(&subject, draft.id()).await, entries);
    assert_eq!(subject.version_of(instance_id(2)).await, Some(1));
}

async fn versions_are_deployed_once(subject: Subject) {
    let store = &subject.store;
    let code = vec![0, 1, 2, 255];
    let first = deployed("orders", 1, 7);
    assert_eq!(
        store.deploy(first.clone(), code.clone()).await.unwrap(),
        DeployAnswer::Deployed
    );
    let mut again = first.clone();
    again.deployed_at = Timestamp(9_999);
    assert_eq!(
        store.deploy(again, code.clone()).await.unwrap(),
        DeployAnswer::Unchanged
    );
    let other = deployed("orders", 1, 8);
    let refused = DeployAnswer::OtherDigest { found: digest(7) };
    assert_eq!(store.deploy(other, vec![1]).await.unwrap(), refused);
    assert_eq!(store.versions(None).await.unwrap(), [first]);
    assert_eq!(store.component(digest(7)).await.unwrap(), Some(code));
    assert_eq!(
        store.component(digest(8)).await.unwrap(),
        None,
        "the refused code isn't kept"
    );
}

async fn versions_share_components(subject: Subject) {
    let store = &subject.store;
    for version in [
        deployed("orders", 1, 7),
        deployed("orders", 2, 7),
        deployed("bills", 1, 7),
    ] {
        assert_eq!(
            store.deploy(version, vec![7; 9]).await.unwrap(),
            DeployAnswer::Deployed
        );
    }
    assert_eq!(store.component(digest(7)).await.unwrap(), Some(vec![7; 9]));
    assert_eq!(store.versions(None).await.unwrap().len(), 3);
}

async fn versions_are_ordered(subject: Subject) {
    let store = &subject.store;
    let offered = [
        ("orders", 2),
        ("bills", 1),
        ("orders", 10),
        ("orders", 1),
        ("orders-eu", 3),
        ("bills", 4),
    ];
    for (code, (workflow, version)) in (1..).zip(offered) {
        let version = deployed(workflow, version, code);
        assert_eq!(
            store.deploy(version, vec![code]).await.unwrap(),
            DeployAnswer::Deployed
        );
    }
    let listed = |versions: Vec<hephaestus_host::store::DeployedVersion>| -> Vec<(String, u32)> {
        versions
            .into_iter()
            .map(|found| (found.workflow.to_string(), found.version.0))
            .collect()
    };
    let expect = |expected: &[(&str, u32)]| -> Vec<(String, u32)> {
        expected
            .iter()
            .map(|(name, version)| ((*name).to_owned(), *version))
            .collect()
    };
    let everything = expect(&[
        ("bills", 4),
        ("bills", 1),
        ("orders", 10),
        ("orders", 2),
        ("orders", 1),
        ("orders-eu", 3),
    ]);
    assert_eq!(listed(store.versions(None).await.unwrap()), everything);
    let orders = "orders".parse().unwrap();
    assert_eq!(
        listed(store.versions(Some(&orders)).await.unwrap()),
        everything[2..5]
    );
    let none = "none".parse().unwrap();
    assert_eq!(listed(store.versions(Some(&none)).await.unwrap()), []);
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

async fn close_can_be_repeated(subject: Subject) {
    subject.commit(Draft::new(1).create()).await;
    subject.store.close().await.unwrap();
    subject.store.close().await.unwrap();
}
