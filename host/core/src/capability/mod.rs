//! What steps ask for and operators grant: the words for it, how they are written, and when a grant covers a use.
//!
//! Pure text and numbers. Who is granted what is in the host's manifest; that nothing else is used is the sandbox's to
//! enforce.

mod http;
mod method;
mod place;
mod secret;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use http::{HttpPattern, HttpTarget, InvalidPattern, InvalidTarget};
pub use method::{HttpMethods, InvalidMethod};
pub use place::{GuestPath, InvalidGuestPath, InvalidVariable, VariableName};
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
        /// With which methods: [`HttpMethods`]. Empty: with any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        methods: Vec<String>,
    },
    /// To read a secret.
    Secret {
        /// Its name: a [`SecretName`].
        name: String,
    },
    /// To have an environment variable.
    Env {
        /// Its name: a [`VariableName`].
        name: String,
    },
    /// To read the files of a folder.
    Files {
        /// The folder as the step names it: a [`GuestPath`].
        path: String,
        /// Whether to change them too.
        #[serde(default)]
        write: bool,
    },
    /// To know what time it is.
    Clock,
    /// To have random numbers that nobody can foretell.
    Random,
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
    /// One of its methods is none.
    #[error(transparent)]
    Method(#[from] InvalidMethod),
    /// Its variable is none.
    #[error(transparent)]
    Variable(#[from] InvalidVariable),
    /// Its folder is none.
    #[error(transparent)]
    Folder(#[from] InvalidGuestPath),
}

impl Request {
    /// Whether it is written as it should be.
    pub fn check(&self) -> Result<(), InvalidRequest> {
        match self {
            Self::Http { origin, methods, .. } => {
                HttpPattern::parse(origin)?;
                HttpMethods::new(methods.iter().map(String::as_str))?;
            }
            Self::Secret { name } => SecretName::new(name).map(drop)?,
            Self::Env { name } => VariableName::new(name).map(drop)?,
            Self::Files { path, .. } => GuestPath::new(path).map(drop)?,
            Self::Clock | Self::Random => {}
        }
        Ok(())
    }
}

/// As in a sentence: "the secret `STOCK_TOKEN`".
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http {
                origin,
                private,
                methods,
            } => {
                let private = if *private { ", in private networks too" } else { "" };
                if !methods.is_empty() {
                    write!(f, "{} ", methods.join(" and "))?;
                }
                write!(f, "HTTP requests to `{origin}`{private}")
            }
            Self::Secret { name } => write!(f, "the secret `{name}`"),
            Self::Env { name } => write!(f, "the environment variable `{name}`"),
            Self::Files { path, write: false } => write!(f, "reading the files in `{path}`"),
            Self::Files { path, write: true } => write!(f, "reading and writing the files in `{path}`"),
            Self::Clock => f.write_str("the time"),
            Self::Random => f.write_str("random numbers"),
        }
    }
}

/// The lines of a manifest that grant `request` to a step; empty if no line could.
pub fn manifest_lines(workflow: impl fmt::Display, step: impl fmt::Display, request: &Request) -> String {
    let line = match request {
        Request::Http {
            origin,
            private,
            methods,
        } => http_line(origin, *private, methods),
        Request::Secret { name } => SecretName::new(name)
            .ok()
            .map(|name| format!("secrets = [\"{name}\"]")),
        Request::Env { name } => VariableName::new(name)
            .ok()
            .map(|name| format!("env = {{ {name} = \"VALUE\" }}")),
        Request::Files { path, write } => GuestPath::new(path).ok().map(|path| {
            let access = if *write { ", access = \"read-write\"" } else { "" };
            format!("files = [{{ host = \"FOLDER\", guest = \"{path}\"{access} }}]")
        }),
        Request::Clock => Some("clock = true".to_owned()),
        Request::Random => Some("random = true".to_owned()),
    };
    line.map(|line| format!("[workflows.{workflow}.steps.{step}]\n{line}"))
        .unwrap_or_default()
}

fn http_line(origin: &str, private: bool, methods: &[String]) -> Option<String> {
    // The URL of a request stands for the whole host; a pattern for itself.
    let origin = HttpTarget::parse(origin)
        .map(|target| target.origin())
        .or_else(|_| HttpPattern::parse(origin))
        .ok()?;
    let methods = HttpMethods::new(methods.iter().map(String::as_str)).ok()?;
    let mut more = String::new();
    if private && !origin.names_private() {
        more.push_str(", private = true");
    }
    if !methods.is_all() {
        let names: Vec<String> = methods.names().map(|name| format!("\"{name}\"")).collect();
        more.push_str(&format!(", methods = [{}]", names.join(", ")));
    }
    Some(if more.is_empty() {
        format!("http = [\"{origin}\"]")
    } else {
        format!("http = [{{ origin = \"{origin}\"{more} }}]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(origin: &str, private: bool) -> Request {
        Request::Http {
            origin: origin.into(),
            private,
            methods: Vec::new(),
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
        let methods = Request::Http {
            origin: "https://pay.example".into(),
            private: false,
            methods: vec!["POST".into(), "GET".into()],
        };
        assert_eq!(
            lines(methods),
            "[workflows.shop.steps.pay]\nhttp = [{ origin = \"https://pay.example\", methods = [\"GET\", \"POST\"] }]"
        );
        assert_eq!(
            lines(Request::Env {
                name: "REGION".into()
            }),
            "[workflows.shop.steps.pay]\nenv = { REGION = \"VALUE\" }"
        );
        let files = |write| Request::Files {
            path: "/in".into(),
            write,
        };
        assert_eq!(
            lines(files(false)),
            "[workflows.shop.steps.pay]\nfiles = [{ host = \"FOLDER\", guest = \"/in\" }]"
        );
        assert_eq!(
            lines(files(true)),
            "[workflows.shop.steps.pay]\nfiles = [{ host = \"FOLDER\", guest = \"/in\", access = \"read-write\" }]"
        );
        assert_eq!(lines(Request::Clock), "[workflows.shop.steps.pay]\nclock = true");
        assert_eq!(
            lines(Request::Random),
            "[workflows.shop.steps.pay]\nrandom = true"
        );
    }

    /// Whoever pastes the lines would grant more than he was shown.
    #[test]
    fn a_request_that_would_end_the_text_in_the_manifest_is_none() {
        let request = http(r#"https://*.a.example/x","https:\u002f\u002f*.b.example"#, false);
        assert!(request.check().is_err());
        assert_eq!(manifest_lines("shop", "pay", &request), "");
    }
}
