//! Real components in the real sandbox: what `docs/concepts.md` promises about guests. The guests are `tests/guests/hostile`,
//! which misbehaves as the test asks, and `tests/guests/raw-wit`.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod bridges;
mod cache;
mod checkpoint;
mod describe;
mod execute;
mod grants;
mod load;
mod neighbours;
mod padding;
mod policy;
mod receipts;
mod reuse;
mod transit;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use hephaestus_core::context::ContextView;
use hephaestus_core::engine::{Failure, Outcome};
use hephaestus_core::{Digest, Json, StepRef, Timestamp};
use hephaestus_host::runner::{Attempt, AttemptReport, LoadError, LoadedWorkflow, OutputLine, StepExecutor};
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use sha2::Digest as _;

/// The default, with deadlines that also hold on a machine that is busy with other things.
fn options() -> SandboxOptions {
    let mut options = SandboxOptions::default();
    options.limits.deadline = Duration::from_secs(60);
    options.limits.definition_deadline = Duration::from_secs(60);
    options
}

fn executor(options: SandboxOptions) -> WasmExecutor {
    WasmExecutor::new(options).expect("the engine starts")
}

fn component(name: &str) -> Vec<u8> {
    std::fs::read(hephaestus_tests::component(name)).expect("readable")
}

fn digest(component: &[u8]) -> Digest {
    Digest(sha2::Sha256::digest(component).into())
}

async fn load(executor: &WasmExecutor, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
    executor.load(digest(component), component).await
}

/// An executor with these options that has loaded `tests/guests/hostile`.
async fn hostile_with(options: SandboxOptions) -> (WasmExecutor, LoadedWorkflow) {
    load_hostile(executor(options)).await
}

/// The same with [`options`]. Tests share it: the component is compiled once.
async fn hostile() -> (WasmExecutor, LoadedWorkflow) {
    static SHARED: LazyLock<WasmExecutor> = LazyLock::new(|| executor(options()));
    load_hostile(SHARED.clone()).await
}

async fn load_hostile(executor: WasmExecutor) -> (WasmExecutor, LoadedWorkflow) {
    let workflow = load(&executor, &component("hostile"))
        .await
        .expect("it describes itself well");
    (executor, workflow)
}

/// The first attempt of a step of an instance with this input.
fn attempt(step: &str, initial: &str) -> Attempt {
    Attempt {
        instance: "019aa0c0-0000-7000-8000-000000000001".parse().expect("a UUID"),
        business_id: "hostile::abc".parse().expect("a business id"),
        workflow: "hostile".parse().expect("a name"),
        version: hephaestus_core::WorkflowVersion(1),
        step: step.parse().expect("a name"),
        attempt: 1,
        context: ContextView {
            initial: Json::parse(initial).expect("JSON"),
            results: BTreeMap::new(),
        },
        config: None,
        deadline: None,
        started_at: Timestamp(1_000),
        checkpoint: None,
    }
}

/// An attempt at a misdeed. Those that would not end have a short deadline.
fn misdeed(misdeed: &str) -> Attempt {
    let mut attempt = attempt("act", &format!("{{\"misdeed\": \"{misdeed}\"}}"));
    if ["spin", "sleep", "poll"].contains(&misdeed) {
        attempt.deadline = Some(Duration::from_millis(300));
    }
    attempt
}

/// What a misdeed comes to, in a sandbox of its own.
async fn commit(deed: &str) -> AttemptReport {
    let (executor, workflow) = hostile().await;
    executor.sandbox(&workflow).execute(misdeed(deed)).await
}

#[track_caller]
fn failure(report: &AttemptReport) -> &Failure {
    match &report.outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[track_caller]
fn result(report: &AttemptReport) -> String {
    match &report.outcome {
        Outcome::Completed {
            result: Some(result), ..
        } => result.to_string(),
        other => panic!("expected a result, got {other:?}"),
    }
}

fn texts(output: &[OutputLine]) -> Vec<&str> {
    output.iter().map(|line| line.message.as_str()).collect()
}

fn step(name: &str) -> StepRef {
    name.parse().expect("a name")
}
