//! A step's place in the graph.

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use super::{AnyStep, JoinRule, Retry, Targets};
use crate::step::erase;
use crate::{Context, Event, Origin, Outcome, Request, Step, StepError};

/// A step's place in a [`Workflow`](crate::Workflow): when it runs, where its events lead, how it is repeated. Begun by
/// [`Step::then`], [`Step::when`] or [`step`]. `E` is the step's type of events.
pub struct StepSpec<E> {
    step: AnyStep,
    events: PhantomData<fn(E)>,
}

/// A step that is a plain function, with its name.
///
/// ```
/// use hephaestus_guest::{Context, Finished, Outcome, StepError, Workflow, done, step};
///
/// fn greet(ctx: &Context) -> Result<Outcome<Finished, String>, StepError> {
///     Ok(Outcome::completed_with(Finished, format!("Hello from {}", ctx.step())))
/// }
///
/// let workflow = Workflow::new("greeting", 1).step(step("greet", greet).then(|Finished| done()));
/// ```
pub fn step<E: Event, O: Serialize>(
    name: &'static str,
    run: impl Fn(&Context) -> Result<Outcome<E, O>, StepError> + Send + Sync + 'static,
) -> StepSpec<E> {
    let names = |origin: Origin| {
        E::ALL
            .iter()
            .filter(|event| event.origin() == origin)
            .map(|event| event.name())
            .collect()
    };
    StepSpec {
        step: AnyStep {
            name,
            run: Box::new(move |ctx| erase(name, &run(ctx)?)),
            emits: names(Origin::Emitted),
            accepts: names(Origin::Accepted),
            routes: Vec::new(),
            join: JoinRule::Default,
            retry: None,
            deadline: None,
            config: None,
            requests: Vec::new(),
        },
        events: PhantomData,
    }
}

impl<E: Event> StepSpec<E> {
    pub(crate) fn of<S: Step<Event = E>>(step: S) -> Self {
        self::step(S::NAME, move |ctx| step.run(ctx))
    }

    /// Where each event leads. Write a `match`: the compiler then insists that no event is forgotten.
    #[must_use]
    pub fn then(mut self, routes: impl Fn(E) -> Targets) -> Self {
        self.step
            .routes
            .extend(E::ALL.iter().map(|event| (event.name(), routes(*event))));
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

    /// What the code reads with [`Context::config`].
    ///
    /// # Panics
    /// If `config` can't be written as JSON (a map whose keys are no strings): the component is then refused when it
    /// is deployed, and a unit test of the graph fails.
    #[must_use]
    pub fn config(mut self, config: impl Serialize) -> Self {
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
