//! What a step asks its operator for.

use std::fmt;

use crate::bindings::hephaestus::workflow::types as wit;

/// Something outside of the sandbox that a step asks for: see [`StepSpec::requests`](crate::StepSpec::requests).
///
/// Declaring it grants nothing. It tells the operator what to grant, in the host's manifest, and tools that the
/// manifest has everything.
///
/// ```
/// use hephaestus_guest::Request;
///
/// let requests = [
///     Request::http("https://stock.example"),
///     Request::http("http://ledger.internal:8080/v1").private(),
///     Request::http("https://prices.example").methods(&["GET"]),
///     Request::secret("STOCK_TOKEN"),
///     Request::clock(),
/// ];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http {
        origin: &'static str,
        private: bool,
        methods: &'static [&'static str],
    },
    Secret {
        name: &'static str,
    },
    Env {
        name: &'static str,
    },
    Files {
        path: &'static str,
        write: bool,
    },
    Clock,
    Random,
}

impl Request {
    /// To send HTTP requests to `scheme://host[:port][/path]`: without a port, that of the scheme; with a path, what
    /// lies under it. `*.example.org` is any host under `example.org`.
    pub const fn http(origin: &'static str) -> Self {
        Self(Kind::Http {
            origin,
            private: false,
            methods: &[],
        })
    }

    /// To read the secret of this name.
    pub const fn secret(name: &'static str) -> Self {
        Self(Kind::Secret { name })
    }

    /// To have the environment variable of this name: [`std::env::var`] finds it.
    pub const fn env(name: &'static str) -> Self {
        Self(Kind::Env { name })
    }

    /// To read the files of a folder, named as the step names it: absolute, like `/data/in`. [`std::fs`] finds it.
    pub const fn files(path: &'static str) -> Self {
        Self(Kind::Files { path, write: false })
    }

    /// To know what time it is. Without that grant clocks stand: [`SystemTime`](std::time::SystemTime) at the moment
    /// when the instance was created, [`Instant`](std::time::Instant) advances by what the step sleeps.
    pub const fn clock() -> Self {
        Self(Kind::Clock)
    }

    /// To have random numbers that nobody can foretell. Without that grant they are the same for every try of a step,
    /// and others for each other step and instance.
    pub const fn random() -> Self {
        Self(Kind::Random)
    }

    /// For HTTP: with these methods, like `GET`, instead of any. Changes nothing for others.
    #[must_use]
    pub const fn methods(mut self, names: &'static [&'static str]) -> Self {
        if let Kind::Http { methods, .. } = &mut self.0 {
            *methods = names;
        }
        self
    }

    /// For files: to change them, too. Changes nothing for others.
    #[must_use]
    pub const fn write(mut self) -> Self {
        if let Kind::Files { write, .. } = &mut self.0 {
            *write = true;
        }
        self
    }

    /// For HTTP: the name of the host may lead to addresses of private networks, and of the operator's own machine.
    /// Changes nothing for others.
    #[must_use]
    pub const fn private(mut self) -> Self {
        if let Kind::Http { private, .. } = &mut self.0 {
            *private = true;
        }
        self
    }

    /// Where HTTP requests go, if it asks for that.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn origin(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Http { origin, .. } => Some(origin),
            _ => None,
        }
    }

    pub(crate) fn to_wit(self) -> wit::Request {
        match self.0 {
            Kind::Http {
                origin,
                private,
                methods,
            } => wit::Request::Http(wit::HttpAccess {
                origin: origin.into(),
                private,
                methods: methods.iter().map(|&name| name.into()).collect(),
            }),
            Kind::Secret { name } => wit::Request::Secret(name.into()),
            Kind::Env { name } => wit::Request::Env(name.into()),
            Kind::Files { path, write } => wit::Request::Files(wit::FileAccess {
                path: path.into(),
                write,
            }),
            Kind::Clock => wit::Request::Clock,
            Kind::Random => wit::Request::Random,
        }
    }
}

/// As in a sentence: "the secret `STOCK_TOKEN`".
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&in_words(&self.to_wit()))
    }
}

/// What is asked for, as in a sentence.
pub(crate) fn in_words(request: &wit::Request) -> String {
    match request {
        wit::Request::Http(wit::HttpAccess {
            origin,
            private,
            methods,
        }) => {
            let private = if *private { ", in private networks too" } else { "" };
            let which = if methods.is_empty() {
                String::new()
            } else {
                methods.join(" and ") + " "
            };
            format!("{which}HTTP requests to `{origin}`{private}")
        }
        wit::Request::Secret(name) => format!("the secret `{name}`"),
        wit::Request::Env(name) => format!("the environment variable `{name}`"),
        wit::Request::Files(wit::FileAccess { path, write }) => {
            let writing = if *write { " and writing" } else { "" };
            format!("reading{writing} the files in `{path}`")
        }
        wit::Request::Clock => "the time".to_owned(),
        wit::Request::Random => "random numbers".to_owned(),
    }
}

/// A request for HTTP to a URL.
pub(crate) fn http_to(url: &str, private: bool) -> wit::Request {
    wit::Request::Http(wit::HttpAccess {
        origin: url.to_owned(),
        private,
        methods: Vec::new(),
    })
}

/// The same in the words of core.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn to_core(request: wit::Request) -> hephaestus_core::capability::Request {
    use hephaestus_core::capability::Request;
    match request {
        wit::Request::Http(wit::HttpAccess {
            origin,
            private,
            methods,
        }) => Request::Http {
            origin,
            private,
            methods,
        },
        wit::Request::Secret(name) => Request::Secret { name },
        wit::Request::Env(name) => Request::Env { name },
        wit::Request::Files(wit::FileAccess { path, write }) => Request::Files { path, write },
        wit::Request::Clock => Request::Clock,
        wit::Request::Random => Request::Random,
    }
}
