//! What is removed, and what is not: one instance, those that ended long ago, code that nobody needs.

use hephaestus_core::Timestamp;
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::{DeleteAnswer, DeployAnswer, Purged, WriteAnswer};

use super::{all, due, due_timer, query};
use crate::support::{Draft, Subject, deployed, digest, instance_id, timer};

conformance!(
    an_ended_instance_is_deleted,
    an_active_instance_is_not_deleted,
    a_deleted_name_is_free,
    a_deleted_instance_is_a_conflict,
    what_ended_before_is_purged,
    a_purge_is_bounded_by_entries,
    a_retried_instance_is_not_purged,
    unneeded_code_is_removed,
    needed_code_stays,
    removed_code_comes_back_with_a_deployment,
    no_instance_is_created_without_its_code,
);

const FOREVER: Timestamp = Timestamp(u64::MAX);

async fn delete(subject: &Subject, n: u64) -> DeleteAnswer {
    subject
        .store
        .delete(instance_id(n))
        .await
        .expect("the store works")
}

async fn purge(subject: &Subject, before: Timestamp, limit: usize) -> Purged {
    subject.store.purge(before, limit).await.expect("the store works")
}

/// An instance of two entries that ended at this time.
async fn ended(subject: &Subject, mut draft: Draft, at: u64) -> Draft {
    subject.commit(draft.create()).await;
    draft.ends(InstanceStatus::Completed, at);
    subject.commit(draft.append()).await;
    draft
}

async fn deploy(subject: &Subject, version: u32, deployed_at: u64) -> DeployAnswer {
    let code = u8::try_from(version).expect("a small version");
    let mut version = deployed("orders", version, code);
    version.deployed_at = Timestamp(deployed_at);
    let answer = subject.store.deploy(version, vec![code; 10]).await;
    answer.expect("the store works")
}

/// Which of the first versions' components are there.
async fn components(subject: &Subject) -> Vec<u8> {
    let mut there = Vec::new();
    for code in 1..=9 {
        if let Some(bytes) = subject.store.component(digest(code)).await.unwrap() {
            assert_eq!(bytes, vec![code; 10]);
            there.push(code);
        }
    }
    there
}

async fn an_ended_instance_is_deleted(subject: Subject) {
    for (n, status) in [
        (1, InstanceStatus::Completed),
        (2, InstanceStatus::Failed),
        (3, InstanceStatus::Cancelled),
    ] {
        let mut draft = Draft::new(n);
        // No engine leaves a timer behind; if one was, it goes too.
        draft.sets(&[timer(1, 100)]);
        subject.commit(draft.create()).await;
        subject.commit(draft.become_(status)).await;
        assert_eq!(delete(&subject, n).await, DeleteAnswer::Deleted);
        assert_eq!(subject.version_of(instance_id(n)).await, None);
        assert_eq!(due(&subject, u64::MAX, 9).await, []);
        assert_eq!(delete(&subject, n).await, DeleteAnswer::NoSuchInstance);
    }
    assert_eq!(query(&subject, all()).await, []);
    assert_eq!(delete(&subject, 7).await, DeleteAnswer::NoSuchInstance);
}

async fn an_active_instance_is_not_deleted(subject: Subject) {
    let mut draft = Draft::new(1);
    draft.sets(&[timer(1, 100)]);
    subject.commit(draft.create()).await;
    for status in [
        InstanceStatus::Pending,
        InstanceStatus::Running,
        InstanceStatus::Waiting,
    ] {
        subject.commit(draft.become_(status)).await;
        assert_eq!(delete(&subject, 1).await, DeleteAnswer::StillActive { status });
    }
    assert_eq!(subject.version_of(draft.id()).await, Some(4));
    assert_eq!(
        due(&subject, u64::MAX, 9).await,
        [due_timer(&draft, &timer(1, 100))]
    );
}

async fn a_deleted_name_is_free(subject: Subject) {
    let mut draft = Draft::new(1).business("abc123");
    subject.commit(draft.create_for("request 1")).await;
    subject.commit(draft.become_(InstanceStatus::Failed)).await;
    assert_eq!(delete(&subject, 1).await, DeleteAnswer::Deleted);
    // The request is forgotten with its instance; so is the id.
    let mut again = Draft::new(1).business("abc123");
    subject.commit(again.create_for("request 1")).await;
    assert_eq!(subject.version_of(instance_id(1)).await, Some(1));
}

