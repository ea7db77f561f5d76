//! What was running when the last host ended runs again. Waiting instances stay parked: their timers and events wake
//! them. One that can't be recovered is named in the log and holds up no other.

use std::sync::Arc;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::InstanceStatus;
use tokio::task::JoinSet;

use super::mailbox::{Verb, ask};
use super::{Phase, Shared};
use crate::runner::InstanceError;
use crate::store::{DamagedSummary, Page, Query, StoreError};

/// Which instances a host executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// All that are active in the store: those that were running go on, timers fire.
    #[default]
    All,
    /// Only those that are started, resumed or [activated](super::LocalRunner::activate) through this host. For
    /// one-shot commands.
    Activated,
}

/// Activates all instances that were running, a page at a time. The work is proportional to their number, whatever
/// else is stored.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut before = None;
    loop {
        let query = Query {
            statuses: vec![InstanceStatus::Pending, InstanceStatus::Running],
            before,
            limit: shared.limits.page,
            ..Query::default()
        };
        let Some(page) = read(&shared, query).await else {
            return;
        };
        let Some(last) = page.last() else { return };
        before = Some(last);
        for DamagedSummary { instance, reason } in &page.damaged {
            tracing::error!(%instance, reason, "an instance can't be recovered: its summary is damaged");
        }
        let mut activations = JoinSet::new();
        for summary in page.summaries {
            let shared = Arc::clone(&shared);
            activations.spawn(async move { activate(&shared, summary.instance).await });
        }
        while activations.join_next().await.is_some() {}
    }
}

/// A page, as soon as the store allows it. `None`: the runner ends before, or the store is damaged.
async fn read(shared: &Shared, query: Query) -> Option<Page> {
    for failures in 1.. {
        match shared.store.query(query.clone()).await {
            Ok(page) => return Some(page),
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Unknown { .. })) => {
                tracing::warn!(%error, failures, "instances can't be recovered now");
            }
            Err(error) => {
                tracing::error!(%error, "instances can't be recovered");
                return None;
            }
        }
        if !pause(shared, failures).await {
            return None;
        }
    }
    None
}

/// Activates one instance as soon as the store allows it.
pub(super) async fn activate(shared: &Arc<Shared>, instance: InstanceId) {
    for failures in 1.. {
        match ask(shared, instance, Verb::Activate).await {
            Err(InstanceError::Store(StoreError::Unavailable { .. } | StoreError::Unknown { .. })) => {}
            // Whatever else is wrong with it was logged where it was found.
            Ok(_) | Err(_) => return,
        }
        if !pause(shared, failures).await {
            return;
        }
    }
}

/// Whether to go on, after a pause.
async fn pause(shared: &Shared, failures: u32) -> bool {
    let mut phase = shared.phase.subscribe();
    tokio::select! {
        biased;
        _ = phase.wait_for(|phase| *phase != Phase::Open) => false,
        () = shared.sleep(shared.limits.pause(failures)) => true,
    }
}
