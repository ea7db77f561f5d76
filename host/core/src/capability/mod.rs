//! What steps ask for and operators grant: the words for it, how they are written, and when a grant covers a use.
//!
//! Pure text and numbers. Who is granted what is in the host's manifest; that nothing else is used is the sandbox's to
//! enforce.

mod http;
mod secret;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use http::{HttpPattern, HttpTarget, InvalidPattern, InvalidTarget};
pub use secret::{InvalidSecretName, MAX_SECRET_NAME_BYTES, SecretName};

/// Something outside of the sandbox that a step asks for, as its definition writes it: not checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// To send HTTP requests.
    Http {
        /// Where to: an [`HttpPattern`].
        origin: String,
        /// Whether the host's name may lead to addresses of private networks and of the host itself.
        #[serde(default)]
        private: bool,
    },
    /// To read a secret.
    Secret {
        /// Its name: a [`SecretName`].
        name: String,
    },
}

/// A [`Request`] that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// Its origin is none.
    #[error(transparent)]
    Origin(#[from] InvalidPattern),
    /// Its name is none.
    #[error(transparent)]
    Secret(#[from] InvalidSecretName),
}

impl Request {
    /// Whether it is written as it should be.
    pub fn check(&self) -> Result<(), InvalidRequest> {
        match self {
            Self::Http { origin, .. } => HttpPattern::parse(origin).map(drop)?,
            Self::Secret { name } => SecretName::new(name).map(drop)?,
        }
        Ok(())
    }
}

/// As in a sentence: "the secret `STOCK_TOKEN`".
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { origin, private } => {
                let private = if *private { ", in private networks too" } else { "" };
                write!(f, "HTTP requests to `{origin}`{private}")
            }
            Self::Secret { name } => write!(f, "the secret `{name}`"),
        }
    }
}

/// The lines of a manifest that grant `request` to a step; empty if no line could.
pub fn manifest_lines(workflow: impl fmt::Display, step: impl fmt::Display, request: &Request) -> String {
    let line = match request {
        Request::Http { origin, private } => {
            // The URL of a request stands for the whole host; a pattern for itself.
            let origin = HttpTarget::parse(origin)
                .map(|target| target.origin())
                .or_else(|_| HttpPattern::parse(origin));
            origin.ok().map(|origin| {
                if *private && !origin.names_private() {
                    format!("http = [{{ origin = \"{origin}\", private = true }}]")
                } else {
                    format!("http = [\"{origin}\"]")
                }
            })
        }
        Request::Secret { name } => SecretName::new(name)
            .ok()
            .map(|name| format!("secrets = [\"{name}\"]")),
    };
    line.map(|line| format!("[workflows.{workflow}.steps.{step}]\n{line}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(origin: &str, private: bool) -> Request {
        Request::Http {
            origin: origin.into(),
            private,
        }
    }

    #[test]
    fn the_missing_lines_are_those_of_the_manifest() {
        let lines = |request| manifest_lines("shop", "pay", &request);
        assert_eq!(
            lines(http("https://pay.example/v1/x?y", false)),
            "[workflows.shop.steps.pay]\nhttp = [\"https://pay.example\"]"
        );
        assert_eq!(
            lines(http("http://db:81", true)),
            "[workflows.shop.steps.pay]\nhttp = [{ origin = \"http://db:81\", private = true }]"
        );
        assert_eq!(
            lines(http("http://localhost", true)),
            "[workflows.shop.steps.pay]\nhttp = [\"http://localhost\"]"
        );
        assert_eq!(
            lines(Request::Secret { name: "KEY".into() }),
            "[workflows.shop.steps.pay]\nsecrets = [\"KEY\"]"
        );
        assert_eq!(lines(http("ftp://x", false)), "");
    }

    /// Whoever pastes the lines would grant more than he was shown.
    #[test]
    fn a_request_that_would_end_the_text_in_the_manifest_is_none() {
        let request = http(r#"https://*.a.example/x","https:\u002f\u002f*.b.example"#, false);
        assert!(request.check().is_err());
        assert_eq!(manifest_lines("shop", "pay", &request), "");
    }
}