async fn a_deleted_instance_is_a_conflict(subject: Subject) {
    let mut draft = Draft::new(1);
    subject.commit(draft.create()).await;
    subject.commit(draft.become_(InstanceStatus::Failed)).await;
    assert_eq!(delete(&subject, 1).await, DeleteAnswer::Deleted);
    let answer = subject.write_one(draft.become_(InstanceStatus::Running)).await;
    assert_eq!(answer, WriteAnswer::Conflict { found: None });
    assert_eq!(subject.version_of(instance_id(1)).await, None);
}

async fn what_ended_before_is_purged(subject: Subject) {
    // They end in another order than they began.
    for (n, at) in [(1, 300), (2, 100), (3, 200), (4, 400)] {
        ended(&subject, Draft::new(n), at).await;
    }
    subject.commit(Draft::new(5).create()).await;
    assert_eq!(purge(&subject, Timestamp(100), 99).await, Purged::default());
    let expected = Purged {
        instances: 2,
        entries: 4,
        ..Purged::default()
    };
    assert_eq!(purge(&subject, Timestamp(300), 99).await, expected);
    assert_eq!(query(&subject, all()).await, [5, 4, 1].map(instance_id));
    assert_eq!(subject.version_of(instance_id(2)).await, None);
    assert_eq!(purge(&subject, Timestamp(300), 99).await, Purged::default());
    assert_eq!(purge(&subject, FOREVER, 99).await.instances, 2);
    assert_eq!(query(&subject, all()).await, [instance_id(5)]);
}

async fn a_purge_is_bounded_by_entries(subject: Subject) {
    // Those that ended together go in the order of their ids.
    for n in [3, 1, 2, 4] {
        ended(&subject, Draft::new(n), 100).await;
    }
    let batch = |instances, is_more| Purged {
        instances,
        entries: 2 * instances as u64,
        components: 0,
        is_more,
    };
    assert_eq!(
        purge(&subject, FOREVER, 1).await,
        batch(1, true),
        "at least one goes"
    );
    assert_eq!(query(&subject, all()).await, [4, 3, 2].map(instance_id));
    assert_eq!(purge(&subject, FOREVER, 5).await, batch(2, true));
    assert_eq!(query(&subject, all()).await, [instance_id(4)]);
    assert_eq!(purge(&subject, FOREVER, 0).await, batch(1, false), "0 is 1");
    assert_eq!(purge(&subject, FOREVER, 1).await, batch(0, false));
}

async fn a_retried_instance_is_not_purged(subject: Subject) {
    let mut draft = Draft::new(1);
    subject.commit(draft.create()).await;
    subject.commit(draft.become_(InstanceStatus::Failed)).await;
    subject.commit(draft.become_(InstanceStatus::Running)).await;
    assert_eq!(purge(&subject, FOREVER, 9).await, Purged::default());
    draft.ends(InstanceStatus::Failed, 500);
    subject.commit(draft.append()).await;
    // It failed again, later.
    draft.ends(InstanceStatus::Failed, 700);
    subject.commit(draft.append()).await;
    assert_eq!(purge(&subject, Timestamp(600), 9).await, Purged::default());
    assert_eq!(purge(&subject, Timestamp(701), 9).await.instances, 1);
}

async fn unneeded_code_is_removed(subject: Subject) {
    for version in [1, 2, 3] {
        deploy(&subject, version, 100 * u64::from(version)).await;
    }
    ended(&subject, Draft::new(1).version(2), 1_000).await;
    assert_eq!(components(&subject).await, [1, 2, 3]);
    // Version 1 was superseded at 200: before that it was the current one.
    assert_eq!(purge(&subject, Timestamp(200), 9).await, Purged::default());
    assert_eq!(purge(&subject, Timestamp(201), 9).await.components, 1);
    assert_eq!(components(&subject).await, [2, 3]);
    // Version 2 is needed as long as its instance is stored.
    assert_eq!(purge(&subject, Timestamp(1_000), 9).await, Purged::default());
    let both = Purged {
        instances: 1,
        entries: 2,
        components: 1,
        is_more: false,
    };
    assert_eq!(purge(&subject, Timestamp(1_001), 9).await, both);
    assert_eq!(components(&subject).await, [3]);
    // What was deployed is not forgotten.
    let versions = subject.store.versions(None).await.unwrap();
    assert_eq!(versions.len(), 3);
    let mut other = deployed("orders", 1, 8);
    other.deployed_at = Timestamp(5_000);
    let answer = subject.store.deploy(other, vec![8; 10]).await.unwrap();
    assert_eq!(answer, DeployAnswer::OtherDigest { found: digest(1) });
    assert_eq!(components(&subject).await, [3]);
}

