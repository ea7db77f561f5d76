//! What can go wrong with a request.

use std::fmt;

use crate::{Denied, StepError};

/// A request came to nothing, or its answer makes no sense. With `?` it ends the attempt; whether another one is made
/// says [`is_retryable`](Self::is_retryable). Queries of URLs, headers and request bodies are in none of the messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The step may not send it.
    Denied(Denied),
    /// It can't be sent as it is.
    InvalidRequest {
        /// Where to.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection came about: the name doesn't resolve, nobody listens, the network is down.
    Unreachable {
        /// Where to.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The other side is not who the URL says.
    Untrusted {
        /// Where to.
        url: String,
    },
    /// It took too long.
    Timeout {
        /// Where to.
        url: String,
    },
    /// The connection ended, or what came over it was no HTTP.
    Broken {
        /// Where to.
        url: String,
        /// What happened.
        reason: String,
    },
    /// More than the host allows: bytes in a body or in headers, requests of one attempt.
    Limit {
        /// Where to.
        url: String,
        /// Of what it was too much.
        reason: String,
    },
    /// The other side answered with a status of failure: from [`Response::error_for_status`](super::Response::error_for_status).
    Status {
        /// The status code.
        status: u16,
        /// The request: method and URL.
        request: String,
        /// The beginning of the body.
        excerpt: String,
    },
    /// The body of the answer is not what was asked for.
    InvalidBody {
        /// The request: method and URL.
        request: String,
        /// What was found.
        reason: String,
    },
    /// In a native test: it scripts no answer to this request.
    Unscripted {
        /// What to script.
        fix: String,
    },
}

impl HttpError {
    /// Whether another attempt may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            Self::Denied(_)
            | Self::InvalidRequest { .. }
            | Self::Untrusted { .. }
            | Self::Limit { .. }
            | Self::InvalidBody { .. }
            | Self::Unscripted { .. } => false,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denied) => denied.fmt(f),
            Self::InvalidRequest { url, reason } => write!(f, "a request to {url} can't be sent: {reason}"),
            Self::Unreachable { url, reason } => write!(f, "{url} can't be reached: {reason}"),
            Self::Untrusted { url } => {
                write!(
                    f,
                    "the certificate of {url} is not valid for it, or nobody we trust has signed it"
                )
            }
            Self::Timeout { url } => write!(f, "{url} took too long"),
            Self::Broken { url, reason } => write!(f, "the exchange with {url} broke off: {reason}"),
            Self::Limit { url, reason } => {
                write!(f, "the exchange with {url} is beyond the host's limits: {reason}")
            }
            Self::Status {
                status,
                request,
                excerpt,
            } if excerpt.is_empty() => {
                write!(f, "{request} was answered with status {status}")
            }
            Self::Status {
                status,
                request,
                excerpt,
            } => {
                write!(f, "{request} was answered with status {status}: {excerpt}")
            }
            Self::InvalidBody { request, reason } => {
                write!(f, "the body of the answer to {request} can't be read: {reason}")
            }
            Self::Unscripted { fix } => f.write_str(fix),
        }
    }
}

impl std::error::Error for HttpError {}

impl From<HttpError> for StepError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Denied(denied) => denied.into(),
            error if error.is_retryable() => Self::retryable(error.to_string()),
            error => Self::permanent(error.to_string()),
        }
    }
}
