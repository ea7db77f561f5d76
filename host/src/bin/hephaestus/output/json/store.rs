//! What was done with a store, for programs.

use hephaestus_host::core::{Digest, InstanceId, WorkflowName, WorkflowVersion};
use hephaestus_host::store::sqlite::admin::{Backup, CheckReport, Finding, Place, Vacuumed};
use serde::Serialize;

use super::line;
use crate::report::store::StoreReport;
use crate::resolved::StoreOptions;

#[derive(Serialize)]
struct Checked<'a> {
    verdict: &'static str,
    store: String,
    instances: u64,
    folded: u64,
    entries: u64,
    timers: u64,
    versions: u64,
    components: u64,
    findings: Vec<Found<'a>>,
    findings_in_total: u64,
}

/// Of the names, those that say where it is.
#[derive(Serialize, Default)]
struct Found<'a> {
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<&'a WorkflowName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<WorkflowVersion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Digest>,
    problem: &'a str,
}

#[derive(Serialize)]
struct Copied {
    store: String,
    backup: String,
    bytes: u64,
}

#[derive(Serialize)]
struct Compacted {
    store: String,
    bytes_before: u64,
    bytes_after: u64,
    components_removed: usize,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &StoreReport, options: &StoreOptions) -> serde_json::Result<String> {
    let store = options.store.choice().to_string();
    match report {
        StoreReport::Checked(report) => line(&checked(report, store)),
        StoreReport::Copied(Backup { path, bytes, .. }) => line(&Copied {
            store,
            backup: path.display().to_string(),
            bytes: *bytes,
        }),
        StoreReport::Compacted(Vacuumed {
            bytes_before,
            bytes_after,
            components,
            ..
        }) => line(&Compacted {
            store,
            bytes_before: *bytes_before,
            bytes_after: *bytes_after,
            components_removed: *components,
        }),
    }
}

fn checked(report: &CheckReport, store: String) -> Checked<'_> {
    Checked {
        verdict: if report.is_sound() { "sound" } else { "damaged" },
        store,
        instances: report.instances,
        folded: report.folded,
        entries: report.entries,
        timers: report.timers,
        versions: report.versions,
        components: report.components,
        findings: report.findings.iter().map(found).collect(),
        findings_in_total: report.findings_in_total,
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let problem = finding.problem.as_str();
    let found = Found {
        place: "other",
        problem,
        ..Found::default()
    };
    match &finding.place {
        Place::File => Found {
            place: "file",
            ..found
        },
        Place::Instance(instance) => Found {
            place: "instance",
            instance: Some(*instance),
            ..found
        },
        Place::Version(workflow, version) => Found {
            place: "version",
            workflow: Some(workflow),
            version: Some(*version),
            ..found
        },
        Place::Component(digest) => Found {
            place: "component",
            component: Some(*digest),
            ..found
        },
        _ => found,
    }
}
