//! Definitions written in Rust: for embedders that make workflows themselves, and for tests.
//!
//! ```
//! use hephaestus_core::definition::{WorkflowBuilder, step};
//!
//! let workflow = WorkflowBuilder::new("order", 1)
//!     .step(step("charge").emits("charged", ["approve"]).emits("declined", ["done"]).failed(["done"]))
//!     .step(step("approve").accepts("approved", ["ship"]).accepts("rejected", ["done"]))
//!     .step(step("ship").emits("shipped", ["done"]))
//!     .build()?;
//! assert_eq!(workflow.steps().len(), 4);
//! # Ok::<(), hephaestus_core::definition::BuildError>(())
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    BusinessKey, InvalidJoin, JoinRule, RetryPolicy, StepDefinition, Targets, Transition, Uniqueness,
    Violations, Workflow, WorkflowDefinition,
};
use crate::capability::Request;
use crate::{InvalidName, Json, StepRef, WorkflowVersion};

/// What was built is not a workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A name is not kebab-case. The first such name; nothing else was looked at.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A join can't be read. The first such join; nothing else was looked at.
    #[error(transparent)]
    Join(#[from] InvalidJoin),
    /// No step was added.
    #[error("the workflow has no steps: add the one that it starts with")]
    NoSteps,
    /// The graph is not sound.
    #[error("the graph is not sound:\n{0}")]
    Unsound(#[from] Violations),
}

/// Builds a [`WorkflowDefinition`]. The first step added is the one that instances start with. Errors are kept until
/// the end.
#[derive(Debug, Clone)]
#[must_use]
pub struct WorkflowBuilder {
    name: String,
    version: u32,
    key: Option<(String, Uniqueness)>,
    steps: Vec<StepBuilder>,
    on_cancel: Option<String>,
    retry: Option<RetryPolicy>,
    deadline: Option<Duration>,
    tags: Vec<String>,
    metadata: BTreeMap<String, String>,
}

impl WorkflowBuilder {
    /// A workflow without steps, whose instances are named `<name>::<value>`, unique within it.
    pub fn new(name: &str, version: u32) -> Self {
        Self {
            name: name.to_owned(),
            version,
            key: None,
            steps: Vec::new(),
            on_cancel: None,
            retry: None,
            deadline: None,
            tags: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// Adds a step and its transitions. `done` needs no adding, except to give it a join.
    pub fn step(mut self, step: StepBuilder) -> Self {
        self.steps.push(step);
        self
    }

    /// What names the instances.
    pub fn business_key(mut self, name: &str, uniqueness: Uniqueness) -> Self {
        self.key = Some((name.to_owned(), uniqueness));
        self
    }

    /// The step that runs when an instance is cancelled.
    pub fn on_cancel(mut self, step: &str) -> Self {
        self.on_cancel = Some(step.to_owned());
        self
    }

    /// The retry policy of steps that bring none.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// How long an instance may take.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Adds a label.
    pub fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }

    /// Adds a fact.
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The definition, unproven.
    pub fn definition(self) -> Result<WorkflowDefinition, BuildError> {
        let start = self.steps.first().ok_or(BuildError::NoSteps)?.name.parse()?;
        let (key, uniqueness) = self
            .key
            .unwrap_or_else(|| (self.name.clone(), Uniqueness::default()));
        let mut steps = Vec::new();
        let mut transitions = Vec::new();
        for step in self.steps {
            steps.push(step.definition(&mut transitions)?);
        }
        Ok(WorkflowDefinition {
            name: self.name.parse()?,
            version: WorkflowVersion(self.version),
            start,
            steps,
            transitions,
            business_key: BusinessKey {
                name: key.parse()?,
                uniqueness,
            },
            retry: self.retry,
            deadline: self.deadline,
            on_cancel: self.on_cancel.map(|step| step.parse()).transpose()?,
            tags: self.tags,
            metadata: self.metadata,
        })
    }

    /// The workflow, proven.
    pub fn build(self) -> Result<Workflow, BuildError> {
        Ok(Workflow::new(self.definition()?)?)
    }
}

/// Begins a step: see [`WorkflowBuilder::step`].
pub fn step(name: &str) -> StepBuilder {
    StepBuilder {
        name: name.to_owned(),
        arrows: Vec::new(),
        join: Ok(JoinRule::Default),
        retry: None,
        deadline: None,
        config: None,
        requests: Vec::new(),
    }
}

/// Builds a step together with the transitions that leave it.
#[derive(Debug, Clone)]
#[must_use]
pub struct StepBuilder {
    name: String,
    arrows: Vec<Arrow>,
    join: Result<JoinRule, InvalidJoin>,
    retry: Option<RetryPolicy>,
    deadline: Option<Duration>,
    config: Option<Json>,
    requests: Vec<Request>,
}

/// An event of a step, and where it leads.
#[derive(Debug, Clone)]
struct Arrow {
    origin: Origin,
    event: String,
    targets: Vec<String>,
    is_dynamic: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Emitted,
    Accepted,
    Failed,
}

impl StepBuilder {
    /// Its code can end with `event`, which leads to all of `targets`. Without targets there is no transition: that is
    /// how the step for cancelling ends.
    pub fn emits<'a>(self, event: &str, targets: impl IntoIterator<Item = &'a str>) -> Self {
        self.arrow(Origin::Emitted, event, targets, false)
    }

    /// As [`Self::emits`], but the workflow's code chooses among `targets`.
    pub fn emits_dynamic<'a>(self, event: &str, targets: impl IntoIterator<Item = &'a str>) -> Self {
        self.arrow(Origin::Emitted, event, targets, true)
    }

    /// `event` can be sent to it, ends its wait, and leads to all of `targets`. Without targets as in [`Self::emits`].
    pub fn accepts<'a>(self, event: &str, targets: impl IntoIterator<Item = &'a str>) -> Self {
        self.arrow(Origin::Accepted, event, targets, false)
    }

    /// As [`Self::accepts`], but the workflow's code chooses among `targets`.
    pub fn accepts_dynamic<'a>(self, event: &str, targets: impl IntoIterator<Item = &'a str>) -> Self {
        self.arrow(Origin::Accepted, event, targets, true)
    }

    /// Where it leads when it has used up its attempts.
    pub fn failed<'a>(self, targets: impl IntoIterator<Item = &'a str>) -> Self {
        self.arrow(Origin::Failed, "failed", targets, false)
    }

    /// When it runs, where it has several incoming transitions.
    pub fn join(mut self, rule: JoinRule) -> Self {
        self.join = Ok(rule);
        self
    }

    /// As [`Self::join`], spelled out: `all[reserve.reserved, any[charge.declined, approve.rejected]]`.
    pub fn join_expression(mut self, text: &str) -> Self {
        self.join = text.parse().map(JoinRule::Expression);
        self
    }

    /// Its own retry policy.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// How long one attempt may take.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Handed to its code.
    pub fn config(mut self, config: Json) -> Self {
        self.config = Some(config);
        self
    }

    /// Adds something that its code asks for.
    pub fn request(mut self, request: Request) -> Self {
        self.requests.push(request);
        self
    }

    fn arrow<'a>(
        mut self,
        origin: Origin,
        event: &str,
        targets: impl IntoIterator<Item = &'a str>,
        is_dynamic: bool,
    ) -> Self {
        self.arrows.push(Arrow {
            origin,
            event: event.to_owned(),
            targets: targets.into_iter().map(str::to_owned).collect(),
            is_dynamic,
        });
        self
    }

    fn definition(self, transitions: &mut Vec<Transition>) -> Result<StepDefinition, BuildError> {
        let mut step = StepDefinition {
            join: self.join?,
            retry: self.retry,
            deadline: self.deadline,
            config: self.config,
            requests: self.requests,
            ..StepDefinition::new(self.name.parse()?)
        };
        for arrow in &self.arrows {
            let event: crate::EventName = arrow.event.parse()?;
            match arrow.origin {
                Origin::Emitted => step.emits.push(event.clone()),
                Origin::Accepted => step.accepts.push(event.clone()),
                Origin::Failed => {}
            }
            // An event that is both emitted and accepted has one transition.
            let is_repeated = transitions
                .iter()
                .any(|known| known.source == step.name && known.event == event);
            if !arrow.targets.is_empty() && !is_repeated {
                transitions.push(Transition {
                    source: step.name.clone(),
                    event,
                    targets: arrow.targets()?,
                });
            }
        }
        Ok(step)
    }
}

impl Arrow {
    fn targets(&self) -> Result<Targets, InvalidName> {
        let targets: Result<Vec<StepRef>, _> = self.targets.iter().map(|target| target.parse()).collect();
        Ok(if self.is_dynamic {
            Targets::Dynamic(targets?)
        } else {
            Targets::Static(targets?)
        })
    }
}
