//! A guest written against `wit/workflow.wit` alone, the way any language would: no SDK, no JSON library.
//!
//! ```text
//! prepare --prepared--> (ask | wrap-up)     chosen by `transit`: an empty input needs no question
//! ask     --answered, timeout--> wrap-up    waits
//! wrap-up --finished--> done
//! ```
//!
//! `wrap-up` passes the answer on as its own result, so that a test sees what the waiting step received.

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "workflow" });
}

use bindings::exports::hephaestus::workflow::definition::{
    BusinessKey, Guest as Definition, JoinRule, StepDefinition, Targets, Transition, Uniqueness,
    WorkflowDefinition,
};
use bindings::exports::hephaestus::workflow::routing::Guest as Routing;
use bindings::exports::hephaestus::workflow::steps::{
    Completion, ErrorKind, Guest as Steps, Outcome, StepError, Wait,
};
use bindings::hephaestus::workflow::{context, log};

/// Long enough for a person, and for a test to never see it.
const ANSWER_WITHIN_MS: u64 = 24 * 60 * 60 * 1000;

struct RawWit;

#[cfg(target_family = "wasm")]
bindings::export!(RawWit with_types_in bindings);

impl Definition for RawWit {
    fn describe() -> WorkflowDefinition {
        WorkflowDefinition {
            name: "raw-wit".into(),
            version: 1,
            start: "prepare".into(),
            steps: vec![
                step("prepare", &["prepared"], &[], JoinRule::Default),
                step("ask", &[], &["answered", "timeout"], JoinRule::Default),
                step("wrap-up", &["finished"], &[], JoinRule::Settled),
            ],
            transitions: vec![
                transition(
                    "prepare",
                    "prepared",
                    Targets::Dynamic(names(&["ask", "wrap-up"])),
                ),
                transition("ask", "answered", Targets::Static(names(&["wrap-up"]))),
                transition("ask", "timeout", Targets::Static(names(&["wrap-up"]))),
                transition("wrap-up", "finished", Targets::Static(names(&["done"]))),
            ],
            business_key: Some(BusinessKey {
                name: "raw".into(),
                uniqueness: Uniqueness::Workflow,
            }),
            retry: None,
            deadline: None,
            on_cancel: None,
            tags: vec!["test".into()],
            metadata: vec![("written-with".into(), "wit-bindgen alone".into())],
        }
    }
}

impl Routing for RawWit {
    fn transit(_step: String, _event: String) -> Vec<String> {
        let asks = context::result("prepare").is_ok_and(|result| result.as_deref() == Some("\"ask\""));
        names(&[if asks { "ask" } else { "wrap-up" }])
    }
}

impl Steps for RawWit {
    fn execute(step: String) -> Result<Outcome, StepError> {
        match step.as_str() {
            "prepare" => Ok(prepare()),
            "ask" => Ok(Outcome::Waiting(Wait {
                resume_after: Some(ANSWER_WITHIN_MS),
            })),
            "wrap-up" => wrap_up(),
            unknown => Err(permanent(format!("there is no step `{unknown}`"))),
        }
    }
}

fn prepare() -> Outcome {
    let asks = context::initial().trim() != "{}";
    let decision = if asks { "\"ask\"" } else { "\"skip\"" };
    log::log(
        log::Level::Info,
        "prepared",
        &[("decision".into(), decision.into())],
    );
    completed("prepared", Some(decision.into()))
}

fn wrap_up() -> Result<Outcome, StepError> {
    let answer =
        context::result("ask").map_err(|error| permanent(format!("`ask` can't be read: {error}")))?;
    Ok(completed("finished", answer))
}

fn completed(event: &str, result: Option<String>) -> Outcome {
    Outcome::Completed(Completion {
        event: event.into(),
        result,
        metadata: vec![],
    })
}

fn permanent(message: String) -> StepError {
    StepError {
        message,
        retryable: false,
        kind: ErrorKind::Other,
    }
}

fn step(name: &str, emits: &[&str], accepts: &[&str], join: JoinRule) -> StepDefinition {
    StepDefinition {
        name: name.into(),
        emits: names(emits),
        accepts: names(accepts),
        join,
        retry: None,
        deadline: None,
        config: None,
        requests: vec![],
    }
}

fn transition(source: &str, event: &str, targets: Targets) -> Transition {
    Transition {
        source: source.into(),
        event: event.into(),
        targets,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}
