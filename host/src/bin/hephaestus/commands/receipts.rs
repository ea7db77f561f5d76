//! `hephaestus receipts`: what did workflows consume?

use hephaestus_host::core::engine::Usage;
use hephaestus_host::store::{Query, Store, StoreError};

use super::open;
use crate::error::CommandError;
use crate::report::receipts::ReceiptsReport;
use crate::resolved::ReceiptsOptions;
use crate::session::Surroundings;

/// How many instances are looked up at once.
const PAGE: usize = 500;

/// Does it.
pub(crate) async fn receipts(
    options: &ReceiptsOptions,
    around: &Surroundings,
) -> Result<ReceiptsReport, CommandError> {
    around.unless_interrupted(read(options)).await
}

async fn read(options: &ReceiptsOptions) -> Result<ReceiptsReport, CommandError> {
    let store = open::to_read(&options.store).await?;
    let report = sum(&store, options).await;
    store.close().await?;
    Ok(report?)
}

async fn sum(store: &dyn Store, options: &ReceiptsOptions) -> Result<ReceiptsReport, StoreError> {
    let mut report = ReceiptsReport::new(options.store.choice());
    let mut before = None;
    loop {
        let query = Query {
            workflow: options.workflow.clone(),
            before,
            limit: PAGE,
            ..Query::default()
        };
        let page = store.query(query).await?;
        report.damaged += page.damaged.len() as u64;
        for summary in &page.summaries {
            match store.journal(summary.instance).await {
                Ok(journal) => report.add(summary, &Usage::of(&journal.unwrap_or_default())),
                Err(StoreError::Damaged { .. }) => report.damaged += 1,
                Err(error) => return Err(error),
            }
        }
        let readable = page.summaries.iter().map(|summary| summary.instance);
        let oldest = readable.chain(page.damaged.iter().map(|it| it.instance)).min();
        if oldest.is_none() {
            return Ok(report);
        }
        before = oldest;
    }
}
