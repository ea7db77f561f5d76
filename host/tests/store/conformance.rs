//! The promises of `Store`: one suite for all backends, with and without a committer in front of them.

use hephaestus_core::engine::{JournalEntry, Summary, Timer};
use hephaestus_core::{InstanceId, TimerId, Timestamp};
use hephaestus_host::store::{DueTimer, Query};

use crate::support::{Draft, Subject};

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

mod deployments;
mod keys;
mod reads;
mod removal;
mod timers;
mod writes;

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
    assert_eq!(page.damaged, []);
    page.summaries.iter().map(|summary| summary.instance).collect()
}

async fn due(subject: &Subject, until: u64, limit: usize) -> Vec<DueTimer> {
    let due = subject.store.due_timers(Timestamp(until), limit).await;
    due.expect("the store works")
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
