//! The workflows of a run, in all the versions that are ever deployed in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::{Digest, WorkflowName, WorkflowVersion};
use hephaestus_host::deploy::digest;

use crate::chance::Chance;
use crate::graphs::{self, Traits};
use crate::guests::Workflows;

/// One version of a workflow.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) version: WorkflowVersion,
    pub(super) digest: Digest,
    pub(super) component: Vec<u8>,
}

/// See the head of this module.
#[derive(Debug)]
pub(super) struct Flows {
    /// By name; of each the lowest version first.
    pub(super) versions: Vec<(WorkflowName, Vec<Version>)>,
    pub(super) workflows: Workflows,
}

impl Flows {
    /// Draws a few.
    pub(super) fn draw(chance: &Chance) -> Self {
        let traits = Traits {
            max_steps: 1 + chance.index(7),
            scale_ms: 50 + chance.below(800),
        };
        let mut versions = Vec::new();
        let mut workflows = BTreeMap::new();
        for name in ["order", "refund", "audit"].into_iter().take(1 + chance.index(3)) {
            let Ok(name) = name.parse::<WorkflowName>() else {
                continue;
            };
            let mut of_name = Vec::new();
            for version in 1..=1 + chance.below(3) {
                let version = u32::try_from(version).unwrap_or(1);
                let definition = graphs::workflow(chance, &name, version, traits);
                let component = graphs::component(&definition);
                let digest = digest(&component);
                if let Ok(workflow) = Workflow::new(definition) {
                    workflows.insert(digest, Arc::new(workflow));
                }
                of_name.push(Version {
                    version: WorkflowVersion(version),
                    digest,
                    component,
                });
            }
            versions.push((name, of_name));
        }
        Self {
            versions,
            workflows: Arc::new(workflows),
        }
    }
}
