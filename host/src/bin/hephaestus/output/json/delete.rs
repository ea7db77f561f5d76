//! What `hephaestus delete` removed, for programs.

use hephaestus_host::core::InstanceId;
use serde::Serialize;

use super::line;
use super::list::{Instance, instance};
use crate::report::delete::DeleteReport;

#[derive(Serialize)]
struct Object<'a> {
    deleted: InstanceId,
    instance: Option<Instance<'a>>,
    store: String,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &DeleteReport) -> serde_json::Result<String> {
    line(&Object {
        deleted: report.instance,
        instance: report.summary.as_ref().map(instance),
        store: report.store.to_string(),
    })
}
