//! What one step is granted: the answer that the sandbox gets for each attempt. Default deny: what is not in here does
//! not exist for the step.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hephaestus_core::capability::{
    GuestPath, HttpMethods, HttpPattern, HttpTarget, Request, SecretName, VariableName,
};

/// What a step may use. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepGrants {
    /// Where it may send HTTP requests.
    pub http: Vec<HttpGrant>,
    /// The secrets that it may read, and where they come from.
    pub secrets: BTreeMap<SecretName, SecretSource>,
    /// The environment variables that it has.
    pub env: BTreeMap<VariableName, EnvSource>,
    /// The folders of the host that it sees, by the names under which it sees them.
    pub files: BTreeMap<GuestPath, FilesGrant>,
    /// Whether it knows what time it is. If not, its clocks stand still.
    pub clock: bool,
    /// Whether its random numbers are. If not, they are the same for each attempt.
    pub random: bool,
}

/// Some HTTP requests are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Which ones.
    pub origin: HttpPattern,
    /// Whether the host's name may lead to addresses of private networks, and of this host itself.
    pub private: bool,
    /// With which methods.
    pub methods: HttpMethods,
}

/// A folder of the host is shown to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesGrant {
    /// Which one.
    pub host: PathBuf,
    /// Whether what is in it may be changed.
    pub write: bool,
}

/// Where the value of an environment variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvSource {
    /// Here.
    Value(String),
    /// In this environment variable of the host.
    Host(String),
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
    pub fn http(&self, method: &str, target: &HttpTarget) -> Option<&HttpGrant> {
        self.http
            .iter()
            .filter(|grant| grant.methods.covers(method) && grant.origin.covers(target))
            .max_by_key(|grant| grant.reaches_private())
    }

    /// Whether a request of a step is granted in full.
    pub fn allow(&self, request: &Request) -> bool {
        match request {
            Request::Http {
                origin,
                private,
                methods,
            } => {
                let Ok(methods) = HttpMethods::new(methods.iter().map(String::as_str)) else {
                    return false;
                };
                let is_enough = |grant: &HttpGrant| {
                    (grant.reaches_private() || !private) && grant.methods.includes(&methods)
                };
                let covers =
                    |grant: &&HttpGrant| match (HttpTarget::parse(origin), HttpPattern::parse(origin)) {
                        (Ok(target), _) => grant.origin.covers(&target),
                        (Err(_), Ok(pattern)) => grant.origin.includes(&pattern),
                        (Err(_), Err(_)) => false,
                    };
                self.http.iter().filter(covers).any(is_enough)
            }
            Request::Secret { name } => self.secrets.contains_key(name.as_str()),
            Request::Env { name } => self.env.contains_key(name.as_str()),
            Request::Files { path, write } => GuestPath::new(path).is_ok_and(|path| {
                // Of folders in folders the innermost counts, as for who opens a file.
                let holding = self.files.iter().filter(|(folder, _)| folder.holds(&path));
                let innermost = holding.max_by_key(|(folder, _)| folder.as_str().len());
                innermost.is_some_and(|(_, grant)| grant.write || !write)
            }),
            Request::Clock => self.clock,
            Request::Random => self.random,
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
            methods: Vec::new(),
        }
    }

    fn with(methods: &[&str], origin: &str) -> Request {
        Request::Http {
            origin: origin.into(),
            private: false,
            methods: methods.iter().map(|&method| method.into()).collect(),
        }
    }

    fn env(name: &str) -> Request {
        Request::Env { name: name.into() }
    }

    fn files(path: &str, write: bool) -> Request {
        Request::Files {
            path: path.into(),
            write,
        }
    }

    fn grants() -> StepGrants {
        let grant = |origin: &str, private| HttpGrant {
            origin: origin.parse().unwrap(),
            private,
            methods: HttpMethods::all(),
        };
        let files = |write| FilesGrant {
            host: PathBuf::from("/srv"),
            write,
        };
        StepGrants {
            http: vec![
                grant("https://*.example.org", false),
                grant("https://db.example.org", true),
                grant("http://127.0.0.1:8080", false),
                HttpGrant {
                    methods: HttpMethods::new(["GET", "HEAD"]).unwrap(),
                    ..grant("https://read.example", false)
                },
            ],
            secrets: BTreeMap::from([("TOKEN".parse().unwrap(), SecretSource::Env("T".into()))]),
            env: BTreeMap::from([("REGION".parse().unwrap(), EnvSource::Value("eu".into()))]),
            files: BTreeMap::from([
                ("/in".parse().unwrap(), files(false)),
                ("/out".parse().unwrap(), files(true)),
            ]),
            clock: true,
            random: false,
        }
    }

    #[test]
    fn nothing_is_granted_by_default() {
        for request in [
            http("https://a.example.org", false),
            Request::Secret { name: "TOKEN".into() },
            env("REGION"),
            files("/in", false),
            Request::Clock,
            Request::Random,
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
            (http("https://read.example", false), false),
            (with(&["GET"], "https://read.example"), true),
            (with(&["GET", "POST"], "https://read.example"), false),
            (with(&["POST"], "https://a.example.org"), true),
            (env("REGION"), true),
            (env("HOME"), false),
            (files("/in/today", false), true),
            (files("/in", true), false),
            (files("/out", true), true),
            (files("/", false), false),
            (Request::Clock, true),
            (Request::Random, false),
        ] {
            assert_eq!(grants().allow(&request), expected, "{request}");
        }
    }
}
