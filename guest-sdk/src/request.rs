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
///     Request::secret("STOCK_TOKEN"),
/// ];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http { origin: &'static str, private: bool },
    Secret { name: &'static str },
}

impl Request {
    /// To send HTTP requests to `scheme://host[:port][/path]`: without a port, that of the scheme; with a path, what
    /// lies under it. `*.example.org` is any host under `example.org`.
    pub const fn http(origin: &'static str) -> Self {
        Self(Kind::Http {
            origin,
            private: false,
        })
    }

    /// To read the secret of this name.
    pub const fn secret(name: &'static str) -> Self {
        Self(Kind::Secret { name })
    }

    /// For HTTP: the name of the host may lead to addresses of private networks, and of the operator's own machine.
    /// Changes nothing for a secret.
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
            Kind::Secret { .. } => None,
        }
    }

    pub(crate) fn to_wit(self) -> wit::Request {
        match self.0 {
            Kind::Http { origin, private } => wit::Request::Http(wit::HttpAccess {
                origin: origin.into(),
                private,
            }),
            Kind::Secret { name } => wit::Request::Secret(name.into()),
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
        wit::Request::Http(wit::HttpAccess { origin, private }) => {
            let private = if *private { ", in private networks too" } else { "" };
            format!("HTTP requests to `{origin}`{private}")
        }
        wit::Request::Secret(name) => format!("the secret `{name}`"),
    }
}

/// A request for HTTP to a URL.
pub(crate) fn http_to(url: &str, private: bool) -> wit::Request {
    wit::Request::Http(wit::HttpAccess {
        origin: url.to_owned(),
        private,
    })
}

/// The same in the words of core.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn to_core(request: wit::Request) -> hephaestus_core::capability::Request {
    use hephaestus_core::capability::Request;
    match request {
        wit::Request::Http(wit::HttpAccess { origin, private }) => Request::Http { origin, private },
        wit::Request::Secret(name) => Request::Secret { name },
    }
}
