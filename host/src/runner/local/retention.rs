//! Removes instances that ended long ago, in small batches between which everybody else has their turn.
//!
//! Only the store decides what is removed (terminal instances, and code that nobody needs); this decides when.

use std::sync::Arc;
use std::time::Duration;

use super::{Phase, Shared};
use crate::store::{Purged, StoreError};

/// How many journal entries a batch removes at most: some milliseconds, for which commits wait.
const BATCH_ENTRIES: usize = 1_000;

/// The pause between two batches.
const BREATH: Duration = Duration::from_millis(20);

/// How often to look for what has become old enough; less often than an instance is kept.
const SHORTEST_PERIOD: Duration = Duration::from_secs(1);
const LONGEST_PERIOD: Duration = Duration::from_secs(60);

/// Until the runner ends: removes what ended longer ago than `keep`.
pub(super) async fn run(shared: Arc<Shared>, keep: Duration) {
    let period = (keep / 10).clamp(SHORTEST_PERIOD, LONGEST_PERIOD);
    let mut failures = 0;
    loop {
        let pause = match sweep(&shared, keep).await {
            Ok(()) => {
                failures = 0;
                period
            }
            Err(StoreError::Closed) => return,
            // That is said; it is tried again.
            Err(error) if error.is_passing() => {
                failures += 1;
                shared.limits.pause(failures)
            }
            Err(error) => {
                tracing::error!(%error, "old instances can't be removed");
                period
            }
        };
        if !sleep(&shared, pause).await {
            return;
        }
    }
}

/// Removes all that is old enough now.
async fn sweep(shared: &Shared, keep: Duration) -> Result<(), StoreError> {
    let ended_before = shared.clock.now().before(keep);
    let mut total = Purged::default();
    let outcome = loop {
        let purged = shared.store.purge(ended_before, BATCH_ENTRIES).await;
        shared.health.wrote(&*shared.clock, None, &purged);
        match purged {
            Ok(purged) => {
                total.instances += purged.instances;
                total.entries += purged.entries;
                total.components += purged.components;
                if !purged.is_more || !sleep(shared, BREATH).await {
                    break Ok(());
                }
            }
            Err(error) => break Err(error),
        }
    };
    if total.instances > 0 || total.components > 0 {
        let Purged {
            instances,
            entries,
            components,
            ..
        } = total;
        tracing::info!(
            instances,
            entries,
            components,
            ?keep,
            "removed instances that ended longer ago"
        );
    }
    outcome
}

/// `false`: the runner begins to end.
async fn sleep(shared: &Shared, duration: Duration) -> bool {
    tokio::select! {
        biased;
        () = shared.phase.reached(Phase::Draining) => false,
        () = shared.sleep(duration) => true,
    }
}
