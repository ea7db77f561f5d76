//! `hephaestus store check`: does everything in it fit together?

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_host::core::Digest;
use hephaestus_host::core::definition::Workflow;
use hephaestus_host::runner::StepExecutor;
use hephaestus_host::sandbox::WasmExecutor;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::sqlite::admin::{self, CheckOptions, CheckReport};
use hephaestus_host::store::{Store, StoreError};

use super::failed;
use crate::error::CommandError;
use crate::resolved::StoreOptions;
use crate::session::Surroundings;

/// Does it.
pub(super) async fn check(
    options: &StoreOptions,
    around: &Surroundings,
) -> Result<CheckReport, CommandError> {
    let report = async {
        let mut check = CheckOptions::default();
        check.workflows = workflows(options, around).await?;
        let report = admin::check(options.store.path(), check).await;
        report.map_err(|error| failed("check", options, error))
    };
    around.unless_interrupted(report).await
}

/// The workflows of the store, for its journals to be folded. What can't be read is left out: the check itself says why.
async fn workflows(
    options: &StoreOptions,
    around: &Surroundings,
) -> Result<BTreeMap<Digest, Arc<Workflow>>, CommandError> {
    let mut workflows = BTreeMap::new();
    let Ok(store) = SqliteStore::open_read_only(options.store.path()).await else {
        return Ok(workflows);
    };
    let executor = WasmExecutor::new(around.sandbox()).map_err(CommandError::host)?;
    for digest in digests(&store).await.unwrap_or_default() {
        let Ok(Some(component)) = store.component(digest).await else {
            continue;
        };
        match executor.load(digest, &component).await {
            Ok(loaded) => {
                workflows.insert(digest, loaded.workflow);
            }
            Err(error) => {
                let line = format!(
                    "the journals of component {} are not folded: {error}",
                    digest.short()
                );
                around.screen.line(&line);
            }
        }
    }
    store.close().await?;
    Ok(workflows)
}

async fn digests(store: &SqliteStore) -> Result<Vec<Digest>, StoreError> {
    let versions = store.versions(None).await?;
    Ok(versions.into_iter().map(|version| version.digest).collect())
}
