//! A runner whose only workflow hands on what it gets: a step's result is the instance's input, then it waits for an event.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use hephaestus_core::definition::{Workflow, WorkflowBuilder, step};
use hephaestus_core::engine::{Outcome, Receipt, Routing, SentEvent};
use hephaestus_core::{Digest, EventId, EventName, InstanceId, Json, WorkflowName};
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{
    Attempt, AttemptReport, InstanceError, LoadError, LoadedWorkflow, Sandbox, StepExecutor,
};
use hephaestus_host::{Host, InstanceRef, Runner, StartError, StartOptions};
use tokio::runtime::Runtime;

/// Small, so that inputs are on both sides of it.
const MAX_INPUT_BYTES: usize = 4_096;

static RUNNER: LazyLock<(Runtime, Host)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let host = runtime.block_on(host());
    (runtime, host)
});

async fn host() -> Host {
    let mut limits = RunnerLimits::default();
    limits.max_input_bytes = MAX_INPUT_BYTES;
    let host = Host::builder()
        .memory()
        .limits(limits)
        .executor(Arc::new(Echo))
        .build();
    let host = host.await.unwrap_or_else(|error| panic!("{error}"));
    let deployed = host.deploy(b"echo").await;
    deployed.unwrap_or_else(|error| panic!("{error}"));
    host
}

/// The runner takes what it should, and hands it on as it is.
pub(super) fn demand_arrival(json: &Json) {
    let (runtime, host) = &*RUNNER;
    runtime.block_on(arrive(host, json));
}

async fn arrive(host: &Host, json: &Json) {
    let fits = json.as_str().len() <= MAX_INPUT_BYTES;
    let started = start(host, json.clone()).await;
    match &started {
        Ok(_) => assert!(fits && json.is_object(), "taken as an input"),
        Err(StartError::InvalidInput { .. }) => assert!(!fits || !json.is_object(), "refused as an input"),
        Err(other) => panic!("{other}"),
    }
    // What is no input may be a payload.
    let (instance, initial) = match started {
        Ok(instance) => (instance, json.clone()),
        Err(_) => {
            let started = start(host, Json::empty_object()).await;
            let instance = started.unwrap_or_else(|error| panic!("{error}"));
            (instance, Json::empty_object())
        }
    };
    let instance = instance.into();
    match send(host, &instance, json.clone()).await {
        Ok(()) => {
            assert!(fits, "a payload over the limit is taken");
            let state = host.wait_for_end(&instance).await;
            let state = state.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(state.result("first"), Some(&initial), "what arrived of the input");
            assert_eq!(state.result("ask"), Some(json), "what arrived of the payload");
        }
        Err(InstanceError::PayloadTooLarge { .. }) => {
            assert!(!fits, "a payload within the limit is refused");
            let cancelled = host.cancel(&instance, None).await;
            cancelled.unwrap_or_else(|error| panic!("{error}"));
        }
        Err(other) => panic!("{other}"),
    }
    let deleted = host.delete(&instance).await;
    deleted.unwrap_or_else(|error| panic!("{error}"));
}

async fn start(host: &Host, initial: Json) -> Result<InstanceId, StartError> {
    let runner = host.runner();
    runner
        .start_instance(&workflow_name(), initial, StartOptions::default())
        .await
}

async fn send(host: &Host, instance: &InstanceRef, payload: Json) -> Result<(), InstanceError> {
    let event = SentEvent {
        event_id: EventId::new("one").unwrap_or_else(|error| panic!("{error}")),
        event: name("go"),
        step: None,
        payload: Some(payload),
    };
    host.runner().resume(instance, event).await
}

fn name(text: &str) -> EventName {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn workflow_name() -> WorkflowName {
    "echo".parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Executes the workflow.
struct Echo;

#[async_trait]
impl StepExecutor for Echo {
    async fn load(&self, digest: Digest, _component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        let workflow = Arc::new(workflow());
        Ok(LoadedWorkflow { digest, workflow })
    }

    fn sandbox(&self, _workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(Self)
    }
}

#[async_trait]
impl Sandbox for Echo {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let outcome = match attempt.step.as_str() {
            "first" => Outcome::Completed {
                event: name("ok"),
                result: Some(attempt.context.initial),
                metadata: [].into(),
            },
            _ => Outcome::Wait { resume_after: None },
        };
        let receipt = Receipt::nothing(attempt.started_at);
        AttemptReport {
            outcome,
            receipt,
            output: Vec::new(),
            retry: None,
        }
    }

    async fn transit(&mut self, _attempt: Attempt, _event: &EventName) -> Routing {
        Ok(Vec::new())
    }
}

fn workflow() -> Workflow {
    let built = WorkflowBuilder::new("echo", 1)
        .step(step("first").emits("ok", ["ask"]))
        .step(step("ask").accepts("go", ["done"]))
        .build();
    built.unwrap_or_else(|error| panic!("{error}"))
}