async fn needed_code_stays(subject: Subject) {
    // The current version, of each workflow.
    deploy(&subject, 1, 100).await;
    let bills = deployed("bills", 7, 7);
    subject.store.deploy(bills, vec![7; 10]).await.unwrap();
    // Every version with a stored instance, whatever its status.
    deploy(&subject, 2, 200).await;
    subject.commit(Draft::new(1).version(1).create()).await;
    // A version that was deployed after a higher one, for those who go back to it.
    deploy(&subject, 9, 900).await;
    deploy(&subject, 5, 2_000).await;
    ended(&subject, Draft::new(2).version(2), 3_000).await;
    assert_eq!(purge(&subject, Timestamp(2_000), 99).await, Purged::default());
    assert_eq!(components(&subject).await, [1, 2, 5, 7, 9]);
    assert_eq!(purge(&subject, FOREVER, 99).await.components, 2);
    assert_eq!(components(&subject).await, [1, 7, 9]);
}

async fn removed_code_comes_back_with_a_deployment(subject: Subject) {
    deploy(&subject, 1, 100).await;
    deploy(&subject, 2, 200).await;
    assert_eq!(deploy(&subject, 1, 250).await, DeployAnswer::Unchanged);
    assert_eq!(purge(&subject, Timestamp(300), 9).await.components, 1);
    assert_eq!(components(&subject).await, [2]);
    let before = subject.store.versions(None).await.unwrap();
    assert_eq!(deploy(&subject, 1, 400).await, DeployAnswer::Restored);
    assert_eq!(components(&subject).await, [1, 2]);
    assert_eq!(
        subject.store.versions(None).await.unwrap(),
        before,
        "the first deployment's time stays"
    );
    // It isn't removed again at once.
    assert_eq!(purge(&subject, Timestamp(400), 9).await, Purged::default());
    assert_eq!(components(&subject).await, [1, 2]);
    subject.commit(Draft::new(1).version(1).create()).await;
    assert_eq!(purge(&subject, FOREVER, 9).await, Purged::default());
}

async fn no_instance_is_created_without_its_code(subject: Subject) {
    deploy(&subject, 1, 100).await;
    deploy(&subject, 2, 200).await;
    let mut held = Draft::new(1).version(2).business("abc123");
    subject.commit(held.create_for("request 1")).await;
    assert_eq!(purge(&subject, FOREVER, 9).await.components, 1);

    let mut draft = Draft::new(2).version(1);
    draft.sets(&[timer(1, 100)]);
    let gone = WriteAnswer::ComponentRemoved;
    assert_eq!(subject.write_one(draft.clone().create()).await, gone);
    assert_eq!(
        subject.write_one(draft.clone().create_for("request 2")).await,
        gone
    );
    assert_eq!(subject.version_of(instance_id(2)).await, None);
    assert_eq!(due(&subject, u64::MAX, 9).await, []);
    // Whatever else there is against it is said first.
    let answer = subject
        .write_one(Draft::new(3).version(1).create_for("request 1"))
        .await;
    assert_eq!(answer, WriteAnswer::RepeatedRequest { instance: held.id() });
    let answer = subject.write_one(Draft::new(1).version(1).create()).await;
    assert_eq!(answer, WriteAnswer::Conflict { found: Some(1) });
    let answer = subject
        .write_one(Draft::new(3).version(1).business("abc123").create())
        .await;
    assert!(matches!(answer, WriteAnswer::AlreadyActive { .. }), "{answer:?}");

    assert_eq!(deploy(&subject, 1, 400).await, DeployAnswer::Restored);
    subject.commit(draft.create_for("request 2")).await;
}
