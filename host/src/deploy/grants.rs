//! What one step is granted: the answer that the sandbox gets for each attempt. Default deny: what is not in here does
//! not exist for the step.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hephaestus_core::capability::{HttpPattern, HttpTarget, Request, SecretName};

/// What a step may use. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepGrants {
    /// Where it may send HTTP requests.
    pub http: Vec<HttpGrant>,
    /// The secrets that it may read, and where they come from.
    pub secrets: BTreeMap<SecretName, SecretSource>,
}

/// Some HTTP requests are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Which ones.
    pub origin: HttpPattern,
    /// Whether the host's name may lead to addresses of private networks, and of this host itself.
    pub private: bool,
}

/// Where the value of a secret is. Never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretSource {
    /// In an environment variable of the host.
    Env(String),
    /// In a file.
    File(PathBuf),
}

impl HttpGrant {
    /// Whether requests may go to addresses of private networks. Who grants an address or `localhost` means it.
    pub fn reaches_private(&self) -> bool {
        self.private || self.origin.names_private()
    }
}

impl StepGrants {
    /// The grants under which a request to `target` is allowed. Several: the most permissive one counts.
    pub fn http(&self, target: &HttpTarget) -> Option<&HttpGrant> {
        self.http
            .iter()
            .filter(|grant| grant.origin.covers(target))
            .max_by_key(|grant| grant.reaches_private())
    }

    /// Whether a request of a step is granted in full.
    pub fn allow(&self, request: &Request) -> bool {
        match request {
            Request::Http { origin, private } => {
                let is_enough = |grant: &HttpGrant| grant.reaches_private() || !private;
                let covers =
                    |grant: &&HttpGrant| match (HttpTarget::parse(origin), HttpPattern::parse(origin)) {
                        (Ok(target), _) => grant.origin.covers(&target),
                        (Err(_), Ok(pattern)) => grant.origin.includes(&pattern),
                        (Err(_), Err(_)) => false,
                    };
                self.http.iter().filter(covers).any(is_enough)
            }
            Request::Secret { name } => self.secrets.contains_key(name.as_str()),
        }
    }
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

    fn grants() -> StepGrants {
        let grant = |origin: &str, private| HttpGrant {
            origin: origin.parse().unwrap(),
            private,
        };
        StepGrants {
            http: vec![
                grant("https://*.example.org", false),
                grant("https://db.example.org", true),
                grant("http://127.0.0.1:8080", false),
            ],
            secrets: BTreeMap::from([("TOKEN".parse().unwrap(), SecretSource::Env("T".into()))]),
        }
    }

    #[test]
    fn nothing_is_granted_by_default() {
        for request in [
            http("https://a.example.org", false),
            Request::Secret { name: "TOKEN".into() },
        ] {
            assert!(!StepGrants::default().allow(&request));
        }
    }

    #[test]
    fn requests_are_granted_in_full_or_not_at_all() {
        for (request, expected) in [
            (http("https://a.example.org", false), true),
            (http("https://*.a.example.org", false), true),
            (http("https://a.example.org/x?y", false), true),
            (http("https://a.example.org", true), false),
            (http("https://db.example.org", true), true),
            (http("http://127.0.0.1:8080", true), true),
            (http("https://*.org", false), false),
            (http("rubbish", false), false),
            (Request::Secret { name: "TOKEN".into() }, true),
            (Request::Secret { name: "token".into() }, false),
        ] {
            assert_eq!(grants().allow(&request), expected, "{request}");
        }
    }
}
