//! The workflow of the scenario, and what its steps do. Nothing is drawn: what an attempt does follows from its step,
//! its number, and the instance's name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{
    Backoff, BuildError, RetryPolicy, Uniqueness, Workflow, WorkflowBuilder, step,
};
use hephaestus_core::engine::{FailureKind, Outcome, Routing};
use hephaestus_core::{EventName, Json};
use hephaestus_host::deploy::digest;
use hephaestus_host::runner::Attempt;

use super::layer::Plan;
use crate::graphs::component;
use crate::guests::{Behaviour, Workflows, completed, failed};
use crate::witness::Witness;

/// The instance whose `charge` fails for good at its first attempt.
pub(super) const BROKEN: &str = "broken";

/// The instance whose `check` kills its host, each time.
pub(super) const POISON: &str = "poison";

/// How often `charge` saves.
const SAVES: u64 = 3;

/// A version of the workflow: fan-out, join, retry, checkpoint, waits with and without a timer, dynamic routing, cleanup.
fn graph(version: u32) -> Result<WorkflowBuilder, BuildError> {
    let pause = Duration::from_secs(1);
    let builder = WorkflowBuilder::new("orders", version)
        .business_key("orderid", Uniqueness::Workflow)
        .on_cancel("tidy")
        .retry(RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::Constant,
            initial: pause,
            cap: pause,
            jitter_percent: 0,
        });
    let steps = [
        step("check").emits("ok", ["reserve", "charge", "pack"]),
        step("reserve").emits("ok", ["approve"]).failed(["done"]),
        step("charge").emits("ok", ["approve"]),
        step("pack").accepts("timeout", ["label"]),
        step("label").emits_dynamic("ok", ["stamp", "done"]),
        step("stamp").emits("ok", ["done"]),
        step("approve")
            .accepts("approved", ["ship"])
            .accepts("rejected", ["done"]),
        step("ship").accepts("timeout", ["done"]),
        step("tidy").emits("ok", []),
    ];
    Ok(steps.into_iter().fold(builder, WorkflowBuilder::step))
}

/// What can be deployed: the components of both versions, and their workflows.
pub(super) struct Code {
    pub(super) components: Vec<Vec<u8>>,
    pub(super) workflows: Workflows,
}

impl Code {
    pub(super) fn new() -> Result<Self, BuildError> {
        let mut components = Vec::new();
        let mut workflows = BTreeMap::new();
        for version in [1, 2] {
            let definition = graph(version)?.definition()?;
            let bytes = component(&definition);
            workflows.insert(digest(&bytes), Arc::new(Workflow::new(definition)?));
            components.push(bytes);
        }
        Ok(Self {
            components,
            workflows: Arc::new(workflows),
        })
    }
}

/// See the head of this module.
pub(super) struct Scripted {
    pub(super) witness: Arc<Witness>,
    pub(super) plan: Arc<Plan>,
}

#[async_trait]
impl Behaviour for Scripted {
    async fn execute(&self, _workflow: &Workflow, attempt: Attempt) -> Outcome {
        // Different for each step, so that their ends don't fall together.
        let length = attempt.step.as_str().len() as u64;
        tokio::time::sleep(Duration::from_millis(3 * length)).await;
        match (attempt.step.as_str(), attempt.attempt) {
            ("check", _) if attempt.business_id.value.as_str() == POISON => {
                self.plan.kill();
                std::future::pending().await
            }
            ("reserve", 1) => failed(FailureKind::GuestError, true),
            ("charge", number) => self.charge(&attempt, number).await,
            ("pack", _) => Outcome::Wait {
                resume_after: Some(Duration::from_secs(2)),
            },
            ("approve" | "ship", _) => Outcome::Wait { resume_after: None },
            (name, _) => completed("ok", Json::parse(&format!("\"{name}\"")).ok()),
        }
    }

    async fn transit(&self, _workflow: &Workflow, _attempt: &Attempt, _event: &EventName) -> Routing {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok("stamp".parse().into_iter().collect())
    }
}

impl Scripted {
    /// Counts to [`SAVES`], and saves each number.
    async fn charge(&self, attempt: &Attempt, number: u32) -> Outcome {
        let Some(checkpoint) = &attempt.checkpoint else {
            return failed(FailureKind::Host, false);
        };
        let saved = checkpoint.load();
        let saved: u64 = saved.and_then(|json| json.as_str().parse().ok()).unwrap_or(0);
        self.witness.continues(attempt, saved);
        for value in saved + 1..=SAVES {
            let Ok(json) = Json::parse(&value.to_string()) else {
                return failed(FailureKind::Host, false);
            };
            while checkpoint.save(json.clone()).await.is_err() {}
            self.witness.saved(attempt, (value, &json));
        }
        let is_broken = attempt.business_id.value.as_str() == BROKEN;
        match is_broken && number == 1 {
            true => failed(FailureKind::GuestError, false),
            false => completed("ok", Json::parse(&SAVES.to_string()).ok()),
        }
    }
}
