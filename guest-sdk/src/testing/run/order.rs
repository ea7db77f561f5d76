//! In which order things that happen at the same time happen.

/// Picks one of several things.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// The one that came first.
    Canonical,
    /// Any; which, follows from the seed (SplitMix64).
    Shuffled(u64),
}

impl Order {
    /// Takes one out of `from`.
    pub(super) fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let at = match self {
            Self::Canonical => 0,
            Self::Shuffled(seed) => {
                *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                // Few things and a large number: that some are picked a little more often doesn't matter.
                usize::try_from((mixed >> 33) % from.len() as u64).unwrap_or(0)
            }
        };
        Some(from.remove(at))
    }
}
