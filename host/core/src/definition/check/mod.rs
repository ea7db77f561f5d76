//! The proof of a definition: every rule of DESIGN 4.3, each a function of its own.

use super::graph::Graph;
use super::{Violation, ViolationKind, Violations, WorkflowDefinition};

/// The graph of `definition`, if it keeps every rule; else everything that is wrong with it.
pub(super) fn check(definition: &WorkflowDefinition) -> Result<Graph, Violations> {
    let graph = Graph::new(definition);
    let mut violations = Vec::new();
    version(definition, &mut violations);
    if violations.is_empty() {
        Ok(graph)
    } else {
        Err(Violations(violations))
    }
}

fn version(definition: &WorkflowDefinition, violations: &mut Vec<Violation>) {
    if definition.version.0 == 0 {
        violations.push(Violation {
            step: None,
            event: None,
            kind: ViolationKind::BadVersion,
            message: "the version is 0".to_owned(),
            fix: "count versions from 1".to_owned(),
        });
    }
}
