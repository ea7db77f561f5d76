//! What `hephaestus delete` removed, as text.

use super::text::safe;
use crate::report::delete::DeleteReport;

/// The page: one line.
pub(crate) fn page(report: &DeleteReport) -> String {
    let instance = report.instance;
    let text = match &report.summary {
        Some(summary) => format!(
            "deleted {} (instance {instance}), which was {}, and its journal of {}\n",
            summary.business_id,
            summary.status,
            entries(summary.version)
        ),
        None => format!("deleted instance {instance}, whose summary was damaged, and its journal\n"),
    };
    safe(&text).into_owned()
}

fn entries(number: u64) -> String {
    match number {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    }
}
