//! From the definition as a component gives it to the one that core checks: names, joins, JSON. Whether the graph is
//! sound is core's to say; here everything that can't even be read is reported at once.

use std::fmt::Display;
use std::time::Duration;

use hephaestus_core::definition::{
    Backoff, BusinessKey, Join, JoinRule, RetryPolicy, StepDefinition, Targets, Transition, Uniqueness,
    WorkflowDefinition,
};
use hephaestus_core::{BusinessKeyName, EventName, Json, StepRef, WorkflowName, WorkflowVersion};

use super::bindings::exports::hephaestus::workflow::definition as wit;
use super::grants;
use super::refusal::refused;
use crate::runner::LoadError;

/// Reads a definition.
pub(super) fn definition(given: wit::WorkflowDefinition) -> Result<WorkflowDefinition, LoadError> {
    let mut reader = Reader::default();
    let definition = reader.definition(given);
    definition.filter(|_| reader.problems.is_empty()).ok_or_else(|| {
        refused(
            format!(
                "a definition that can't be read:\n- {}\n",
                reader.problems.join("\n- ")
            ),
            "kebab-case names, joins like `all[a.done, any[b.x, c.y]]`, JSON configurations",
            "correct these in the definition and build the component again",
        )
    })
}

/// Reads on after a problem, with something in its place: the result counts only if there was none.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn definition(&mut self, given: wit::WorkflowDefinition) -> Option<WorkflowDefinition> {
        let name = self.keep("the name of the workflow", WorkflowName::new(&given.name));
        let business_key = self.business_key(given.business_key, &given.name);
        let start = self.step_ref("the start step", &given.start);
        let steps = given.steps.into_iter().map(|step| self.step(step)).collect();
        let transitions = given
            .transitions
            .into_iter()
            .map(|given| self.transition(given))
            .collect();
        let on_cancel = given
            .on_cancel
            .map(|step| self.step_ref("the step for `cancelled`", &step));
        Some(WorkflowDefinition {
            name: name?,
            version: WorkflowVersion(given.version),
            start,
            steps,
            transitions,
            business_key: business_key?,
            retry: given.retry.map(retry),
            deadline: given.deadline.map(Duration::from_millis),
            on_cancel,
            tags: given.tags,
            metadata: given.metadata.into_iter().collect(),
        })
    }

    fn business_key(&mut self, given: Option<wit::BusinessKey>, workflow: &str) -> Option<BusinessKey> {
        let Some(wit::BusinessKey { name, uniqueness }) = given else {
            // Not a name either if the workflow's isn't; that is reported already.
            let name = BusinessKeyName::new(workflow).ok()?;
            return Some(BusinessKey {
                name,
                uniqueness: Uniqueness::Workflow,
            });
        };
        let uniqueness = match uniqueness {
            wit::Uniqueness::Workflow => Uniqueness::Workflow,
            wit::Uniqueness::Version => Uniqueness::Version,
            wit::Uniqueness::Global => Uniqueness::Global,
            wit::Uniqueness::None => Uniqueness::None,
        };
        let name = self.keep("the business key", BusinessKeyName::new(&name))?;
        Some(BusinessKey { name, uniqueness })
    }

    fn step(&mut self, given: wit::StepDefinition) -> StepDefinition {
        let place = format!("step {:?}", given.name);
        StepDefinition {
            name: self.step_ref(&place, &given.name),
            emits: self.events(&format!("{place}, an event that it emits"), &given.emits),
            accepts: self.events(&format!("{place}, an event that it accepts"), &given.accepts),
            join: match given.join {
                wit::JoinRule::Default => JoinRule::Default,
                wit::JoinRule::All => JoinRule::All,
                wit::JoinRule::Any => JoinRule::Any,
                wit::JoinRule::Settled => JoinRule::Settled,
                wit::JoinRule::Expression(text) => self
                    .keep(&format!("{place}, its join"), text.parse::<Join>())
                    .map_or(JoinRule::Default, JoinRule::Expression),
            },
            retry: given.retry.map(retry),
            deadline: given.deadline.map(Duration::from_millis),
            config: given
                .config
                .and_then(|text| self.keep(&format!("{place}, its configuration"), Json::parse(&text))),
            requests: given.requests.into_iter().map(grants::from_wit).collect(),
        }
    }

    fn transition(&mut self, given: wit::Transition) -> Transition {
        let place = format!("the transition of {:?} for {:?}", given.source, given.event);
        Transition {
            source: self.step_ref(&place, &given.source),
            event: self.event(&place, &given.event),
            targets: match given.targets {
                wit::Targets::Static(targets) => Targets::Static(self.step_refs(&place, &targets)),
                wit::Targets::Dynamic(targets) => Targets::Dynamic(self.step_refs(&place, &targets)),
            },
        }
    }

    fn step_refs(&mut self, place: &str, names: &[String]) -> Vec<StepRef> {
        names.iter().map(|name| self.step_ref(place, name)).collect()
    }

    fn events(&mut self, place: &str, names: &[String]) -> Vec<EventName> {
        names.iter().map(|name| self.event(place, name)).collect()
    }

    fn step_ref(&mut self, place: &str, name: &str) -> StepRef {
        self.keep(place, StepRef::new(name)).unwrap_or_else(StepRef::done)
    }

    fn event(&mut self, place: &str, name: &str) -> EventName {
        self.keep(place, EventName::new(name))
            .unwrap_or_else(EventName::timeout)
    }

    fn keep<T>(&mut self, place: &str, result: Result<T, impl Display>) -> Option<T> {
        result
            .map_err(|problem| self.problems.push(format!("{place}: {problem}")))
            .ok()
    }
}

fn retry(given: wit::RetryPolicy) -> RetryPolicy {
    RetryPolicy {
        max_attempts: given.max_attempts,
        backoff: match given.backoff {
            wit::Backoff::Constant => Backoff::Constant,
            wit::Backoff::Linear => Backoff::Linear,
            wit::Backoff::Exponential => Backoff::Exponential,
        },
        initial: Duration::from_millis(given.initial),
        cap: Duration::from_millis(given.cap),
        jitter_percent: given.jitter_percent,
    }
}
