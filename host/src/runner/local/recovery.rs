//! What was running when the last host ended runs again. Waiting instances stay parked: their timers and events wake
//! them. One that can't be recovered is named in the log and holds up no other.

use std::sync::Arc;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::InstanceStatus;
use tokio::task::JoinSet;

use super::mailbox::{Verb, ask};
use super::{Phase, Shared};
use crate::runner::InstanceError;
use crate::store::{DamagedSummary, Page, Query};

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
/// else is stored. Those that the host can't load now are tried again when all others had their turn.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut before = None;
    let mut left = Vec::new();
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
        let Some(last) = page.last() else { break };
        before = Some(last);
        for DamagedSummary { instance, reason } in &page.damaged {
            tracing::error!(%instance, reason, "an instance can't be recovered: its summary is damaged");
        }
        let instances = page.summaries.iter().map(|summary| summary.instance);
        left.extend(activate_all(&shared, instances).await);
    }
    for failures in 1.. {
        if left.is_empty() || !pause(&shared, failures).await {
            return;
        }
        let mut still_left = Vec::new();
        for some in left.chunks(shared.limits.page) {
            still_left.extend(activate_all(&shared, some.iter().copied()).await);
        }
        left = still_left;
    }
}

/// Tries it once, with all at the same time; answers with which it may work later.
async fn activate_all(shared: &Arc<Shared>, instances: impl Iterator<Item = InstanceId>) -> Vec<InstanceId> {
    let mut activations = JoinSet::new();
    for instance in instances {
        let shared = Arc::clone(shared);
        activations.spawn(async move { (!is_settled(&shared, instance).await).then_some(instance) });
    }
    let mut left = Vec::new();
    while let Some(answer) = activations.join_next().await {
        left.extend(answer.ok().flatten());
    }
    left
}

/// A page, as soon as the store allows it. `None`: the runner ends before, or the store is damaged.
async fn read(shared: &Shared, query: Query) -> Option<Page> {
    for failures in 1.. {
        let page = shared.store.query(query.clone()).await;
        shared.health.read(&*shared.clock, None, &page);
        match page {
            Ok(page) => return Some(page),
            // That is said; it is tried again.
            Err(error) if error.is_passing() => {}
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

/// Activates one instance as soon as store and host allow it.
pub(super) async fn activate(shared: &Arc<Shared>, instance: InstanceId) {
    for failures in 1.. {
        if is_settled(shared, instance).await || !pause(shared, failures).await {
            return;
        }
    }
}

/// Tries to activate one instance. `false`: it may work later.
async fn is_settled(shared: &Arc<Shared>, instance: InstanceId) -> bool {
    match ask(shared, instance, Verb::Activate).await {
        Err(InstanceError::Store(error)) => !error.is_passing(),
        Err(InstanceError::Load(error)) => !error.is_passing(),
        // Whatever else is wrong with it was logged where it was found.
        Ok(_) | Err(_) => true,
    }
}

/// Whether to go on, after a pause.
async fn pause(shared: &Shared, failures: u32) -> bool {
    tokio::select! {
        biased;
        () = shared.phase.reached(Phase::Draining) => false,
        () = shared.sleep(shared.limits.pause(failures)) => true,
    }
}
