//! What workflows consumed, as `hephaestus receipts` tells it.

use std::collections::BTreeMap;

use hephaestus_host::core::engine::{Summary, Usage};
use hephaestus_host::core::{WorkflowName, WorkflowVersion};

use crate::resolved::StoreChoice;

/// The sums.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptsReport {
    /// Of each version of each workflow.
    pub(crate) workflows: BTreeMap<(WorkflowName, WorkflowVersion), Consumed>,
    /// How many instances can't be read, and are left out.
    pub(crate) damaged: u64,
    /// Where they are kept.
    pub(crate) store: StoreChoice,
}

/// What the instances of one version consumed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consumed {
    /// How many there are.
    pub(crate) instances: u64,
    /// Together.
    pub(crate) usage: Usage,
}

impl ReceiptsReport {
    /// Nothing yet.
    pub(crate) fn new(store: StoreChoice) -> Self {
        Self {
            workflows: BTreeMap::new(),
            damaged: 0,
            store,
        }
    }

    /// Adds an instance.
    pub(crate) fn add(&mut self, summary: &Summary, usage: &Usage) {
        let key = (summary.workflow.clone(), summary.workflow_version);
        let consumed = self.workflows.entry(key).or_default();
        consumed.instances += 1;
        consumed.usage.merge(usage);
    }
}
