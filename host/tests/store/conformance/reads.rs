//! What was written is found again: by query, and letter by letter.

use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{Json, Timestamp};
use hephaestus_host::store::{Page, Query};

use super::{all, journal, query};
use crate::support::{Draft, Subject, digest, instance_id};

conformance!(
    an_empty_store_has_nothing,
    queries_filter,
    queries_page,
    summaries_follow_the_status,
    payloads_come_back_as_they_were,
    large_payloads_fit,
    close_can_be_repeated,
);

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

async fn an_empty_store_has_nothing(subject: Subject) {
    let store = &subject.store;
    let orders = "orders".parse().expect("a workflow name");
    assert_eq!(store.journal(instance_id(1)).await.unwrap(), None);
    assert_eq!(store.summary(instance_id(1)).await.unwrap(), None);
    assert_eq!(store.query(all()).await.unwrap(), Page::default());
    assert_eq!(Page::default().last(), None);
    assert_eq!(
        store.due_timers(Timestamp(u64::MAX), usize::MAX).await.unwrap(),
        []
    );
    assert_eq!(store.next_timer(Timestamp(0)).await.unwrap(), None);
    assert_eq!(store.versions(None).await.unwrap(), []);
    assert_eq!(store.versions(Some(&orders)).await.unwrap(), []);
    assert_eq!(store.component(digest(1)).await.unwrap(), None);
}

async fn queries_filter(subject: Subject) {
    const ANY: &[InstanceStatus] = &[];
    const WAITING: &[InstanceStatus] = &[InstanceStatus::Waiting];
    const TWICE: &[InstanceStatus] = &[InstanceStatus::Waiting, InstanceStatus::Waiting];
    const PENDING: &[InstanceStatus] = &[InstanceStatus::Pending];
    const ACTIVE: &[InstanceStatus] = &[
        InstanceStatus::Waiting,
        InstanceStatus::Running,
        InstanceStatus::Pending,
    ];
    crowd(&subject).await;
    // An empty text is no condition.
    for (workflow, business_id, statuses, expected) in [
        ("", "", ANY, &[6, 5, 4, 3, 2, 1][..]),
        ("orders", "", ANY, &[6, 3, 2, 1]),
        ("none", "", ANY, &[]),
        ("", "orderid::a", ANY, &[6, 4, 2, 1]),
        ("", "orderid::z", ANY, &[]),
        ("", "", WAITING, &[5, 3]),
        ("", "", TWICE, &[5, 3]),
        ("", "", ACTIVE, &[6, 5, 4, 3]),
        ("", "", PENDING, &[]),
        ("orders", "", ACTIVE, &[6, 3]),
        ("orders", "orderid::a", ANY, &[6, 2, 1]),
        ("", "orderid::a", ACTIVE, &[6, 4]),
        ("orders", "orderid::a", ACTIVE, &[6]),
    ] {
        let conditions = Query {
            workflow: (!workflow.is_empty()).then(|| workflow.parse().unwrap()),
            business_id: (!business_id.is_empty()).then(|| business_id.parse().unwrap()),
            statuses: statuses.to_vec(),
            ..all()
        };
        let expected: Vec<_> = expected.iter().copied().map(instance_id).collect();
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
        assert_eq!(
            (page.summaries, page.damaged),
            (vec![draft.summary.clone()], Vec::new())
        );
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

async fn close_can_be_repeated(subject: Subject) {
    subject.commit(Draft::new(1).create()).await;
    subject.store.close().await.unwrap();
    subject.store.close().await.unwrap();
}
