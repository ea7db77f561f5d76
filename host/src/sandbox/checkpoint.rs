//! The `checkpoint` interface: what a step saves while it executes, and goes on from.

use hephaestus_core::Json;

use super::bindings::hephaestus::workflow::checkpoint::{Host, SaveError};
use super::ctx::Capabilities;
use crate::runner::{self, Checkpoint};

/// The guest used its checkpoint where there is none.
#[derive(Debug, thiserror::Error)]
#[error("`checkpoint` is there only while a step executes: not for `describe`, nor for `transit`")]
pub(super) struct NothingExecutes;

impl<'a> Capabilities<'a> {
    fn checkpoint(&self) -> wasmtime::Result<&'a Checkpoint> {
        let checkpoint = self.scope.and_then(|scope| scope.attempt.checkpoint.as_ref());
        checkpoint.ok_or_else(|| wasmtime::Error::new(NothingExecutes))
    }
}

impl Host for Capabilities<'_> {
    fn load(&mut self) -> wasmtime::Result<Option<String>> {
        let last = self.checkpoint()?.load();
        Ok(last.map(|json| self.hand_over(&json)))
    }

    async fn save(&mut self, progress: String) -> wasmtime::Result<Result<(), SaveError>> {
        let checkpoint = self.checkpoint()?;
        self.tally.bytes_out(progress.len());
        let progress = match Json::parse(&progress) {
            Ok(progress) => progress,
            Err(invalid) => return Ok(Err(SaveError::InvalidJson(invalid.reason))),
        };
        Ok(checkpoint.save(progress).await.map_err(|error| match error {
            runner::SaveError::TooLarge { limit_bytes } => SaveError::TooLarge(limit_bytes as u64),
            runner::SaveError::UsedUp { limit_bytes } => SaveError::UsedUp(limit_bytes as u64),
            runner::SaveError::Unavailable { reason } => SaveError::Unavailable(reason),
        }))
    }
}
