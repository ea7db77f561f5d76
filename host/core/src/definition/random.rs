//! Numbers that look random and follow from a seed: the core draws none.

/// The generator SplitMix64: one addition, one finaliser. Good enough to spread retries and to sample runs; not for
/// secrets.
#[derive(Debug, Clone)]
pub(super) struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `last`, each about equally likely.
    pub(super) fn up_to(&mut self, last: u64) -> u64 {
        let scaled = (u128::from(self.next()) * (u128::from(last) + 1)) >> 64;
        u64::try_from(scaled).unwrap_or(last)
    }
}
