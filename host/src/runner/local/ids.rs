//! Fresh ids. The runner's only source of randomness, so that a simulation can seed it.

use std::sync::Mutex;

use hephaestus_core::{BusinessValue, InstanceId, Timestamp};
use uuid::{Builder, Uuid};

use super::lock;

/// Draws UUIDs of version 7 that ascend, also within a millisecond and when the clock stands still: the newest
/// instance has the highest id.
#[derive(Debug)]
pub(super) struct IdSource(Mutex<State>);

#[derive(Debug)]
struct State {
    /// `None`: the operating system's randomness.
    seed: Option<u64>,
    millis: u64,
    /// Counts within `millis`, in the 12 bits that follow it.
    counter: u16,
}

const COUNTER_BITS: u32 = 12;

impl IdSource {
    /// Draws the same ids again for the same seed and the same instants.
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(State {
            seed,
            millis: 0,
            counter: 0,
        }))
    }

    pub(super) fn instance(&self, now: Timestamp) -> InstanceId {
        InstanceId(self.next(now))
    }

    pub(super) fn business_value(&self, now: Timestamp) -> BusinessValue {
        BusinessValue::from(self.next(now))
    }

    fn next(&self, now: Timestamp) -> Uuid {
        let mut state = lock(&self.0);
        state.step(now);
        let mut bytes = state.random();
        let [high, low] = state.counter.to_be_bytes();
        bytes[0] = high;
        bytes[1] = low;
        Builder::from_unix_timestamp_millis(state.millis, &bytes).into_uuid()
    }
}

impl State {
    /// Moves on to the next pair of millisecond and counter; ahead of the clock if the counter is used up.
    fn step(&mut self, now: Timestamp) {
        if now.0 > self.millis {
            (self.millis, self.counter) = (now.0, 0);
        } else if self.counter + 1 == 1 << COUNTER_BITS {
            (self.millis, self.counter) = (self.millis + 1, 0);
        } else {
            self.counter += 1;
        }
    }

    fn random(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        match &mut self.seed {
            // The tail of a version 4 UUID is random but for the two bits that are overwritten anyway.
            None => bytes[2..].copy_from_slice(&Uuid::new_v4().as_bytes()[8..]),
            Some(seed) => bytes[2..].copy_from_slice(&split_mix(seed).to_be_bytes()),
        }
        bytes
    }
}

/// SplitMix64: a small generator with a state of one word.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_even_if_the_clock_stands_still() {
        let ids = IdSource::new(None);
        let drawn: Vec<_> = (0..10_000)
            .map(|_| ids.instance(Timestamp(1_700_000_000_000)))
            .collect();
        assert!(drawn.is_sorted_by(|a, b| a < b));
        assert!(
            ids.instance(Timestamp(1)) > drawn[9_999],
            "also when it goes back"
        );
        assert_eq!(drawn[0].0.get_version_num(), 7);
    }

    #[test]
    fn a_seed_repeats_its_ids() {
        let draw = |seed| {
            let ids = IdSource::new(Some(seed));
            [1, 1, 2].map(|at| ids.instance(Timestamp(at)))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
