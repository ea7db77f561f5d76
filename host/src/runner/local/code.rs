//! Code that was loaded, by digest: compiled and proven once in the life of the runner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use hephaestus_core::Digest;
use tokio::sync::OnceCell;

use super::{Shared, lock};
use crate::runner::{LoadError, LoadedWorkflow, StepExecutor};
use crate::store::StoreError;

/// Loaded code. Grows with the number of deployed versions that are in use.
#[derive(Debug, Default)]
pub(super) struct CodeCache {
    cells: Mutex<HashMap<Digest, Arc<OnceCell<LoadedWorkflow>>>>,
}

/// Code is not to be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodeError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CodeCache {
    /// The code of this digest, from the store if it wasn't loaded yet.
    pub(super) async fn get(&self, shared: &Shared, digest: Digest) -> Result<LoadedWorkflow, CodeError> {
        let cell = self.cell(digest);
        let load = || async {
            let component = shared.store.component(digest).await?;
            let component = component.ok_or_else(|| StoreError::Damaged {
                reason: format!("the component {digest} is missing"),
            })?;
            Ok(shared.executor.load(digest, &component).await?)
        };
        cell.get_or_try_init(load).await.cloned()
    }

    /// The code of these bytes.
    pub(super) async fn load(
        &self,
        executor: &dyn StepExecutor,
        digest: Digest,
        component: &[u8],
    ) -> Result<LoadedWorkflow, LoadError> {
        let cell = self.cell(digest);
        cell.get_or_try_init(|| executor.load(digest, component))
            .await
            .cloned()
    }

    fn cell(&self, digest: Digest) -> Arc<OnceCell<LoadedWorkflow>> {
        Arc::clone(lock(&self.cells).entry(digest).or_default())
    }
}
