//! Loading a component without a store: what every command does that only looks at it.

use std::sync::Arc;

use hephaestus_host::core::Digest;
use hephaestus_host::core::definition::Workflow;
use hephaestus_host::runner::{LoadError, StepExecutor};
use hephaestus_host::sandbox::WasmExecutor;

use crate::error::CommandError;
use crate::session::Surroundings;

/// A component that was compiled and proven.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// Its graph.
    pub(crate) workflow: Arc<Workflow>,
    /// The interfaces that it imports.
    pub(crate) imports: Vec<String>,
}

/// Loads a component as a deployment does: what is refused here is refused there, in the same words. The inner error is
/// the component's fault or the host's, the outer one that the command can't go on.
pub(crate) async fn load(
    bytes: &[u8],
    digest: Digest,
    around: &Surroundings,
) -> Result<Result<Loaded, LoadError>, CommandError> {
    let executor = WasmExecutor::new(around.sandbox()).map_err(CommandError::host)?;
    let loaded = tokio::select! {
        loaded = executor.load(digest, bytes) => loaded,
        () = around.interrupt.wait() => return Err(CommandError::interrupted("interrupted")),
    };
    Ok(loaded.map(|loaded| Loaded {
        workflow: loaded.workflow,
        imports: executor.imports(digest).unwrap_or_default(),
    }))
}
