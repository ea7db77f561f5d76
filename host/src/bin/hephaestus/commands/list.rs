//! `hephaestus list`: which instances are there?

use hephaestus_host::store::{Page, Query, Store};

use super::open;
use crate::error::CommandError;
use crate::report::list::ListReport;
use crate::resolved::ListOptions;
use crate::session::Surroundings;

/// Does it.
pub(crate) async fn list(options: &ListOptions, around: &Surroundings) -> Result<ListReport, CommandError> {
    let page = around.unless_interrupted(page(options)).await?;
    Ok(ListReport::new(page, options.query.limit, options.store.choice()))
}

/// The page that is asked for, and one more instance if there are more.
async fn page(options: &ListOptions) -> Result<Page, CommandError> {
    let store = open::to_read(&options.store).await?;
    let query = Query {
        limit: options.query.limit + 1,
        ..options.query.clone()
    };
    let page = store.query(query).await;
    store.close().await?;
    page.map_err(CommandError::from)
}
