//! How failed attempts are repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::random::SplitMix64;

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
    /// How far a pause may deviate from its value, in percent, 0 to 100, though never beyond the cap. It spreads the
    /// retries of many instances that failed together.
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

impl RetryPolicy {
    /// The pause after attempt number `failed_attempt`, which counts from 1.
    ///
    /// Pure: the same arguments give the same pause. `seed` decides the jitter, together with the attempt; so one seed
    /// for each step of an instance is enough. All pauses within the jitter are about equally likely; where the cap cuts
    /// off a part of them, the rest are. A pause is never longer than the cap, and zero only if `initial` or the cap is.
    pub fn delay(&self, failed_attempt: u32, seed: u64) -> Duration {
        let cap = nanos(self.cap);
        let growth = match self.backoff {
            Backoff::Constant => 1,
            Backoff::Linear => u64::from(failed_attempt.max(1)),
            Backoff::Exponential => 1_u64
                .checked_shl(failed_attempt.saturating_sub(1))
                .unwrap_or(u64::MAX),
        };
        let value = nanos(self.initial).saturating_mul(growth).min(cap);
        let deviation = percent(value, self.jitter_percent.min(100));
        let longest = value.saturating_add(deviation).min(cap);
        let shortest = (value - deviation).max(1).min(longest);
        let mut random = SplitMix64::new(seed ^ u64::from(failed_attempt).rotate_left(32));
        Duration::from_nanos(shortest + random.up_to(longest - shortest))
    }
}

/// In nanoseconds; 584 years at most.
fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// `part` is 100 at most.
fn percent(whole: u64, part: u8) -> u64 {
    u64::try_from(u128::from(whole) * u128::from(part) / 100).unwrap_or(whole)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFFS: [Backoff; 3] = [Backoff::Constant, Backoff::Linear, Backoff::Exponential];

    fn policy() -> impl Strategy<Value = RetryPolicy> {
        let spans = (any::<Duration>(), any::<Duration>());
        let small = (0..5_000_u64, 0..5_000_u64)
            .prop_map(|(a, b)| (Duration::from_nanos(a), Duration::from_nanos(b)));
        (
            any::<u32>(),
            prop::sample::select(&BACKOFFS[..]),
            prop_oneof![spans, small],
            any::<u8>(),
        )
            .prop_map(
                |(max_attempts, backoff, (initial, cap), jitter_percent)| RetryPolicy {
                    max_attempts,
                    backoff,
                    initial,
                    cap,
                    jitter_percent,
                },
            )
    }

    /// The pauses in milliseconds after attempts 1 to 6.
    fn pauses(backoff: Backoff, jitter_percent: u8) -> Vec<u128> {
        let policy = RetryPolicy {
            max_attempts: 9,
            backoff,
            initial: Duration::from_millis(100),
            cap: Duration::from_millis(450),
            jitter_percent,
        };
        (1..=6)
            .map(|attempt| policy.delay(attempt, 7).as_millis())
            .collect()
    }

    #[test]
    fn pauses_grow_up_to_the_cap() {
        assert_eq!(pauses(Backoff::Constant, 0), [100, 100, 100, 100, 100, 100]);
        assert_eq!(pauses(Backoff::Linear, 0), [100, 200, 300, 400, 450, 450]);
        assert_eq!(pauses(Backoff::Exponential, 0), [100, 200, 400, 450, 450, 450]);
    }

    #[test]
    fn jitter_spreads_over_all_of_its_range() {
        let policy = RetryPolicy {
            jitter_percent: 50,
            ..RetryPolicy::default()
        };
        let tenths: std::collections::BTreeSet<u128> = (0..1_000)
            .map(|seed| policy.delay(1, seed).as_millis() / 100)
            .collect();
        assert_eq!(tenths, (5..15).collect());
        let at_cap: std::collections::BTreeSet<u128> = (0..1_000)
            .map(|seed| policy.delay(30, seed).as_secs().into())
            .collect();
        assert_eq!(at_cap, (30..60).collect());
    }

    #[test]
    fn attempts_of_one_seed_differ() {
        let pauses = pauses(Backoff::Constant, 90);
        assert!(pauses.windows(2).all(|pair| pair[0] != pair[1]), "{pauses:?}");
    }

    proptest! {
        #[test]
        fn pauses_keep_their_bounds(policy in policy(), attempt: u32, seed: u64) {
            let pause = policy.delay(attempt, seed);
            prop_assert_eq!(pause, policy.delay(attempt, seed));
            prop_assert!(pause <= policy.cap);
            let is_zero = policy.initial.is_zero() || policy.cap.is_zero();
            prop_assert_eq!(pause.is_zero(), is_zero);
        }

        #[test]
        fn pauses_stay_within_the_jitter(mut policy in policy(), attempt: u32, seed: u64) {
            let pause = policy.delay(attempt, seed).as_nanos();
            let percent = u128::from(policy.jitter_percent.min(100));
            policy.jitter_percent = 0;
            let value = policy.delay(attempt, seed).as_nanos();
            prop_assert!(pause.abs_diff(value) * 100 <= value * percent + 100);
        }

        #[test]
        fn pauses_without_jitter_never_shrink(mut policy in policy(), attempt in 1..u32::MAX, seed: u64) {
            policy.jitter_percent = 0;
            prop_assert!(policy.delay(attempt, seed) <= policy.delay(attempt + 1, seed));
        }
    }
}
