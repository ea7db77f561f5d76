//! What can be deployed in a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::{Digest, StepRef, WorkflowName};
use hephaestus_host::deploy::digest;

use crate::chance::Chance;
use crate::graphs::{self, Traits};
use crate::guests::Workflows;

/// See the head of this module.
#[derive(Debug)]
pub(super) struct Flows {
    pub(super) names: Vec<WorkflowName>,
    /// All components, some of the same name and version.
    pub(super) components: Vec<(Digest, Vec<u8>)>,
    pub(super) workflows: Workflows,
    /// The names of all steps.
    pub(super) steps: Vec<StepRef>,
}

impl Flows {
    /// Draws a few.
    pub(super) fn draw(chance: &Chance) -> Self {
        let traits = Traits {
            max_steps: 2 + chance.index(5),
            scale_ms: 50 + chance.below(20_000),
        };
        let names: Vec<WorkflowName> = ["order", "refund"]
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        let mut components = Vec::new();
        let mut workflows = BTreeMap::new();
        let mut steps = std::collections::BTreeSet::new();
        for name in &names {
            // The last one is another one of the version before it.
            for version in [1, 2, 2] {
                let definition = graphs::workflow(chance, name, version, traits);
                steps.extend(definition.steps.iter().map(|step| step.name.clone()));
                let component = graphs::component(&definition);
                let digest = digest(&component);
                if let Ok(workflow) = Workflow::new(definition) {
                    workflows.insert(digest, Arc::new(workflow));
                }
                components.push((digest, component));
            }
        }
        Self {
            names,
            components,
            workflows: Arc::new(workflows),
            steps: steps.into_iter().collect(),
        }
    }
}
