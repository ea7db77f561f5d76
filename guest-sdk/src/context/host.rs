//! The context as the host gives it. Only in components: natively there is no host to import from.

use super::{Instance, Level, Source, not_an_ancestor, unknown_step};
use crate::bindings::hephaestus::workflow::{checkpoint, context, grants, log, secrets, types};
use crate::{Denied, Secret, SecretError, StepError};

/// Each read is a call of the host.
pub(crate) struct Host;

impl Source for Host {
    fn initial(&self) -> String {
        context::initial()
    }

    fn result(&self, step: &str) -> Result<Option<String>, String> {
        context::result(step).map_err(|error| match error {
            context::ReadError::UnknownStep(step) => unknown_step(&step),
            context::ReadError::NotAnAncestor(step) => not_an_ancestor(&step),
        })
    }

    fn config(&self) -> Option<String> {
        context::config()
    }

    fn instance(&self) -> Instance {
        let context::InstanceInfo {
            id,
            business_id,
            workflow,
            version,
        } = context::instance();
        Instance {
            id,
            business_id,
            workflow,
            version,
        }
    }

    fn step(&self) -> String {
        context::step()
    }

    fn attempt(&self) -> u32 {
        context::attempt()
    }

    fn idempotency_key(&self) -> String {
        context::idempotency_key()
    }

    fn log(&self, level: Level, message: &str, fields: Vec<(String, String)>) {
        let level = match level {
            Level::Trace => log::Level::Trace,
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        log::log(level, message, &fields);
    }

    fn checkpoint(&self) -> Option<String> {
        checkpoint::load()
    }

    fn save_checkpoint(&self, progress: String) -> Result<(), StepError> {
        use checkpoint::SaveError;
        let permanent = |reason: String| {
            StepError::permanent(format!(
                "the checkpoint of step `{}` is refused: {reason}",
                context::step()
            ))
        };
        checkpoint::save(&progress).map_err(|error| match error {
            SaveError::TooLarge(limit) => permanent(format!(
                "it has {} bytes, {limit} are allowed: hand large data over by reference",
                progress.len()
            )),
            SaveError::InvalidJson(reason) => permanent(reason),
            SaveError::UsedUp(limit) => permanent(format!(
                "all that the step saves may come to {limit} bytes together: save smaller ones, or fewer"
            )),
            SaveError::Unavailable(reason) => StepError::retryable(reason),
        })
    }
}

/// A secret, as the host gives it.
pub(crate) fn secret(name: &str) -> Result<Secret, SecretError> {
    secrets::get(name)
        .map(Secret::new)
        .map_err(|denied| match denied {
            secrets::Denied::NotGranted(missing) => {
                SecretError::Denied(Denied::new(&missing.request, missing.manifest))
            }
            secrets::Denied::Unavailable(reason) => SecretError::Unavailable {
                name: name.to_owned(),
                reason,
            },
        })
}

/// What the host denied, and what it says is missing. Nothing is if it was granted in the meantime.
pub(crate) fn denied(request: &types::Request) -> Denied {
    let manifest = match grants::check(request) {
        Ok(()) => String::new(),
        Err(missing) => missing.manifest,
    };
    Denied::new(request, manifest)
}
