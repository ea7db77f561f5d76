//! What a workflow asks for beside what a manifest grants; and what a new version asks for that the current one doesn't.
//!
//! For people who decide whether to deploy it. Nothing here enforces anything: the sandbox does, at each use.

use hephaestus_core::StepRef;
use hephaestus_core::capability::{Request, manifest_lines};
use hephaestus_core::definition::Workflow;

use super::Manifest;

/// The requests of a workflow, looked at under a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// What its steps ask for, in the order of the definition.
    pub asked: Vec<Asked>,
    /// What the current version asks for, step by step, and this one doesn't: grants that may go.
    pub dropped: Vec<(StepRef, Request)>,
    /// Steps that the manifest names and the workflow doesn't have: they may be misspelt.
    pub unknown_steps: Vec<StepRef>,
}

/// One request of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The step.
    pub step: StepRef,
    /// What it asks for.
    pub request: Request,
    /// Whether it is granted, in full.
    pub granted: bool,
    /// Whether that step of the current version doesn't ask for it. `false` if there is none to compare with.
    pub is_new: bool,
    /// The lines of the manifest that would grant it.
    pub manifest: String,
}

impl Review {
    /// Looks at `workflow` under `manifest`, beside the version that is `current`.
    pub fn new(workflow: &Workflow, manifest: &Manifest, current: Option<&Workflow>) -> Self {
        let name = &workflow.definition().name;
        let asks = |workflow: &Workflow, step: &StepRef, request: &Request| {
            workflow
                .find(step)
                .is_some_and(|step| step.requests.contains(request))
        };
        let asked = requests(workflow).map(|(step, request)| Asked {
            granted: manifest.policy(name, step).grants.allow(request),
            is_new: current.is_some_and(|current| !asks(current, step, request)),
            manifest: manifest_lines(name, step, request),
            step: step.clone(),
            request: request.clone(),
        });
        let dropped = current.into_iter().flat_map(requests);
        let dropped = dropped.filter(|(step, request)| !asks(workflow, step, request));
        Self {
            asked: asked.collect(),
            dropped: dropped
                .map(|(step, request)| (step.clone(), request.clone()))
                .collect(),
            unknown_steps: manifest.unknown_steps(workflow),
        }
    }

    /// Whether something is asked for that isn't granted.
    pub fn lacks_grants(&self) -> bool {
        self.asked.iter().any(|asked| !asked.granted)
    }
}

fn requests(workflow: &Workflow) -> impl Iterator<Item = (&StepRef, &Request)> {
    let steps = workflow.definition().steps.iter();
    steps.flat_map(|step| step.requests.iter().map(move |request| (&step.name, request)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hephaestus_core::definition::{WorkflowBuilder, step};

    use super::*;

    fn secret(name: &str) -> Request {
        Request::Secret { name: name.into() }
    }

    fn workflow(version: u32, pay: &[Request]) -> Workflow {
        let paying = pay
            .iter()
            .fold(step("pay").emits("paid", ["done"]), |step, request| {
                step.request(request.clone())
            });
        let builder = WorkflowBuilder::new("shop", version).step(paying);
        builder.build().expect("sound")
    }

    #[test]
    fn grants_and_news_are_told_apart() {
        let manifest = "secrets-folder = \"/run/secrets\"\n[workflows.shop.steps.pay]\nclock = true\nsecrets = [\"KEY\"]\n[workflows.shop.steps.pya]\n";
        let manifest = Manifest::parse(manifest, Path::new("")).expect("a good manifest");
        let current = workflow(1, &[secret("KEY"), Request::Random]);
        let new = workflow(2, &[secret("KEY"), Request::Clock, secret("OTHER")]);
        let review = Review::new(&new, &manifest, Some(&current));
        let told: Vec<_> = review
            .asked
            .iter()
            .map(|asked| (asked.request.clone(), asked.granted, asked.is_new))
            .collect();
        assert_eq!(
            told,
            [
                (secret("KEY"), true, false),
                (Request::Clock, true, true),
                (secret("OTHER"), false, true),
            ]
        );
        assert!(review.lacks_grants());
        let pay: StepRef = "pay".parse().expect("a name");
        assert_eq!(review.dropped, [(pay, Request::Random)]);
        assert_eq!(review.unknown_steps, ["pya".parse().expect("a name")]);

        let alone = Review::new(&current, &manifest, None);
        assert!(alone.asked.iter().all(|asked| !asked.is_new) && alone.dropped.is_empty());
    }
}
