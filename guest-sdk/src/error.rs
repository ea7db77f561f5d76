//! Why an attempt failed, as a step says it.

use std::fmt::{self, Display};

/// An attempt failed. The host tries again if the error is retryable and the step has attempts left; otherwise it
/// takes the transition for `failed`, or ends the instance as failed.
///
/// A refusal that belongs to the business (a declined card) is no error: it is an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    message: String,
    retryable: bool,
    denied: bool,
}

impl StepError {
    /// Another attempt may succeed: the other side is busy, the network is down.
    pub fn retryable(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            retryable: true,
            denied: false,
        }
    }

    /// No attempt can succeed: the input makes no sense.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            retryable: false,
            denied: false,
        }
    }

    /// Something was not granted: no attempt can succeed, until the operator grants it. The host records the failure
    /// as `capability-denied`, if it did deny something to the attempt.
    pub fn denied(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            retryable: false,
            denied: true,
        }
    }

    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether another attempt may succeed.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// Whether something was not granted.
    pub fn is_denied(&self) -> bool {
        self.denied
    }
}

impl Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StepError {}

/// Turns errors of other libraries into a [`StepError`] for `?`, and makes the author decide whether trying again helps.
///
/// ```
/// use hephaestus_guest::{OrFail, StepError};
///
/// fn quantity(text: &str) -> Result<u32, StepError> {
///     text.parse().or_fail("the quantity can't be read")
/// }
///
/// assert!(!quantity("many").unwrap_err().is_retryable());
/// ```
pub trait OrFail<T> {
    /// The attempt failed for good: `what`, then the error's own words.
    fn or_fail(self, what: &str) -> Result<T, StepError>;

    /// The attempt failed, another one may succeed: `what`, then the error's own words.
    fn or_retry(self, what: &str) -> Result<T, StepError>;
}

impl<T, E: Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, what: &str) -> Result<T, StepError> {
        self.map_err(|error| StepError::permanent(format!("{what}: {error}")))
    }

    fn or_retry(self, what: &str) -> Result<T, StepError> {
        self.map_err(|error| StepError::retryable(format!("{what}: {error}")))
    }
}
