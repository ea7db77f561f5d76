//! The `context` interface: what a step can read about the instance it runs in.

use hephaestus_core::Json;

use super::bindings::hephaestus::workflow::context::{Host, InstanceInfo, ReadError};
use super::ctx::{Capabilities, Scope};

/// The guest asked for its context where there is none.
#[derive(Debug, thiserror::Error)]
#[error("`context` can't be read while the workflow describes itself: there is no instance yet")]
pub(super) struct NoInstance;

impl<'a> Capabilities<'a> {
    fn running(&self) -> wasmtime::Result<&'a Scope> {
        self.scope.ok_or_else(|| wasmtime::Error::new(NoInstance))
    }

    /// A copy for the guest, which counts.
    pub(super) fn hand_over(&self, json: &Json) -> String {
        self.tally.bytes_in(json.as_str().len());
        json.as_str().to_owned()
    }
}

impl Host for Capabilities<'_> {
    fn initial(&mut self) -> wasmtime::Result<String> {
        Ok(self.hand_over(&self.running()?.attempt.context.initial))
    }

    fn result(&mut self, step: String) -> wasmtime::Result<Result<Option<String>, ReadError>> {
        let scope = self.running()?;
        let read = match scope.attempt.context.results.get(step.as_str()) {
            Some(result) => Ok(result.as_ref().map(|json| self.hand_over(json))),
            None if scope.workflow.index(&step).is_some() => Err(ReadError::NotAnAncestor(step)),
            None => Err(ReadError::UnknownStep(step)),
        };
        Ok(read)
    }

    fn config(&mut self) -> wasmtime::Result<Option<String>> {
        let config = self.running()?.attempt.config.as_ref();
        Ok(config.map(|json| self.hand_over(json)))
    }

    fn instance(&mut self) -> wasmtime::Result<InstanceInfo> {
        let attempt = &self.running()?.attempt;
        Ok(InstanceInfo {
            id: attempt.instance.to_string(),
            business_id: attempt.business_id.to_string(),
            workflow: attempt.workflow.to_string(),
            version: attempt.version.0,
        })
    }

    fn step(&mut self) -> wasmtime::Result<String> {
        Ok(self.running()?.attempt.step.to_string())
    }

    fn attempt(&mut self) -> wasmtime::Result<u32> {
        Ok(self.running()?.attempt.attempt)
    }

    fn idempotency_key(&mut self) -> wasmtime::Result<String> {
        Ok(self.running()?.attempt.idempotency_key())
    }
}
