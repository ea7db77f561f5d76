//! What makes an instance the only one: unique keys and request ids.

use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::WriteAnswer;

use super::{all, query, summary};
use crate::support::{Draft, Subject, instance_id};

conformance!(
    a_held_key_is_already_active,
    a_key_is_free_when_its_instance_ended,
    a_retry_takes_its_key_again,
    a_repeated_request_is_seen_first,
);

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
