//! A step's place in the graph.

use std::marker::PhantomData;
use std::time::Duration;

use super::{AnyStep, JoinRule, Retry, Targets};
use crate::step::erase;
use crate::{Event, Origin, Request, Step};

/// A step's place in a [`Workflow`](crate::Workflow): when it runs, where its events lead, how it is repeated.
pub struct StepSpec<S> {
    step: AnyStep,
    of: PhantomData<fn(S)>,
}

impl<S: Step> StepSpec<S> {
    /// The place of a step, with the options that the step itself declares.
    pub fn of() -> Self {
        let names = |origin: Origin| {
            let events = S::Event::ALL.iter().filter(|event| event.origin() == origin);
            events.map(|event| event.name()).collect()
        };
        Self {
            step: AnyStep {
                name: S::NAME,
                run: Box::new(|ctx| erase(S::NAME, &S::run(ctx)?)),
                emits: names(Origin::Emitted),
                accepts: names(Origin::Accepted),
                routes: Vec::new(),
                join: JoinRule::Default,
                retry: S::OPTIONS.retry,
                deadline: S::OPTIONS.deadline,
                config: None,
                requests: S::OPTIONS.requests.to_vec(),
            },
            of: PhantomData,
        }
    }

    /// Where each event leads. Write a `match`: the compiler then insists that no event is forgotten.
    #[must_use]
    pub fn then(mut self, routes: impl Fn(S::Event) -> Targets) -> Self {
        self.step
            .routes
            .extend(S::Event::ALL.iter().map(|event| (event.name(), routes(*event))));
        self
    }

    /// Where it goes on when the step has used up its attempts. Without it, the instance fails.
    #[must_use]
    pub fn on_failed(mut self, targets: Targets) -> Self {
        self.step.routes.push(("failed", targets));
        self
    }

    /// When the step runs, if several transitions lead to it.
    #[must_use]
    pub fn when(mut self, join: impl Into<JoinRule>) -> Self {
        self.step.join = join.into();
        self
    }

    /// How failed attempts are repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.step.retry = Some(retry);
        self
    }

    /// How long one attempt may take; waiting doesn't count.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.step.deadline = Some(deadline);
        self
    }

    /// What the code reads with [`Context::config`](crate::Context::config).
    ///
    /// # Panics
    /// If `config` can't be written as JSON (a map whose keys are no strings): the component is then refused when it
    /// is deployed, and a unit test of the graph fails.
    #[must_use]
    pub fn config(mut self, config: S::Config) -> Self {
        let json = serde_json::to_string(&config)
            .unwrap_or_else(|error| panic!("the config of step `{}` is not JSON: {error}", self.step.name));
        self.step.config = Some(json);
        self
    }

    /// Adds what the code asks its operator for.
    #[must_use]
    pub fn requests(mut self, requests: impl IntoIterator<Item = Request>) -> Self {
        self.step.requests.extend(requests);
        self
    }

    pub(super) fn into_any(self) -> AnyStep {
        self.step
    }
}
