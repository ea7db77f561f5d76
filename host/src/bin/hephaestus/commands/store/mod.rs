//! `hephaestus store`: what is done with the file of a store.

mod backup;
mod check;
mod vacuum;

use hephaestus_host::store::StoreError;

use crate::error::CommandError;
use crate::report::store::StoreReport;
use crate::resolved::{StoreOptions, StoreTask};
use crate::session::Surroundings;

/// Does it.
pub(crate) async fn store(
    options: &StoreOptions,
    around: &Surroundings,
) -> Result<StoreReport, CommandError> {
    match &options.task {
        StoreTask::Check => check::check(options, around).await.map(StoreReport::Checked),
        StoreTask::Backup(to) => {
            let copied = backup::backup(options, to, around).await;
            copied.map(StoreReport::Copied)
        }
        StoreTask::Vacuum => {
            let compacted = vacuum::vacuum(options, around).await;
            compacted.map(StoreReport::Compacted)
        }
    }
}

/// What kept it from being done: `what`, like "check".
fn failed(what: &str, options: &StoreOptions, error: StoreError) -> CommandError {
    let context = format!("failed to {what} --store {}", options.store.choice());
    CommandError::host(anyhow::Error::new(error).context(context))
}
