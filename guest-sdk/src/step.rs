//! Steps as types, and the one form in which the exports execute them all.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::workflow::StepOptions;
use crate::{Context, Event, Origin, Outcome, StepError};

/// What a step's code returns: an event of type `E` with a result of type `O`, a wait, or an error.
pub type StepResult<E, O = ()> = Result<Outcome<E, O>, StepError>;

/// A unit of work. Written with [`#[step]`](macro@crate::step); by hand only where a step is generic, as those in
/// [`steps`](crate::steps) are.
///
/// The host runs it at least once: an attempt whose result was lost in a crash runs again. So hand
/// [`Context::idempotency_key`] to the systems that the code calls.
///
/// ```
/// use hephaestus_guest::{Context, Finished, Step, StepResult};
///
/// pub enum Greet {}
///
/// impl Step for Greet {
///     const NAME: &'static str = "greet";
///     type Event = Finished;
///     type Output = String;
///     type Config = String;
///     type Reads = ();
///
///     fn run(ctx: &Context) -> StepResult<Finished, String> {
///         let name: String = ctx.config()?;
///         Ok(Finished.with(format!("Hello, {name}!")))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step",
    label = "not a step",
    note = "a function becomes a step with `#[step]`; then its name names the step too"
)]
pub trait Step: 'static {
    /// Names the step within its workflow: kebab-case.
    const NAME: &'static str;

    /// What the step asks for wherever it is used; a workflow can say it instead.
    const OPTIONS: StepOptions = StepOptions::NONE;

    /// The events that can end it.
    type Event: Event;

    /// What later steps can read. For a step that waits: the payload of the event that ended it.
    type Output: Serialize + DeserializeOwned;

    /// What the workflow gives it. `()`: nothing.
    type Config: Serialize + DeserializeOwned;

    /// Which results it reads, so that the graph can be checked for them; made of [`reads`](crate::reads).
    type Reads;

    /// Executes one attempt.
    fn run(ctx: &Context) -> StepResult<Self::Event, Self::Output>;
}

/// What a step's function can return.
#[diagnostic::on_unimplemented(
    message = "a step can't return `{Self}`",
    label = "not what a step returns",
    note = "return `StepResult<E, O>`: an event of type `E` and a result of type `O`, or a `StepError`",
    note = "without errors `Outcome<E, O>` will do, without a result `Result<E, StepError>`",
    note = "`E` is an enum with `#[events]`"
)]
pub trait IntoStepResult {
    /// The events. Bounds stand at [`Step::Event`], where the compiler says which type doesn't keep them.
    type Event;
    /// The result.
    type Output;

    /// In the one form that [`Step::run`] returns.
    fn into_step_result(self) -> StepResult<Self::Event, Self::Output>;
}

impl<E, O> IntoStepResult for Outcome<E, O> {
    type Event = E;
    type Output = O;

    fn into_step_result(self) -> StepResult<E, O> {
        Ok(self)
    }
}

impl<E: Event> IntoStepResult for E {
    type Event = E;
    type Output = ();

    fn into_step_result(self) -> StepResult<E> {
        Ok(Outcome::completed(self))
    }
}

impl<T: IntoStepResult, X: Into<StepError>> IntoStepResult for Result<T, X> {
    type Event = T::Event;
    type Output = T::Output;

    fn into_step_result(self) -> StepResult<T::Event, T::Output> {
        self.map_err(Into::into)?.into_step_result()
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
