//! All that is random in a run: one small generator, shared by everything in it. On one thread the draws come in the
//! same order each time, so a seed is a run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// SplitMix64, shared by its clones.
#[derive(Debug, Clone)]
pub struct Chance(Arc<Mutex<u64>>);

impl Chance {
    /// A generator that draws the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// Any number.
    pub fn any(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&self, bound: u64) -> u64 {
        self.any() % bound.max(1)
    }

    /// True once in `n` times.
    pub fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A place in a list of that length.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// One of these.
    pub fn pick<'a, T>(&self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.index(among.len()))
    }

    /// One of these names; there is at least one.
    pub fn name<const N: usize>(&self, among: [&'static str; N]) -> &'static str {
        among[self.index(N)]
    }

    /// Some of these, at least one if there is any.
    pub fn some<T: Clone>(&self, among: &[T]) -> Vec<T> {
        let bits = self.any();
        let chosen = among.iter().enumerate();
        let chosen: Vec<T> = chosen
            .filter(|(at, _)| bits >> (at % 64) & 1 == 1)
            .map(|(_, one)| one.clone())
            .collect();
        match (chosen.is_empty(), self.pick(among)) {
            (true, Some(one)) => vec![one.clone()],
            _ => chosen,
        }
    }

    /// A span below `bound` milliseconds.
    pub fn ms(&self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }

    /// A generator of its own: what draws from it doesn't shift what others draw.
    pub fn fork(&self) -> Self {
        Self::new(self.any())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_numbers() {
        let draw = |seed| {
            let chance = Chance::new(seed);
            [chance.any(), chance.below(7), chance.fork().any(), chance.any()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn something_is_chosen_if_there_is_anything() {
        let chance = Chance::new(3);
        assert!(chance.some::<u8>(&[]).is_empty());
        assert!(chance.pick::<u8>(&[]).is_none());
        for _ in 0..1_000 {
            assert!(!chance.some(&[1, 2, 3]).is_empty());
        }
    }
}
