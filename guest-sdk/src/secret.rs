//! Secrets, and what happens where one isn't granted.

use std::fmt;

use crate::StepError;
use crate::bindings::hephaestus::workflow::types as wit;
use crate::request::in_words;

/// The value of a secret. It shows itself only to those who call [`expose`](Self::expose): not in debug output, not in
/// results (it can't be written as JSON).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    /// The value. Hand it to whom it is for, and to nobody else: what a step logs, returns or says in an error is
    /// kept for others to read.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Something that a step asked for was not granted to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denied {
    /// The grant that is missing, as in a sentence: "the secret `STOCK_TOKEN`".
    pub grant: String,
    /// What the operator would have to write into the host's manifest. Empty if no line could grant it.
    pub manifest_line: String,
}

impl Denied {
    pub(crate) fn new(request: &wit::Request, manifest_line: impl Into<String>) -> Self {
        Self {
            grant: in_words(request),
            manifest_line: manifest_line.into(),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this step is not granted {}", self.grant)?;
        if self.manifest_line.is_empty() {
            return Ok(());
        }
        write!(f, "; the manifest grants it with:\n{}", self.manifest_line)
    }
}

impl std::error::Error for Denied {}

/// A secret can't be read. With `?` it ends the attempt: for good if it isn't granted, else for another attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// It isn't granted to the step.
    Denied(Denied),
    /// It is granted, but can't be had from where the manifest says.
    Unavailable {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denied) => denied.fmt(f),
            Self::Unavailable { name, reason } => {
                write!(f, "the secret `{name}` is granted, but can't be had: {reason}")
            }
        }
    }
}

impl std::error::Error for SecretError {}

impl From<Denied> for StepError {
    fn from(denied: Denied) -> Self {
        Self::denied(denied.to_string())
    }
}

impl From<SecretError> for StepError {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Denied(denied) => denied.into(),
            unavailable @ SecretError::Unavailable { .. } => Self::retryable(unavailable.to_string()),
        }
    }
}
