//! Code that was loaded, by digest, as long as somebody uses it: instances that have a task, or the executor's own cache,
//! whose bounds decide what else stays. Whoever comes while it is loaded waits for that, so it is loaded once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use hephaestus_core::Digest;
use hephaestus_core::definition::Workflow;

use super::{Shared, lock};
use crate::runner::{LoadError, LoadedWorkflow, StepExecutor};
use crate::store::StoreError;

/// Locked while the code is loaded.
type Cell = tokio::sync::Mutex<Weak<Workflow>>;

/// Knows the code that is in use, and holds none of it.
#[derive(Debug, Default)]
pub(super) struct CodeCache {
    cells: Mutex<HashMap<Digest, Arc<Cell>>>,
}

/// Code is not to be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodeError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the component {0} is missing")]
    NotStored(Digest),
}

impl CodeCache {
    /// The code of this digest, from the store if it isn't in use.
    pub(super) async fn get(&self, shared: &Shared, digest: Digest) -> Result<LoadedWorkflow, CodeError> {
        let load = async {
            let component = shared.store.component(digest).await?;
            let component = component.ok_or(CodeError::NotStored(digest))?;
            Ok(shared.executor.load(digest, &component).await?)
        };
        self.get_or_load(digest, load).await
    }

    /// The code of these bytes.
    pub(super) async fn load(
        &self,
        executor: &dyn StepExecutor,
        digest: Digest,
        component: &[u8],
    ) -> Result<LoadedWorkflow, LoadError> {
        self.get_or_load(digest, executor.load(digest, component)).await
    }

    async fn get_or_load<E>(
        &self,
        digest: Digest,
        load: impl Future<Output = Result<LoadedWorkflow, E>>,
    ) -> Result<LoadedWorkflow, E> {
        let cell = Arc::clone(lock(&self.cells).entry(digest).or_default());
        let mut known = cell.lock().await;
        if let Some(workflow) = known.upgrade() {
            return Ok(LoadedWorkflow { digest, workflow });
        }
        let loaded = load.await;
        if let Ok(loaded) = &loaded {
            *known = Arc::downgrade(&loaded.workflow);
        }
        drop(known);
        drop(cell);
        self.forget_unused();
        loaded
    }

    /// Forgets what nobody uses or waits for.
    fn forget_unused(&self) {
        lock(&self.cells).retain(|_, cell| match Arc::get_mut(cell) {
            Some(known) => known.get_mut().strong_count() > 0,
            None => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_refused_leaves_nothing_behind() {
        let cache = CodeCache::default();
        let refused = cache
            .get_or_load(Digest([1; 32]), async { Err::<_, &str>("no") })
            .await;
        assert!(refused.is_err());
        assert!(lock(&cache.cells).is_empty());
    }
}
