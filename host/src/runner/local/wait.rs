//! Waiting until an instance is in a certain state.

use hephaestus_core::engine::{self, InstanceState};

use super::watch::{Watch, WatchEvent};
use super::{LocalRunner, Phase};
use crate::runner::{InstanceError, InstanceRef};
use crate::store::StoreError;

impl LocalRunner {
    /// See [`Host::wait_for`](crate::Host::wait_for).
    pub async fn wait_for(
        &self,
        target: &InstanceRef,
        is_reached: impl Fn(&InstanceState) -> bool + Send + Sync,
    ) -> Result<InstanceState, InstanceError> {
        // Looked up once: a business id may name another instance later.
        let target = InstanceRef::Id(self.resolve(target).await?);
        let is_over = |state: &InstanceState| state.status().is_terminal() || is_reached(state);
        loop {
            // Entries come one by one, commits don't: only what was loaded is a state that the instance was in.
            let state = self.get(&target).await?;
            if is_over(&state) {
                return Ok(state);
            }
            let watch = self.watch(&target, state.version()).await?;
            follow(watch, state, &is_over).await?;
            if self.shared.phase.now() == Phase::Ended {
                return Err(InstanceError::ShuttingDown);
            }
        }
    }
}

/// Returns when it may be worth to look again.
async fn follow(
    mut watch: Watch,
    mut state: InstanceState,
    is_over: &(impl Fn(&InstanceState) -> bool + Sync),
) -> Result<(), InstanceError> {
    let instance = watch.instance();
    while let Some(event) = watch.next().await {
        match event {
            WatchEvent::Entry(entry) => {
                state = engine::apply(state, &entry).map_err(|damage| StoreError::Damaged {
                    reason: format!("instance {instance}: {damage}"),
                })?;
                if is_over(&state) {
                    return Ok(());
                }
            }
            WatchEvent::TaskFailed { .. } => return Err(InstanceError::TaskFailed(instance)),
            WatchEvent::AttemptStarted { .. } | WatchEvent::Output { .. } => {}
        }
    }
    Ok(())
}
