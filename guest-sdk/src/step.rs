//! Steps as types, and the one form in which the exports execute them all.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::workflow::{Join, JoinRule, StepSpec, Targets};
use crate::{Context, Event, Origin, Outcome, StepError};

/// What a step's code returns.
pub type StepResult<S> = Result<Outcome<<S as Step>::Event, <S as Step>::Output>, StepError>;

/// A unit of work.
///
/// The host runs it at least once: an attempt whose result was lost in a crash runs again. So hand
/// [`Context::idempotency_key`] to the systems that the code calls.
///
/// ```
/// use hephaestus_guest::{Context, Finished, Outcome, Step, StepResult};
///
/// pub struct Greet;
///
/// impl Step for Greet {
///     const NAME: &'static str = "greet";
///     type Event = Finished;
///     type Output = String;
///
///     fn run(&self, ctx: &Context) -> StepResult<Self> {
///         let name: String = ctx.config()?;
///         Ok(Outcome::completed_with(Finished, format!("Hello, {name}!")))
///     }
/// }
/// ```
pub trait Step: Sized + Send + Sync + 'static {
    /// Names the step within its workflow: kebab-case.
    const NAME: &'static str;

    /// The events that can end it.
    type Event: Event;

    /// What later steps can read. For a step that waits: the payload of the event that ended it.
    type Output: Serialize + DeserializeOwned;

    /// Executes one attempt.
    fn run(&self, ctx: &Context) -> StepResult<Self>;

    /// Begins the step's place in a [`Workflow`](crate::Workflow) with where each of its events leads.
    fn then(self, routes: impl Fn(Self::Event) -> Targets) -> StepSpec<Self::Event> {
        StepSpec::of(self).then(routes)
    }

    /// Begins the step's place in a [`Workflow`](crate::Workflow) with when it runs, if several transitions lead to it.
    fn when(self, join: impl Into<JoinRule>) -> StepSpec<Self::Event> {
        StepSpec::of(self).when(join)
    }

    /// For joins: the transition that this step takes when it ends with `event`.
    fn on(self, event: Self::Event) -> Join {
        Join::transition(Self::NAME, event.name())
    }

    /// For joins: the transition that this step takes when it has used up its attempts, see
    /// [`StepSpec::on_failed`].
    fn failed(self) -> Join {
        Join::transition(Self::NAME, "failed")
    }
}

/// What names a step: the step itself, or its name.
pub trait StepName {
    /// The name.
    fn step_name(&self) -> &'static str;
}

impl<S: Step> StepName for S {
    fn step_name(&self) -> &'static str {
        S::NAME
    }
}

impl StepName for &'static str {
    fn step_name(&self) -> &'static str {
        self
    }
}

/// An outcome without its types: the event by name, the result as JSON.
pub(crate) type ErasedOutcome = Outcome<&'static str, String>;

/// A step's code without its types.
pub(crate) type ErasedRun = Box<dyn Fn(&Context) -> Result<ErasedOutcome, StepError> + Send + Sync>;

/// Takes the types off an outcome, and refuses what the host would refuse, with the reason that it can't know.
pub(crate) fn erase<E: Event, O: Serialize>(
    step: &str,
    outcome: &Outcome<E, O>,
) -> Result<ErasedOutcome, StepError> {
    match outcome {
        Outcome::Completed { event, .. } if event.origin() == Origin::Accepted => {
            Err(StepError::permanent(format!(
                "step `{step}` ended with `{}`, which it accepts from others while it waits: emit another event, or wait",
                event.name()
            )))
        }
        Outcome::Completed {
            event,
            output,
            metadata,
        } => Ok(Outcome::Completed {
            event: event.name(),
            output: output.as_ref().map(|output| to_json(step, output)).transpose()?,
            metadata: metadata.clone(),
        }),
        Outcome::Waiting { resume_after } => {
            let accepts = |wanted: fn(&str) -> bool| {
                E::ALL
                    .iter()
                    .any(|event| event.origin() == Origin::Accepted && wanted(event.name()))
            };
            if !accepts(|_| true) {
                return Err(StepError::permanent(format!(
                    "step `{step}` waits, but accepts no event"
                )));
            }
            if resume_after.is_some() && !accepts(|name| name == "timeout") {
                return Err(StepError::permanent(format!(
                    "step `{step}` waits with a limit, but doesn't accept `timeout`"
                )));
            }
            Ok(Outcome::Waiting {
                resume_after: *resume_after,
            })
        }
    }
}

fn to_json(step: &str, output: &impl Serialize) -> Result<String, StepError> {
    serde_json::to_string(output).map_err(|error| {
        StepError::permanent(format!(
            "the result of step `{step}` can't be written as JSON: {error}"
        ))
    })
}
