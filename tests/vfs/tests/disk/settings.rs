//! How long to try: the short setting is part of every test run, the long one is for nights.

use std::path::PathBuf;

use tempfile::TempDir;

/// `HEPHAESTUS_VFS_LONG=10` makes everything ten times as long.
pub(crate) fn factor() -> u64 {
    match std::env::var("HEPHAESTUS_VFS_LONG") {
        Ok(text) => text.parse().expect("HEPHAESTUS_VFS_LONG is a number"),
        Err(_) => 1,
    }
}

/// A folder in memory, if the system has such: there syncs cost nothing, and what they do is the model's business.
pub(crate) fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    folder.expect("a folder")
}

/// Chance that can be repeated (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}
