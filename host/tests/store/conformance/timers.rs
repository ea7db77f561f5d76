//! Timers are set, cleared, and found when they are due.

use hephaestus_core::Timestamp;
use hephaestus_core::engine::InstanceStatus;

use super::{due, due_timer};
use crate::support::{Draft, Subject, timer};

conformance!(
    timers_are_due_in_order,
    timers_are_set_again_and_cleared,
    next_timer_looks_ahead,
    the_end_of_time_is_a_time,
);

async fn next(subject: &Subject, after: u64) -> Option<u64> {
    let next = subject.store.next_timer(Timestamp(after)).await;
    next.expect("the store works").map(|due| due.0)
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
