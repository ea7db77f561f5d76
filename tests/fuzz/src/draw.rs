//! Choices, made by the bytes of an input: whoever changes a byte changes a choice.

use fastrand::Rng;

/// The bytes of an input, one after the other; behind them numbers that all of them decide, so that a short input makes
/// something large too.
pub(crate) struct Draw<'a> {
    bytes: &'a [u8],
    rng: Rng,
    is_tame: bool,
}

impl<'a> Draw<'a> {
    /// Begins at the beginning.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        // FNV-1a: all bytes count.
        let seed = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            bytes,
            rng: Rng::with_seed(seed),
            is_tame: false,
        }
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                *first
            }
            None => self.rng.u8(..),
        }
    }

    /// Below `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let number = match bound {
            0..=256 => usize::from(self.byte()),
            _ => usize::from(self.byte()) << 8 | usize::from(self.byte()),
        };
        number % bound.max(1)
    }

    /// Whether it is one of so many cases.
    pub(crate) fn one_in(&mut self, cases: usize) -> bool {
        self.below(cases) == cases.saturating_sub(1)
    }

    /// From now on, nothing is [`Self::odd`].
    pub(crate) fn tame(&mut self) {
        self.is_tame = true;
    }

    /// Whether to do what is probably wrong: in one of so many cases.
    pub(crate) fn odd(&mut self, cases: usize) -> bool {
        self.one_in(cases) && !self.is_tame
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.below(all.len())).copied()
    }

    /// A number of any size: small, large, at a border.
    pub(crate) fn number(&mut self) -> u64 {
        let bits = self.below(65);
        let number = (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()));
        match (bits, self.byte() % 3) {
            (0, _) => 0,
            (bits, 0) => u64::MAX >> (64 - bits),
            (bits, 1) => 1 << (bits - 1),
            (bits, _) => number >> (64 - bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_and_then_all_of_them_do() {
        let take = |bytes: &[u8]| {
            let mut draw = Draw::new(bytes);
            [draw.byte(), draw.byte(), draw.byte(), draw.byte()]
        };
        assert_eq!(take(&[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(take(&[1, 2])[..2], [1, 2]);
        assert_eq!(take(&[1, 2]), take(&[1, 2]));
        assert_ne!(take(&[1, 2])[2..], take(&[1, 3])[2..]);
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut draw = Draw::new(&[]);
        for bound in [0, 1, 2, 256, 257, 5_000] {
            for _ in 0..100 {
                assert!(draw.below(bound) < bound.max(1));
            }
        }
    }
}
