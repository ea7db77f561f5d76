//! What workflows consumed, for programs.

use hephaestus_host::core::engine::Usage;
use hephaestus_host::core::{WorkflowName, WorkflowVersion};
use serde::Serialize;

use super::line;
use crate::report::receipts::ReceiptsReport;

#[derive(Serialize)]
struct Object<'a> {
    workflows: Vec<Workflow<'a>>,
    damaged: u64,
    store: String,
}

#[derive(Serialize)]
struct Workflow<'a> {
    workflow: &'a WorkflowName,
    version: WorkflowVersion,
    instances: u64,
    usage: &'a Usage,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &ReceiptsReport) -> serde_json::Result<String> {
    let workflows = report.workflows.iter();
    line(&Object {
        workflows: workflows
            .map(|((workflow, version), consumed)| Workflow {
                workflow,
                version: *version,
                instances: consumed.instances,
                usage: &consumed.usage,
            })
            .collect(),
        damaged: report.damaged,
        store: report.store.to_string(),
    })
}
