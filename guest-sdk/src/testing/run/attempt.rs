//! What a test lets the attempts of a step come to, in place of the step's code.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use hephaestus_core::StepRef;
use hephaestus_core::engine::{Failure, FailureKind};
use serde::Serialize;

use crate::step::{ErasedOutcome, erase};
use crate::{Context, Event, Outcome, StepError};

/// What one attempt comes to: for [`Setup::script`](super::Setup::script) and
/// [`Setup::stub`](super::Setup::stub). What a step's code returns can be one too: an [`Outcome`], a [`StepError`],
/// or a `Result` of them.
///
/// ```
/// use hephaestus_guest::Finished;
/// use hephaestus_guest::testing::{Attempt, FailureKind};
///
/// let carrier = [
///     Attempt::retryable("the carrier is busy"),
///     Attempt::panics("index out of bounds"),
///     Attempt::fails(FailureKind::Deadline, "no end after 5 s"),
///     Attempt::ends_with(Finished, "parcel-7"),
/// ];
/// ```
pub struct Attempt(Come);

/// What the code of a step returned, without its types.
type Returned = Result<ErasedOutcome, StepError>;

/// What it comes to.
enum Come {
    /// The code returned this. Made when the step is known, by the rules of the component.
    Returned(Box<dyn FnOnce(&str) -> Returned>),
    /// The attempt failed without the code's saying so.
    Failed(Failure),
}

impl Attempt {
    /// The step ends with an event, without a result.
    pub fn ends(event: impl Event) -> Self {
        Outcome::<_, ()>::completed(event).into()
    }

    /// The step ends with an event and a result.
    pub fn ends_with(event: impl Event, result: impl Serialize + 'static) -> Self {
        Outcome::completed_with(event, result).into()
    }

    /// The step waits.
    pub fn waits() -> Self {
        Self::returned(Ok(Outcome::wait()))
    }

    /// The step waits, and gets `timeout` after `limit`.
    pub fn waits_at_most(limit: Duration) -> Self {
        Self::returned(Ok(Outcome::wait_at_most(limit)))
    }

    /// The code returns an error, and says that another attempt may succeed.
    pub fn retryable(message: impl Into<String>) -> Self {
        StepError::retryable(message).into()
    }

    /// The code returns an error, and says that no attempt can succeed.
    pub fn permanent(message: impl Into<String>) -> Self {
        StepError::permanent(message).into()
    }

    /// The code panics. In a component that is a trap: it may be tried again.
    pub fn panics(message: &str) -> Self {
        Self::fails(FailureKind::Trap, format!("panicked: {message}"))
    }

    /// The host ends the attempt, with a failure of this kind.
    pub fn fails(kind: FailureKind, message: impl Into<String>) -> Self {
        Self(Come::Failed(Failure::new(kind, message)))
    }

    fn returned(outcome: Returned) -> Self {
        Self(Come::Returned(Box::new(move |_| outcome)))
    }

    /// As the code of `step` would have returned it; or how it failed otherwise.
    fn play(self, step: &str) -> Result<Returned, Failure> {
        match self.0 {
            Come::Returned(outcome) => Ok(outcome(step)),
            Come::Failed(failure) => Err(failure),
        }
    }
}

impl From<StepError> for Attempt {
    fn from(error: StepError) -> Self {
        Self::returned(Err(error))
    }
}

impl<E: Event, O: Serialize + 'static> From<Outcome<E, O>> for Attempt {
    fn from(outcome: Outcome<E, O>) -> Self {
        Self(Come::Returned(Box::new(move |step| erase(step, &outcome))))
    }
}

impl<T: Into<Self>> From<Result<T, StepError>> for Attempt {
    fn from(returned: Result<T, StepError>) -> Self {
        returned.map_or_else(Self::from, T::into)
    }
}

/// Takes the place of a step's code.
type Stub = Box<dyn FnMut(&Context) -> Attempt>;

/// What takes the place of the code of each step.
#[derive(Default)]
pub(super) struct Scripts(BTreeMap<String, Script>);

#[derive(Default)]
struct Script {
    /// What the next attempts come to, before anything else.
    first: VecDeque<Attempt>,
    stub: Option<Stub>,
}

impl Scripts {
    pub(super) fn first(&mut self, step: &str, attempts: impl IntoIterator<Item = Attempt>) {
        self.of(step).first.extend(attempts);
    }

    pub(super) fn stub(&mut self, step: &str, stub: Stub) {
        self.of(step).stub = Some(stub);
    }

    fn of(&mut self, step: &str) -> &mut Script {
        self.0.entry(step.to_owned()).or_default()
    }

    /// The steps that have one.
    pub(super) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What the next attempt of `step` comes to. `None`: the code says.
    pub(super) fn play(&mut self, step: &StepRef, ctx: &Context) -> Option<Result<Returned, Failure>> {
        let script = self.0.get_mut(step.as_str())?;
        let scripted = script.first.pop_front();
        let attempt = match (scripted, &mut script.stub) {
            (Some(attempt), _) => attempt,
            // Not caught if it panics: that is an assertion of the test's, not the step.
            (None, Some(stub)) => stub(ctx),
            (None, None) => return None,
        };
        Some(attempt.play(step.as_str()))
    }
}
