//! The store that fails when told to does just that.

use std::sync::Arc;

use hephaestus_host::store::faulty::{Fault, FaultyStore};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{Store, StoreError, WriteAnswer};

use crate::support::{Draft, instance_id};

async fn is_there(store: &FaultyStore, n: u64) -> bool {
    store.summary(instance_id(n)).await.unwrap().is_some()
}

#[tokio::test]
async fn faults_strike_when_they_are_told_to() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    store.fail_write(2, Fault::Refused);
    store.fail_write(3, Fault::Lost);
    store.fail_write(4, Fault::Unacknowledged);
    let mut answers = Vec::new();
    for n in 1..=5 {
        answers.push(store.write(vec![Draft::new(n).create()]).await);
    }
    assert_eq!(answers[0], Ok(vec![WriteAnswer::Committed]));
    assert!(
        matches!(answers[1], Err(StoreError::Unavailable { .. })),
        "{answers:?}"
    );
    assert!(
        matches!(answers[2], Err(StoreError::Unknown { .. })),
        "{answers:?}"
    );
    assert!(
        matches!(answers[3], Err(StoreError::Unknown { .. })),
        "{answers:?}"
    );
    assert_eq!(answers[4], Ok(vec![WriteAnswer::Committed]));
    let mut there = Vec::new();
    for n in 1..=5 {
        there.push(is_there(&store, n).await);
    }
    assert_eq!(there, [true, false, false, true, true]);
    assert_eq!(store.writes(), 5);
}

#[tokio::test]
async fn a_store_that_is_down_comes_back() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    store.write(vec![Draft::new(1).create()]).await.unwrap();
    store.set_down(true);
    let read = store.summary(instance_id(1)).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    let write = store.write(vec![Draft::new(2).create()]).await;
    assert!(matches!(write, Err(StoreError::Unavailable { .. })), "{write:?}");
    store.set_down(false);
    assert!(is_there(&store, 1).await);
    assert!(!is_there(&store, 2).await);
}
