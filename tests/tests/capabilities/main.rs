//! What a step is granted, it can do; what it isn't granted doesn't exist for it. The guest is `tests/guests/caller`,
//! which does as the test says, against servers on the loopback interface.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod canary;
mod http;
mod limits;
mod secrets;
mod server;
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hephaestus_core::capability::Request;
use hephaestus_core::context::ContextView;
use hephaestus_core::engine::{Failure, Outcome};
use hephaestus_core::{Digest, Json, Timestamp};
use hephaestus_host::deploy::{CurrentManifest, Manifest, Review};
use hephaestus_host::runner::{Attempt, AttemptReport, LoadedWorkflow, Sandbox, StepExecutor};
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use serde_json::{Value, json};
use sha2::Digest as _;

/// The guest, with what it is granted.
struct Caller {
    executor: WasmExecutor,
    workflow: LoadedWorkflow,
    manifest: CurrentManifest,
}

/// Deadlines that also hold on a machine that is busy with other things.
fn options() -> SandboxOptions {
    let mut options = SandboxOptions::default();
    options.limits.deadline = Duration::from_secs(60);
    options.limits.definition_deadline = Duration::from_secs(60);
    options
}

fn manifest(text: &str) -> Manifest {
    Manifest::parse(text, Path::new("")).expect("a good manifest")
}

impl Caller {
    /// With a manifest.
    async fn new(text: &str) -> Self {
        Self::with(text, options()).await
    }

    async fn with(text: &str, options: SandboxOptions) -> Self {
        let current = options.manifest.clone();
        current.replace(manifest(text));
        let executor = WasmExecutor::new(options).expect("the engine starts");
        let component = std::fs::read(hephaestus_tests::component("caller")).expect("readable");
        let digest = Digest(sha2::Sha256::digest(&component).into());
        let workflow = executor
            .load(digest, &component)
            .await
            .expect("it describes itself well");
        Self {
            executor,
            workflow,
            manifest: current,
        }
    }

    /// Granted HTTP requests to a server.
    async fn granted(origin: &str) -> Self {
        Self::new(&format!("[workflows.caller.steps.call]\nhttp = [\"{origin}\"]\n")).await
    }

    fn sandbox(&self) -> Box<dyn Sandbox> {
        self.executor.sandbox(&self.workflow)
    }

    /// What the step `call` sees that does this, in a sandbox of its own.
    async fn call(&self, deed: Value) -> Value {
        seen(&self.sandbox().execute(attempt("call", &deed)).await)
    }

    /// How it fails.
    async fn failure(&self, mut deed: Value) -> Failure {
        deed["fail"] = json!(true);
        match self.sandbox().execute(attempt("call", &deed)).await.outcome {
            Outcome::Failed(failure) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }
}

/// The first attempt of a step that does this.
fn attempt(step: &str, deed: &Value) -> Attempt {
    Attempt {
        instance: "019aa0c0-0000-7000-8000-000000000001".parse().expect("a UUID"),
        business_id: "caller::abc".parse().expect("a business id"),
        workflow: "caller".parse().expect("a name"),
        version: hephaestus_core::WorkflowVersion(1),
        step: step.parse().expect("a name"),
        attempt: 1,
        context: ContextView {
            initial: Json::parse(&json!({ step: deed }).to_string()).expect("JSON"),
            results: BTreeMap::new(),
        },
        config: None,
        deadline: None,
        started_at: Timestamp(1_000),
        checkpoint: None,
    }
}

#[track_caller]
fn seen(report: &AttemptReport) -> Value {
    match &report.outcome {
        Outcome::Completed {
            result: Some(result), ..
        } => result.to_value(),
        other => panic!("expected a result, got {other:?}"),
    }
}

/// The requests of its steps are part of what a component says about itself.
#[tokio::test]
async fn a_definition_says_what_is_asked_for() {
    let caller = Caller::new("").await;
    let asked = &caller.workflow.workflow.definition().steps[0].requests;
    assert_eq!(
        *asked,
        [
            Request::Http {
                origin: "http://127.0.0.1:1".into(),
                private: false,
                methods: Vec::new(),
            },
            Request::Http {
                origin: "http://ledger.internal".into(),
                private: true,
                methods: Vec::new(),
            },
            Request::Secret { name: "TOKEN".into() }
        ]
    );
    let review = Review::new(&caller.workflow.workflow, &caller.manifest.get(), None);
    assert_eq!(review.asked.iter().filter(|asked| !asked.granted).count(), 3);
}

/// A component imports what it calls, and nothing else.
#[test]
fn who_sends_no_requests_imports_no_http() {
    let imports_http = |name: &str| {
        let component = std::fs::read(hephaestus_tests::component(name)).expect("readable");
        component.windows(9).any(|bytes| bytes == b"wasi:http")
    };
    assert!(imports_http("caller"));
    assert!(!imports_http("order-flow"));
}
