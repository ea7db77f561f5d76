//! How failed attempts are repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a failed step is tried, and how long the pauses are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included; at least 1.
    pub max_attempts: u32,
    /// How pauses grow.
    pub backoff: Backoff,
    /// The pause after the first attempt.
    pub initial: Duration,
    /// No pause is longer than this.
    pub cap: Duration,
    /// How far a pause may deviate from its value, in percent, 0 to 100. It spreads the retries of many
    /// instances that failed together.
    pub jitter_percent: u8,
}

/// How the pauses between attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Always `initial`.
    Constant,
    /// `initial` times the number of the attempt that failed.
    Linear,
    /// `initial` doubled with each attempt.
    Exponential,
}

impl Default for RetryPolicy {
    /// Three attempts, one second and two seconds apart, give or take a fifth.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            backoff: Backoff::Exponential,
            initial: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            jitter_percent: 20,
        }
    }
}
