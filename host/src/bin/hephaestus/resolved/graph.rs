//! `hephaestus graph`, as meant.

use super::component::{ComponentFile, read_component};
use crate::args::{GraphArgs, GraphFormat};
use crate::usage::UsageError;

/// What `hephaestus graph` is to do.
#[derive(Debug)]
pub(crate) struct GraphOptions {
    /// What is drawn.
    pub(crate) component: ComponentFile,
    /// How.
    pub(crate) format: GraphFormat,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &GraphArgs) -> Result<GraphOptions, UsageError> {
    Ok(GraphOptions {
        component: read_component(&args.component)?,
        format: args.format,
    })
}
