//! From what a caller names to an instance.

use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{BusinessId, InstanceId};

use crate::runner::{InstanceError, InstanceRef};
use crate::store::{Query, Store};

/// How many instances an ambiguous name lists, at most.
const MAX_LISTED: usize = 20;

/// The instance that `target` means in a store, with or without a runner: it exists.
pub async fn resolve(store: &dyn Store, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
    let found = match target {
        InstanceRef::Id(instance) => store.summary(*instance).await?.map(|summary| summary.instance),
        InstanceRef::Business(business_id) => named(store, business_id).await?,
    };
    found.ok_or_else(|| InstanceError::UnknownInstance(target.clone()))
}

/// The active instance of that name, else the newest.
async fn named(store: &dyn Store, business_id: &BusinessId) -> Result<Option<InstanceId>, InstanceError> {
    let active = Query {
        business_id: Some(business_id.clone()),
        statuses: vec![
            InstanceStatus::Pending,
            InstanceStatus::Running,
            InstanceStatus::Waiting,
        ],
        limit: MAX_LISTED,
        ..Query::default()
    };
    let newest = Query {
        statuses: Vec::new(),
        limit: 1,
        ..active.clone()
    };
    // One whose summary is damaged has the name as well, and may be the one that is meant.
    let active = store.query(active).await?.instances();
    if active.len() > 1 {
        return Err(InstanceError::AmbiguousInstance {
            business_id: business_id.clone(),
            instances: active,
        });
    }
    match active.first() {
        Some(instance) => Ok(Some(*instance)),
        None => Ok(store.query(newest).await?.instances().first().copied()),
    }
}
