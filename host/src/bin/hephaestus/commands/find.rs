//! From what an operator typed to the instance that is meant.

use std::collections::BTreeSet;

use hephaestus_host::InstanceError;
use hephaestus_host::core::{BusinessId, BusinessKeyName, InstanceId, WorkflowName};
use hephaestus_host::runner::InstanceRef;
use hephaestus_host::runner::local::resolve;
use hephaestus_host::store::{Query, Store, StoreError};

use crate::error::CommandError;
use crate::resolved::{IdPrefix, InstanceName, Target};
use crate::usage::UsageError;

/// So many instances are named when a name is ambiguous.
const MAX_NAMED: usize = 10;

/// Finds the one instance that is meant.
pub(super) async fn find(store: &dyn Store, target: &Target) -> Result<InstanceId, CommandError> {
    let name = &target.name;
    // An id is nobody else's, even if somebody is called by it.
    if let Some(id) = name.id
        && exists(store, id).await?
    {
        return Ok(id);
    }
    let mut found = BTreeSet::new();
    if let Some(prefix) = &name.prefix {
        found.extend(beginning(store, prefix).await?);
    }
    for business_id in business_ids(store, name).await? {
        found.extend(called(store, business_id).await?);
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(instance), None) => Ok(instance),
        (None, _) => Err(unknown(target).into()),
        (Some(one), Some(other)) => {
            let all: Vec<_> = [one, other].into_iter().chain(found).collect();
            Err(ambiguous(store, target, &all).await.into())
        }
    }
}

/// Whether it is there. One whose summary is damaged is.
async fn exists(store: &dyn Store, id: InstanceId) -> Result<bool, StoreError> {
    match store.summary(id).await {
        Ok(summary) => Ok(summary.is_some()),
        Err(StoreError::Damaged { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

async fn beginning(store: &dyn Store, prefix: &IdPrefix) -> Result<Vec<InstanceId>, StoreError> {
    let query = Query {
        before: prefix.end(),
        limit: MAX_NAMED,
        ..Query::default()
    };
    let mut instances = store.query(query).await?.instances();
    instances.retain(|instance| prefix.begins(*instance));
    Ok(instances)
}

/// Those that the name may be: itself; or, of a mere value, one for each key that instances have.
async fn business_ids(store: &dyn Store, name: &InstanceName) -> Result<Vec<BusinessId>, StoreError> {
    let mut ids: Vec<_> = name.business_id.iter().cloned().collect();
    if let Some(value) = &name.value {
        let keys = keys(store).await?;
        ids.extend(keys.into_iter().map(|key| BusinessId {
            key,
            value: value.clone(),
        }));
    }
    Ok(ids)
}

/// The business keys of the workflows that have instances: that of the newest of each.
async fn keys(store: &dyn Store) -> Result<BTreeSet<BusinessKeyName>, StoreError> {
    let versions = store.versions(None).await?;
    let workflows: BTreeSet<_> = versions.into_iter().map(|version| version.workflow).collect();
    let mut keys = BTreeSet::new();
    for workflow in workflows {
        keys.extend(key(store, workflow).await?);
    }
    Ok(keys)
}

/// That of the newest instance that can be read.
async fn key(store: &dyn Store, workflow: WorkflowName) -> Result<Option<BusinessKeyName>, StoreError> {
    let mut query = Query {
        workflow: Some(workflow),
        limit: 1,
        ..Query::default()
    };
    loop {
        let page = store.query(query.clone()).await?;
        query.before = page.instances().last().copied();
        let newest = page.summaries.into_iter().next();
        if newest.is_some() || query.before.is_none() {
            return Ok(newest.map(|summary| summary.business_id.key));
        }
    }
}

/// The instances that the name may mean: one, or none; several, if active ones share it.
async fn called(store: &dyn Store, business_id: BusinessId) -> Result<Vec<InstanceId>, InstanceError> {
    match resolve(store, &InstanceRef::Business(business_id)).await {
        Ok(instance) => Ok(vec![instance]),
        Err(InstanceError::UnknownInstance(_)) => Ok(Vec::new()),
        Err(InstanceError::AmbiguousInstance { instances, .. }) => Ok(instances),
        Err(error) => Err(error),
    }
}

fn unknown(target: &Target) -> UsageError {
    UsageError::new(
        "INSTANCE",
        format!(
            "`{}`, and no instance in {} is called so",
            target.name.text, target.store
        ),
        "an instance id or its first digits, a business id like `orderid::a1`, or the value of one",
        format!("`{}` shows which there are", target.invocation.command(&["list"])),
    )
}

async fn ambiguous(store: &dyn Store, target: &Target, instances: &[InstanceId]) -> UsageError {
    let mut names = Vec::new();
    for instance in instances.iter().take(MAX_NAMED) {
        let summary = store.summary(*instance).await.ok().flatten();
        names.push(match summary {
            Some(summary) => format!("{instance} ({}, {})", summary.business_id, summary.status),
            None => instance.to_string(),
        });
    }
    if instances.len() > MAX_NAMED {
        names.push("…".to_owned());
    }
    UsageError::new(
        "INSTANCE",
        format!(
            "`{}`, which may be several instances: {}",
            target.name.text,
            names.join(", ")
        ),
        "a name for one",
        "say the id of the one that you mean",
    )
}
