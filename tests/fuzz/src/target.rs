//! What a target is.

use std::time::Duration;

use fastrand::Rng;

/// Something that reads bytes, and what must hold whatever they are.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, also that of its folder in the corpus.
    pub name: &'static str,
    /// What it reads, for people.
    pub about: &'static str,
    /// Runs one input. Panics if something doesn't hold.
    pub run: fn(&[u8]),
    /// Inputs to begin with, besides those of the corpus: what takes a built component, or is too large to be kept.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Makes a new input. The same generator and seeds give the same input.
    pub generate: fn(&mut Rng, &[Vec<u8>]) -> Vec<u8>,
    /// What one input may take.
    pub bounds: Bounds,
}

/// What one input may take. More is a finding.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long. Wide: a machine that is busy with other things is no finding.
    pub time: Duration,
    /// How much more memory may be allocated than before it. What WebAssembly maps for guests isn't counted; the sandbox
    /// has its own limit for that.
    pub memory_bytes: usize,
}

impl Bounds {
    /// For what only reads text.
    pub const TEXT: Self = Self {
        time: Duration::from_secs(10),
        memory_bytes: 256 << 20,
    };
}

/// For targets whose inputs are all in the corpus.
pub fn no_seeds() -> Vec<Vec<u8>> {
    Vec::new()
}
