//! The workflow in the words of the WIT.

use std::time::Duration;

use crate::Request;
use crate::bindings::exports::hephaestus::workflow::definition as wit;
use crate::workflow::{AnyStep, Backoff, JoinRule, Retry, Targets, Uniqueness, Workflow};

/// What `definition.describe` answers.
pub(crate) fn describe(workflow: &Workflow) -> wit::WorkflowDefinition {
    wit::WorkflowDefinition {
        name: workflow.name.into(),
        version: workflow.version,
        // Without steps there is no start; the host then names what is wrong.
        start: workflow
            .steps
            .first()
            .map(|step| step.name)
            .unwrap_or_default()
            .into(),
        steps: workflow
            .steps
            .iter()
            .map(step)
            .chain(workflow.done.as_ref().map(done))
            .collect(),
        transitions: workflow.steps.iter().flat_map(transitions).collect(),
        business_key: workflow.business_key.map(|(name, uniqueness)| wit::BusinessKey {
            name: name.into(),
            uniqueness: self::uniqueness(uniqueness),
        }),
        retry: workflow.retry.as_ref().map(retry),
        deadline: workflow.deadline.map(milliseconds),
        on_cancel: workflow.on_cancel.map(Into::into),
        tags: names(&workflow.tags),
        metadata: workflow
            .metadata
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect(),
    }
}

/// In whole milliseconds; what is shorter than one counts as one, so that "soon" never becomes "at once" or "never".
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    let whole = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if whole == 0 && !duration.is_zero() {
        1
    } else {
        whole
    }
}

fn step(step: &AnyStep) -> wit::StepDefinition {
    wit::StepDefinition {
        name: step.name.into(),
        emits: names(&step.emits),
        accepts: names(&step.accepts),
        join: join(&step.join),
        retry: step.retry.as_ref().map(retry),
        deadline: step.deadline.map(milliseconds),
        config: step.config.clone(),
        requests: step.requests.iter().copied().map(Request::to_wit).collect(),
    }
}

fn done(rule: &JoinRule) -> wit::StepDefinition {
    wit::StepDefinition {
        name: "done".into(),
        emits: Vec::new(),
        accepts: Vec::new(),
        join: join(rule),
        retry: None,
        deadline: None,
        config: None,
        requests: Vec::new(),
    }
}

fn transitions(step: &AnyStep) -> impl Iterator<Item = wit::Transition> {
    step.routes.iter().map(|(event, to)| wit::Transition {
        source: step.name.into(),
        event: (*event).into(),
        targets: targets(to),
    })
}

fn targets(targets: &Targets) -> wit::Targets {
    let declared = names(targets.names());
    match targets.chooser() {
        Some(_) => wit::Targets::Dynamic(declared),
        None => wit::Targets::Static(declared),
    }
}

fn join(rule: &JoinRule) -> wit::JoinRule {
    match rule {
        JoinRule::Default => wit::JoinRule::Default,
        JoinRule::All => wit::JoinRule::All,
        JoinRule::Any => wit::JoinRule::Any,
        JoinRule::Settled => wit::JoinRule::Settled,
        JoinRule::Expression(join) => wit::JoinRule::Expression(join.to_string()),
    }
}

fn retry(retry: &Retry) -> wit::RetryPolicy {
    wit::RetryPolicy {
        max_attempts: retry.max_attempts,
        backoff: match retry.backoff {
            Backoff::Constant => wit::Backoff::Constant,
            Backoff::Linear => wit::Backoff::Linear,
            Backoff::Exponential => wit::Backoff::Exponential,
        },
        initial: milliseconds(retry.initial),
        cap: milliseconds(retry.cap),
        jitter_percent: retry.jitter_percent,
    }
}

fn uniqueness(uniqueness: Uniqueness) -> wit::Uniqueness {
    match uniqueness {
        Uniqueness::Workflow => wit::Uniqueness::Workflow,
        Uniqueness::Version => wit::Uniqueness::Version,
        Uniqueness::Global => wit::Uniqueness::Global,
        Uniqueness::None => wit::Uniqueness::None,
    }
}

fn names(names: &[&'static str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}
