//! `hephaestus graph`: the facts for a picture of a workflow.

use hephaestus_host::deploy;

use super::load::load;
use crate::error::CommandError;
use crate::report::graph::GraphReport;
use crate::resolved::GraphOptions;
use crate::session::Surroundings;

/// Does it.
pub(crate) async fn graph(
    options: &GraphOptions,
    around: &Surroundings,
) -> Result<GraphReport, CommandError> {
    let digest = deploy::digest(&options.component.bytes);
    let loaded = load(&options.component.bytes, digest, around).await??;
    Ok(GraphReport::new(&loaded.workflow, digest))
}
