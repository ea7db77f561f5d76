//! Native tests, without WebAssembly and without a host, in milliseconds: [`TestContext`] for one step, [`TestRun`] for
//! whole paths through a workflow.
//!
//! Nothing of it is in components.

mod capabilities;
mod context;
mod run;

use serde::Serialize;

use crate::Level;

pub use capabilities::{Answer, SentRequest};
pub use context::TestContext;
/// The host's own words for what becomes of instances and steps.
pub use hephaestus_core::engine::{Failure, FailureKind, InstanceStatus, Refusal, StepState};
pub use run::{Attempt, Delivery, Sending, Setup, StepView, TestRun};

/// One line that a step logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// The text.
    pub message: String,
    /// The facts.
    pub fields: Vec<(String, String)>,
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| panic!("the test's value is not JSON: {error}"))
}
