//! What happened to an instance, for programs: the entries of its journal as they are stored.

use hephaestus_host::core::engine::{InstanceStatus, JournalEntry, Usage};
use hephaestus_host::core::{BusinessId, Digest, InstanceId, WorkflowName, WorkflowVersion};
use serde::Serialize;

use super::line;
use crate::report::history::HistoryReport;

#[derive(Serialize)]
struct Object<'a> {
    instance: InstanceId,
    business_id: &'a BusinessId,
    workflow: &'a WorkflowName,
    version: WorkflowVersion,
    digest: Digest,
    status: Option<InstanceStatus>,
    entries: usize,
    usage: Usage,
    history: &'a [JournalEntry],
    store: String,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &HistoryReport) -> serde_json::Result<String> {
    let created = &report.created;
    line(&Object {
        instance: created.instance,
        business_id: &created.business_id,
        workflow: &created.workflow,
        version: created.version,
        digest: created.digest,
        status: report.status.as_ref().ok().copied(),
        entries: report.journal.len(),
        usage: Usage::of(&report.journal),
        history: report.entries(),
        store: report.store.to_string(),
    })
}
