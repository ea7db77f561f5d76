//! `hephaestus receipts`, as meant.

use hephaestus_host::core::WorkflowName;

use super::list::read_workflow;
use super::store::{StoreFile, read_store_file};
use crate::args::ReceiptsArgs;
use crate::usage::UsageError;

/// What `hephaestus receipts` is to do.
#[derive(Debug)]
pub(crate) struct ReceiptsOptions {
    /// Whose; `None`: of all workflows.
    pub(crate) workflow: Option<WorkflowName>,
    /// Where instances are kept.
    pub(crate) store: StoreFile,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &ReceiptsArgs) -> Result<ReceiptsOptions, UsageError> {
    Ok(ReceiptsOptions {
        workflow: args.workflow.as_deref().map(read_workflow).transpose()?,
        store: read_store_file(&args.store.store)?,
        json: args.store.json,
    })
}
