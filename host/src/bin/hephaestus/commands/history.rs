//! `hephaestus history`: what happened to an instance?

use hephaestus_host::core::InstanceId;
use hephaestus_host::store::{Store, StoreError};

use super::find::find;
use super::open;
use crate::error::CommandError;
use crate::report::history::HistoryReport;
use crate::resolved::HistoryOptions;
use crate::session::Surroundings;

/// Does it.
pub(crate) async fn history(
    options: &HistoryOptions,
    around: &Surroundings,
) -> Result<HistoryReport, CommandError> {
    around.unless_interrupted(read(options)).await
}

async fn read(options: &HistoryOptions) -> Result<HistoryReport, CommandError> {
    let store = open::to_read(&options.target.store).await?;
    let report = async {
        let instance = find(&store, &options.target).await?;
        let report = report(&store, instance, options).await;
        report.map_err(|error| error.with_instance(instance))
    };
    let report = report.await;
    store.close().await?;
    report
}

async fn report(
    store: &dyn Store,
    instance: InstanceId,
    options: &HistoryOptions,
) -> Result<HistoryReport, CommandError> {
    // The summary first: it is never ahead of the journal then.
    let summary = match store.summary(instance).await {
        Err(StoreError::Damaged { reason }) => Err(reason),
        summary => Ok(summary?),
    };
    let journal = store.journal(instance).await?.unwrap_or_default();
    HistoryReport::new(summary, journal, options).map_err(|reason| StoreError::Damaged { reason }.into())
}
