//! Instants on the wall clock, as the journal keeps them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// `self` + `delay`, rounded up to a whole millisecond (a timer is never early); the end of time where
    /// that overflows.
    pub fn after(self, delay: Duration) -> Self {
        let millis = delay.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// `self` - `delay`, rounded down to a whole millisecond (what was before it is at least that old); the beginning
    /// of time where that underflows.
    pub fn before(self, delay: Duration) -> Self {
        let millis = delay.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_sub(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to `self`; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_are_never_early() {
        let now = Timestamp(1_000);
        for (nanos, expected) in [(0, 1_000), (1, 1_001), (1_000_000, 1_001), (1_000_001, 1_002)] {
            assert_eq!(now.after(Duration::from_nanos(nanos)), Timestamp(expected));
        }
    }

    #[test]
    fn time_ends_instead_of_beginning_again() {
        assert_eq!(Timestamp(1).after(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(
            Timestamp(u64::MAX).after(Duration::from_millis(1)),
            Timestamp(u64::MAX)
        );
        assert_eq!(Timestamp(u64::MAX).after(Duration::ZERO), Timestamp(u64::MAX));
    }

    #[test]
    fn what_was_before_is_at_least_that_old() {
        let now = Timestamp(1_000);
        for (nanos, expected) in [(0, 1_000), (1, 999), (1_000_000, 999), (1_000_001, 998)] {
            assert_eq!(now.before(Duration::from_nanos(nanos)), Timestamp(expected));
        }
        assert_eq!(now.before(Duration::MAX), Timestamp(0));
    }

    #[test]
    fn what_lies_ahead_is_no_time_ago() {
        assert_eq!(Timestamp(5).since(Timestamp(3)), Duration::from_millis(2));
        assert_eq!(Timestamp(3).since(Timestamp(5)), Duration::ZERO);
    }
}
