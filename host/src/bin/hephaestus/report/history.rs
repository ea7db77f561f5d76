//! What happened to an instance, as `hephaestus history` tells it.

use hephaestus_host::core::engine::{Created, FailureKind, InstanceStatus, JournalEntry, Record, Summary};

use crate::resolved::{HistoryOptions, StoreChoice};

/// A journal, and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct HistoryReport {
    /// How it began.
    pub(crate) created: Created,
    /// Where it stands, or why that can't be read.
    pub(crate) status: Result<InstanceStatus, String>,
    /// Whether it failed, and an operator's retry may help.
    pub(crate) is_retryable: bool,
    /// The whole journal.
    pub(crate) journal: Vec<JournalEntry>,
    /// Only what came after this entry is asked for.
    pub(crate) after: u64,
    /// Where it is kept.
    pub(crate) store: StoreChoice,
}

impl HistoryReport {
    /// Draws the facts together. The journal must begin with the instance's creation.
    pub(crate) fn new(
        summary: Result<Option<Summary>, String>,
        journal: Vec<JournalEntry>,
        options: &HistoryOptions,
    ) -> Result<Self, String> {
        let Some(Record::Created(created)) = journal.first().map(|entry| &entry.record) else {
            return Err("its journal doesn't begin with its creation".to_owned());
        };
        let is_stuck = |summary: &Summary| {
            let failure = summary.failure.as_ref();
            failure.is_some_and(|it| it.failure.kind == FailureKind::Stuck)
        };
        let status = match &summary {
            Ok(Some(summary)) => Ok(summary.status),
            Ok(None) => Err("it has none".to_owned()),
            Err(reason) => Err(reason.clone()),
        };
        let found = summary.ok().flatten();
        Ok(Self {
            created: created.clone(),
            is_retryable: status == Ok(InstanceStatus::Failed) && !found.as_ref().is_some_and(is_stuck),
            status,
            journal,
            after: options.after,
            store: options.target.store.choice(),
        })
    }

    /// What is asked for.
    pub(crate) fn entries(&self) -> &[JournalEntry] {
        let at = self.journal.partition_point(|entry| entry.seq <= self.after);
        &self.journal[at..]
    }
}
