//! Which steps have certainly completed when another one runs: those whose results it can rely on.
//!
//! Read off the joins alone, without asking which events go together: what is called certain is certain; a step that
//! only ever runs in company with another one by the logic of several joins may be missed.

use std::collections::BTreeSet;

use super::{Join, StepIx, Workflow};
use crate::EventName;

impl Workflow {
    /// For each step, in the order of [`Workflow::steps`]: the steps that have completed whenever it runs.
    pub fn certain_ancestors(&self) -> Vec<BTreeSet<StepIx>> {
        let mut certain = vec![BTreeSet::new(); self.steps().len()];
        for step in self.topological_order() {
            if let Some(join) = self.join(*step) {
                certain[step.0] = self.implied(&join, &certain);
            }
        }
        certain
    }

    /// What has completed when `join` is true. `known` holds the answers for the steps before.
    fn implied(&self, join: &Join, known: &[BTreeSet<StepIx>]) -> BTreeSet<StepIx> {
        match join {
            Join::Transition { source, event } => {
                let Some(source) = self.index(source.as_str()) else {
                    return BTreeSet::new();
                };
                let mut implied = known[source.0].clone();
                // A step that has used up its attempts leaves no result.
                if *event != EventName::failed() {
                    implied.insert(source);
                }
                implied
            }
            Join::All(parts) => parts.iter().flat_map(|part| self.implied(part, known)).collect(),
            // One of the parts is true, and nobody knows which.
            Join::Any(parts) | Join::Settled(parts) => parts
                .iter()
                .map(|part| self.implied(part, known))
                .reduce(|both, part| &both & &part)
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::definition::{JoinRule, Workflow, WorkflowBuilder, step};

    fn certain(workflow: &Workflow, at: &str) -> Vec<String> {
        let at = workflow.index(at).expect("a step");
        let steps = &workflow.certain_ancestors()[at.0];
        steps
            .iter()
            .map(|step| workflow.step(*step).name.to_string())
            .collect()
    }

    fn order() -> Workflow {
        WorkflowBuilder::new("order", 1)
            .step(
                step("check")
                    .emits("good", ["reserve", "charge"])
                    .emits("bad", ["refuse"]),
            )
            .step(step("reserve").emits("reserved", ["approve", "release"]))
            .step(
                step("charge")
                    .emits("charged", ["approve"])
                    .emits("declined", ["release", "refuse"])
                    .failed(["refuse"]),
            )
            .step(
                step("approve")
                    .accepts("yes", ["done"])
                    .accepts("no", ["release"]),
            )
            .step(
                step("release")
                    .emits("finished", ["done"])
                    .join_expression("all[reserve.reserved, any[charge.declined, approve.no]]"),
            )
            .step(step("refuse").emits("finished", ["done"]).join(JoinRule::Settled))
            .build()
            .expect("a sound graph")
    }

    #[test]
    fn all_parts_of_a_conjunction_have_completed() {
        assert_eq!(certain(&order(), "approve"), ["check", "reserve", "charge"]);
    }

    #[test]
    fn of_a_disjunction_only_what_all_parts_share() {
        assert_eq!(certain(&order(), "release"), ["check", "reserve", "charge"]);
        assert_eq!(certain(&order(), "refuse"), ["check"]);
    }

    #[test]
    fn a_step_that_failed_has_not_completed() {
        let workflow = WorkflowBuilder::new("w", 1)
            .step(step("call").emits("answered", ["done"]).failed(["excuse"]))
            .step(step("excuse").emits("finished", ["done"]))
            .build()
            .expect("a sound graph");
        assert!(certain(&workflow, "excuse").is_empty());
        assert!(certain(&workflow, "call").is_empty());
        assert!(certain(&workflow, "done").is_empty());
    }

    #[test]
    fn at_the_first_arrival_nothing_but_the_common_past_is_certain() {
        let workflow = WorkflowBuilder::new("w", 1)
            .step(step("begin").emits("finished", ["left", "right"]))
            .step(step("left").emits("finished", ["first"]))
            .step(step("right").emits("finished", ["first"]))
            .step(step("first").emits("finished", ["done"]).join(JoinRule::Any))
            .build()
            .expect("a sound graph");
        assert_eq!(certain(&workflow, "first"), ["begin"]);
    }
}
