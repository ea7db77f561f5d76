//! The proof of a graph in a native unit test: by the rules, and the code, of the host.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

use hephaestus_core::definition as core;
use hephaestus_core::{BusinessKeyName, EventName, Json, StepRef, WorkflowName, WorkflowVersion};

use super::Workflow;
use crate::bindings::exports::hephaestus::workflow::definition as wit;
use crate::describe::describe;
use crate::request::to_core;

/// Everything that is wrong with a graph, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound(Vec<String>);

impl Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Unsound {}

impl Workflow {
    /// The definition in the host's own types, unproven. Only in native builds.
    ///
    /// # Errors
    /// Names that are not kebab-case, and joins that are no expressions: all of them.
    pub fn definition(&self) -> Result<core::WorkflowDefinition, Unsound> {
        let mut reader = Reader::default();
        let definition = reader.workflow(describe(self));
        match definition {
            Some(definition) if reader.problems.is_empty() => Ok(definition),
            _ => Err(Unsound(reader.problems)),
        }
    }

    /// Proves the graph as the host does when the component is deployed. Only in native builds.
    ///
    /// # Errors
    /// Everything that is wrong, at once, each with its fix.
    pub fn check(&self) -> Result<core::Workflow, Unsound> {
        core::Workflow::new(self.definition()?)
            .map_err(|violations| Unsound(violations.0.iter().map(ToString::to_string).collect()))
    }

    /// As [`check`](Self::check), for a unit test of one line.
    ///
    /// # Panics
    /// If the graph is not sound; the message lists everything that is wrong.
    pub fn assert_sound(&self) {
        if let Err(unsound) = self.check() {
            panic!("the graph of workflow `{}` is not sound:\n{unsound}", self.name);
        }
    }
}

/// Collects what can't be read, so that all of it is reported at once.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn workflow(&mut self, wit: wit::WorkflowDefinition) -> Option<core::WorkflowDefinition> {
        let name = self.read(&wit.name, WorkflowName::new);
        let start = self.read(&wit.start, StepRef::new);
        let business_key = self.business_key(&wit);
        let on_cancel = wit
            .on_cancel
            .as_deref()
            .and_then(|step| self.read(step, StepRef::new));
        let steps = wit.steps.into_iter().filter_map(|step| self.step(step)).collect();
        let transitions = wit
            .transitions
            .iter()
            .filter_map(|transition| self.transition(transition))
            .collect();
        Some(core::WorkflowDefinition {
            name: name?,
            version: WorkflowVersion(wit.version),
            start: start?,
            steps,
            transitions,
            business_key: business_key?,
            retry: wit.retry.map(retry),
            deadline: wit.deadline.map(Duration::from_millis),
            on_cancel,
            tags: wit.tags,
            metadata: wit.metadata.into_iter().collect::<BTreeMap<_, _>>(),
        })
    }

    fn business_key(&mut self, wit: &wit::WorkflowDefinition) -> Option<core::BusinessKey> {
        let (name, uniqueness) = match &wit.business_key {
            Some(key) => (&key.name, uniqueness(key.uniqueness)),
            None => (&wit.name, core::Uniqueness::Workflow),
        };
        Some(core::BusinessKey {
            name: self.read(name, BusinessKeyName::new)?,
            uniqueness,
        })
    }

    fn step(&mut self, wit: wit::StepDefinition) -> Option<core::StepDefinition> {
        let name = self.read(&wit.name, StepRef::new);
        let emits = self.read_all(&wit.emits, EventName::new);
        let accepts = self.read_all(&wit.accepts, EventName::new);
        let join = self.join(&wit.join);
        let config = wit
            .config
            .as_deref()
            .and_then(|config| self.read(config, Json::parse));
        Some(core::StepDefinition {
            emits,
            accepts,
            join: join?,
            retry: wit.retry.map(retry),
            deadline: wit.deadline.map(Duration::from_millis),
            config,
            requests: wit.requests.into_iter().map(to_core).collect(),
            ..core::StepDefinition::new(name?)
        })
    }

    fn join(&mut self, wit: &wit::JoinRule) -> Option<core::JoinRule> {
        Some(match wit {
            wit::JoinRule::Default => core::JoinRule::Default,
            wit::JoinRule::All => core::JoinRule::All,
            wit::JoinRule::Any => core::JoinRule::Any,
            wit::JoinRule::Settled => core::JoinRule::Settled,
            wit::JoinRule::Expression(text) => core::JoinRule::Expression(self.read(text, str::parse)?),
        })
    }

    fn transition(&mut self, wit: &wit::Transition) -> Option<core::Transition> {
        let source = self.read(&wit.source, StepRef::new);
        let event = self.read(&wit.event, EventName::new);
        let targets = match &wit.targets {
            wit::Targets::Static(steps) => core::Targets::Static(self.read_all(steps, StepRef::new)),
            wit::Targets::Dynamic(steps) => core::Targets::Dynamic(self.read_all(steps, StepRef::new)),
        };
        Some(core::Transition {
            source: source?,
            event: event?,
            targets,
        })
    }

    fn read_all<T, E: Display>(&mut self, texts: &[String], read: fn(&str) -> Result<T, E>) -> Vec<T> {
        texts.iter().filter_map(|text| self.read(text, read)).collect()
    }

    fn read<T, E: Display>(&mut self, text: &str, read: fn(&str) -> Result<T, E>) -> Option<T> {
        let problem = match read(text) {
            Ok(value) => return Some(value),
            Err(error) => error.to_string(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        None
    }
}

fn retry(wit: wit::RetryPolicy) -> core::RetryPolicy {
    core::RetryPolicy {
        max_attempts: wit.max_attempts,
        backoff: match wit.backoff {
            wit::Backoff::Constant => core::Backoff::Constant,
            wit::Backoff::Linear => core::Backoff::Linear,
            wit::Backoff::Exponential => core::Backoff::Exponential,
        },
        initial: Duration::from_millis(wit.initial),
        cap: Duration::from_millis(wit.cap),
        jitter_percent: wit.jitter_percent,
    }
}

fn uniqueness(wit: wit::Uniqueness) -> core::Uniqueness {
    match wit {
        wit::Uniqueness::Workflow => core::Uniqueness::Workflow,
        wit::Uniqueness::Version => core::Uniqueness::Version,
        wit::Uniqueness::Global => core::Uniqueness::Global,
        wit::Uniqueness::None => core::Uniqueness::None,
    }
}
