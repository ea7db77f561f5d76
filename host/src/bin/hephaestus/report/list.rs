//! Instances of a store, as `hephaestus list` shows them.

use hephaestus_host::core::InstanceId;
use hephaestus_host::core::engine::Summary;
use hephaestus_host::store::{DamagedSummary, Page};

use crate::resolved::StoreChoice;

/// A page of instances.
#[derive(Debug, Clone)]
pub(crate) struct ListReport {
    /// The instances, newest first.
    pub(crate) rows: Vec<Row>,
    /// The last one, if there are older ones that would be listed.
    pub(crate) next_before: Option<InstanceId>,
    /// Where they are kept.
    pub(crate) store: StoreChoice,
}

/// One instance.
#[derive(Debug, Clone)]
pub(crate) enum Row {
    /// One that can be read.
    Readable(Box<Summary>),
    /// One that can't.
    Damaged(DamagedSummary),
}

impl Row {
    /// Which instance.
    pub(crate) fn instance(&self) -> InstanceId {
        match self {
            Self::Readable(summary) => summary.instance,
            Self::Damaged(damaged) => damaged.instance,
        }
    }
}

impl ListReport {
    /// The first `limit` instances of what was found.
    pub(crate) fn new(page: Page, limit: usize, store: StoreChoice) -> Self {
        let readable = page.summaries.into_iter().map(Box::new).map(Row::Readable);
        let damaged = page.damaged.into_iter().map(Row::Damaged);
        let mut rows: Vec<Row> = readable.chain(damaged).collect();
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.instance()));
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().map(Row::instance);
        Self {
            next_before: last.filter(|_| has_more),
            rows,
            store,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damaged(number: u128) -> DamagedSummary {
        DamagedSummary {
            instance: format!("{number:032x}").parse().expect("an id"),
            reason: "eaten".to_owned(),
        }
    }

    fn report(numbers: &[u128], limit: usize) -> (Vec<u128>, Option<u128>) {
        let page = Page {
            summaries: Vec::new(),
            damaged: numbers.iter().copied().map(damaged).collect(),
        };
        let report = ListReport::new(page, limit, StoreChoice::Memory);
        let number = |instance: InstanceId| instance.0.as_u128();
        (
            report.rows.iter().map(|row| number(row.instance())).collect(),
            report.next_before.map(number),
        )
    }

    #[test]
    fn there_is_more_only_if_more_was_found() {
        assert_eq!(report(&[3, 2], 2), (vec![3, 2], None));
        assert_eq!(report(&[3, 2, 1], 2), (vec![3, 2], Some(2)));
        assert_eq!(report(&[], 2), (vec![], None));
    }
}
