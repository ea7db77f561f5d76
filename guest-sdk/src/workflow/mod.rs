//! The graph, written so that it reads like the process.

mod join;
mod options;
mod retry;
#[cfg(not(target_family = "wasm"))]
mod sound;
mod spec;
mod targets;

use std::time::Duration;

pub use join::{Join, JoinRule, all, any, settled};
pub use options::StepOptions;
pub use retry::{Backoff, Retry};
#[cfg(not(target_family = "wasm"))]
pub use sound::Unsound;
pub use spec::StepSpec;
pub use targets::{Targets, done, to};

use crate::step::{ErasedOutcome, ErasedRun};
use crate::{Context, Request, Step, StepError};
use targets::Chooser;

/// Among which active instances a business id is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Uniqueness {
    /// Those of the workflow, whatever their version.
    #[default]
    Workflow,
    /// Those of the same version of the workflow.
    Version,
    /// Those of all workflows that say `Global`.
    Global,
    /// It isn't unique.
    None,
}

/// A workflow: a directed acyclic graph of steps. The first step added is where instances begin; `done` is built in.
///
/// The page of the [crate] shows a whole one.
pub struct Workflow {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) steps: Vec<AnyStep>,
    pub(crate) done: Option<JoinRule>,
    pub(crate) business_key: Option<(&'static str, Uniqueness)>,
    pub(crate) retry: Option<Retry>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) on_cancel: Option<&'static str>,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) metadata: Vec<(&'static str, &'static str)>,
}

/// A step of the graph without its types.
pub(crate) struct AnyStep {
    pub(crate) name: &'static str,
    pub(crate) run: ErasedRun,
    pub(crate) emits: Vec<&'static str>,
    pub(crate) accepts: Vec<&'static str>,
    pub(crate) routes: Vec<(&'static str, Targets)>,
    pub(crate) join: JoinRule,
    pub(crate) retry: Option<Retry>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) config: Option<String>,
    pub(crate) requests: Vec<Request>,
}

impl Workflow {
    /// A workflow without steps. Code that changed needs another version: the host refuses the same version with
    /// another component.
    pub fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            steps: Vec::new(),
            done: None,
            business_key: None,
            retry: None,
            deadline: None,
            on_cancel: None,
            tags: Vec::new(),
            metadata: Vec::new(),
        }
    }

    /// Adds a step. The first one is where instances begin.
    #[must_use]
    pub fn step<S: Step>(mut self, spec: StepSpec<S>) -> Self {
        self.steps.push(spec.into_any());
        self
    }

    /// What names the instances: `orderid` in `orderid::abc123`. Among the active instances of the workflow each value
    /// is taken once. Without a business key, the name of the workflow is the key.
    #[must_use]
    pub fn business_key(self, name: &'static str) -> Self {
        self.business_key_unique_in(name, Uniqueness::Workflow)
    }

    /// As [`business_key`](Self::business_key), unique among other instances.
    #[must_use]
    pub fn business_key_unique_in(mut self, name: &'static str, uniqueness: Uniqueness) -> Self {
        self.business_key = Some((name, uniqueness));
        self
    }

    /// How failed attempts are repeated, for steps that don't say. Without it, the host's default applies.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// How long an instance may take from its creation to its end.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// When the instance is done. Without it: when no transition to `done` is open any more and one was taken.
    #[must_use]
    pub fn done_when(mut self, join: impl Into<JoinRule>) -> Self {
        self.done = Some(join.into());
        self
    }

    /// The step that runs when an operator cancels an instance. Add it with [`step`](Self::step) too, without
    /// transitions.
    #[must_use]
    pub fn on_cancel<S: Step>(mut self) -> Self {
        self.on_cancel = Some(S::NAME);
        self
    }

    /// Adds a label to find the workflow by.
    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tags.push(tag);
        self
    }

    /// Adds a fact about the workflow.
    #[must_use]
    pub fn metadata(mut self, key: &'static str, value: &'static str) -> Self {
        self.metadata.push((key, value));
        self
    }

    /// Executes one attempt.
    pub(crate) fn execute(&self, name: &str, ctx: &Context) -> Result<ErasedOutcome, StepError> {
        let step = self.find(name).ok_or_else(|| {
            StepError::permanent(format!(
                "workflow `{}` version {} has no step `{name}`",
                self.name, self.version
            ))
        })?;
        (step.run)(ctx)
    }

    /// Chooses the targets of a dynamic transition.
    pub(crate) fn transit(
        &self,
        name: &str,
        event: &str,
        ctx: &Context,
    ) -> Result<Vec<&'static str>, StepError> {
        self.chooser(name, event)
            .ok_or_else(|| StepError::permanent(format!("`{name}.{event}` is not a dynamic transition")))
            .and_then(|choose| choose(ctx))
            .map(Targets::into_names)
    }

    fn chooser(&self, name: &str, event: &str) -> Option<&Chooser> {
        let (_, targets) = self.find(name)?.routes.iter().find(|(on, _)| *on == event)?;
        targets.chooser()
    }

    fn find(&self, name: &str) -> Option<&AnyStep> {
        self.steps.iter().find(|step| step.name == name)
    }
}
