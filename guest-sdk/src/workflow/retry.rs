//! How failed attempts are repeated.

use std::time::Duration;

/// How often a step is tried, and how long the pauses are.
///
/// ```
/// use std::time::Duration;
/// use hephaestus_guest::Retry;
///
/// let patient = Retry::exponential(Duration::from_secs(1)).attempts(8).cap(Duration::from_secs(300));
/// let never = Retry::never();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) initial: Duration,
    pub(crate) cap: Duration,
    pub(crate) jitter_percent: u8,
}

/// How the pauses between attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// Always the first pause.
    Constant,
    /// The first pause times the number of the attempt that failed.
    Linear,
    /// Doubled with each attempt.
    Exponential,
}

impl Retry {
    /// Three attempts, with the same pause after each.
    pub const fn constant(pause: Duration) -> Self {
        Self::growing(Backoff::Constant, pause)
    }

    /// Three attempts, with pauses of one, two, three times `first`. A minute is the longest.
    pub const fn linear(first: Duration) -> Self {
        Self::growing(Backoff::Linear, first)
    }

    /// Three attempts, with pauses that double, beginning with `first`. A minute is the longest.
    pub const fn exponential(first: Duration) -> Self {
        Self::growing(Backoff::Exponential, first)
    }

    /// One attempt.
    pub const fn never() -> Self {
        Self::constant(Duration::ZERO).attempts(1)
    }

    /// Attempts in all, the first one included; at least 1.
    #[must_use]
    pub const fn attempts(mut self, max: u32) -> Self {
        self.max_attempts = max;
        self
    }

    /// No pause is longer than this.
    #[must_use]
    pub const fn cap(mut self, longest: Duration) -> Self {
        self.cap = longest;
        self
    }

    /// How far pauses may deviate, in percent, 0 to 100. It spreads the retries of many instances that failed together.
    #[must_use]
    pub const fn jitter_percent(mut self, percent: u8) -> Self {
        self.jitter_percent = percent;
        self
    }

    const fn growing(backoff: Backoff, initial: Duration) -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        let cap = if initial.as_nanos() > MINUTE.as_nanos() {
            initial
        } else {
            MINUTE
        };
        Self {
            max_attempts: 3,
            backoff,
            initial,
            cap,
            jitter_percent: 0,
        }
    }
}
