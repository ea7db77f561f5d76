//! The instances of a store, for programs.

use hephaestus_host::core::engine::{FailureKind, InstanceFailure, InstanceStatus, Summary};
use hephaestus_host::core::{
    BusinessId, Digest, InstanceId, StepRef, Timestamp, WorkflowName, WorkflowVersion,
};
use serde::Serialize;

use super::line;
use crate::report::list::{ListReport, Row};

#[derive(Serialize)]
struct Object<'a> {
    instances: Vec<Instance<'a>>,
    damaged: Vec<Damaged<'a>>,
    next_before: Option<InstanceId>,
    store: String,
}

/// An instance, without its journal.
#[derive(Serialize)]
pub(super) struct Instance<'a> {
    instance: InstanceId,
    business_id: &'a BusinessId,
    workflow: &'a WorkflowName,
    version: WorkflowVersion,
    digest: Digest,
    status: InstanceStatus,
    entries: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    waiting_since: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    failure: Option<Failure<'a>>,
}

/// Why an instance failed.
#[derive(Serialize)]
pub(super) struct Failure<'a> {
    step: Option<&'a StepRef>,
    kind: FailureKind,
    message: &'a str,
}

#[derive(Serialize)]
struct Damaged<'a> {
    instance: InstanceId,
    reason: &'a str,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &ListReport) -> serde_json::Result<String> {
    let mut instances = Vec::new();
    let mut damaged = Vec::new();
    for row in &report.rows {
        match row {
            Row::Readable(summary) => instances.push(instance(summary)),
            Row::Damaged(found) => damaged.push(Damaged {
                instance: found.instance,
                reason: &found.reason,
            }),
        }
    }
    line(&Object {
        instances,
        damaged,
        next_before: report.next_before,
        store: report.store.to_string(),
    })
}

/// The fields of an instance.
pub(super) fn instance(summary: &Summary) -> Instance<'_> {
    Instance {
        instance: summary.instance,
        business_id: &summary.business_id,
        workflow: &summary.workflow,
        version: summary.workflow_version,
        digest: summary.digest,
        status: summary.status,
        entries: summary.version,
        created_at: summary.created_at,
        updated_at: summary.updated_at,
        waiting_since: summary.waiting_since,
        ended_at: summary.ended_at,
        failure: summary.failure.as_ref().map(failure),
    }
}

/// The fields of a failure.
pub(super) fn failure(failed: &InstanceFailure) -> Failure<'_> {
    Failure {
        step: failed.step.as_ref(),
        kind: failed.failure.kind,
        message: &failed.failure.message,
    }
}
