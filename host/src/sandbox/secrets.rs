//! The `secrets` interface: values that only steps see to which they are granted.

use hephaestus_core::capability::Request;

use super::bindings::hephaestus::workflow::secrets::{Denied, Host};
use super::ctx::{Capabilities, Scope};
use crate::deploy::SecretUnavailable;

impl Host for Capabilities<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Denied>> {
        let grants = self.scope.and_then(Scope::grants);
        let Some(source) = grants
            .and_then(|grants| grants.secrets.get(name.as_str()))
            .cloned()
        else {
            return Ok(Err(Denied::NotGranted(self.deny(&Request::Secret { name }))));
        };
        // A file system can take its time: not on a worker of the runtime.
        let read = tokio::task::spawn_blocking(move || source.read()).await;
        Ok(match read {
            Ok(Ok(value)) => {
                self.output.hide(&name, &value);
                self.tally.bytes_in(value.len());
                Ok(value)
            }
            Ok(Err(error)) => {
                tracing::warn!(secret = name, %error, "a granted secret can't be had");
                Err(Denied::Unavailable(error.to_string()))
            }
            Err(_) => Err(Denied::Unavailable(
                SecretUnavailable::Unreadable(std::io::ErrorKind::Interrupted).to_string(),
            )),
        })
    }
}
