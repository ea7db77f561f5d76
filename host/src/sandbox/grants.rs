//! The `grants` interface: what the operator granted to the running step, and what the manifest would have to say.

use hephaestus_core::capability::{Request, manifest_lines};

use super::bindings::hephaestus::workflow::grants::Host;
use super::bindings::hephaestus::workflow::types as wit;
use super::ctx::{Capabilities, Scope};

impl Capabilities<'_> {
    /// The answer to a request that is not granted. The attempt has been denied something, from here on.
    pub(super) fn deny(&self, request: &Request) -> wit::MissingGrant {
        self.denials.note();
        let manifest = match self.scope {
            Some(Scope {
                attempt,
                policy: Some(_),
                ..
            }) => manifest_lines(&attempt.workflow, &attempt.step, request),
            // Only steps are granted something.
            _ => String::new(),
        };
        wit::MissingGrant {
            request: to_wit(request),
            manifest,
        }
    }
}

impl Host for Capabilities<'_> {
    fn check(&mut self, request: wit::Request) -> wasmtime::Result<Result<(), wit::MissingGrant>> {
        let request = from_wit(request);
        let grants = self.scope.and_then(Scope::grants);
        Ok(if grants.is_some_and(|grants| grants.allow(&request)) {
            Ok(())
        } else {
            Err(self.deny(&request))
        })
    }
}

/// A request in the words of core.
pub(super) fn from_wit(request: wit::Request) -> Request {
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

fn to_wit(request: &Request) -> wit::Request {
    match request {
        Request::Http {
            origin,
            private,
            methods,
        } => wit::Request::Http(wit::HttpAccess {
            origin: origin.clone(),
            private: *private,
            methods: methods.clone(),
        }),
        Request::Secret { name } => wit::Request::Secret(name.clone()),
        Request::Env { name } => wit::Request::Env(name.clone()),
        Request::Files { path, write } => wit::Request::Files(wit::FileAccess {
            path: path.clone(),
            write: *write,
        }),
        Request::Clock => wit::Request::Clock,
        Request::Random => wit::Request::Random,
    }
}
