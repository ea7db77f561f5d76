//! The `secrets` interface: values that only steps see to which they are granted.

use hephaestus_core::capability::Request;

use super::bindings::hephaestus::workflow::secrets::{Denied, Host};
use super::ctx::Capabilities;

impl Host for Capabilities<'_> {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Denied>> {
        let request = Request::Secret { name };
        Ok(Err(Denied::NotGranted(self.deny(&request))))
    }
}
