//! How a step is retried, as it is written.

use hephaestus_core::definition::{Backoff, PolicyProblem, RetryPolicy};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::amount::Span;

/// `{ max-attempts = 5, backoff = "exponential", initial = "1s", cap = "60s", jitter-percent = 20 }`; what is left out is
/// as in [`RetryPolicy::default`].
#[derive(Debug, Clone)]
pub(in crate::deploy::manifest) struct FileRetry(pub(in crate::deploy::manifest) RetryPolicy);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileRetryTable {
    max_attempts: Option<u32>,
    backoff: Option<FileBackoff>,
    initial: Option<Span>,
    cap: Option<Span>,
    jitter_percent: Option<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FileBackoff {
    Constant,
    Linear,
    Exponential,
}

impl<'de> Deserialize<'de> for FileRetry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = FileRetryTable::deserialize(deserializer)?;
        let or = RetryPolicy::default();
        let policy = RetryPolicy {
            max_attempts: table.max_attempts.unwrap_or(or.max_attempts),
            backoff: match table.backoff {
                None => or.backoff,
                Some(FileBackoff::Constant) => Backoff::Constant,
                Some(FileBackoff::Linear) => Backoff::Linear,
                Some(FileBackoff::Exponential) => Backoff::Exponential,
            },
            initial: table.initial.map_or(or.initial, |span| span.0),
            cap: table.cap.map_or(or.cap, |span| span.0),
            jitter_percent: table.jitter_percent.unwrap_or(or.jitter_percent),
        };
        match PolicyProblem::of_retry(&policy).first() {
            None => Ok(Self(policy)),
            Some(problem) => Err(D::Error::custom(format!(
                "the retry policy {}; {}",
                problem.message, problem.fix
            ))),
        }
    }
}
