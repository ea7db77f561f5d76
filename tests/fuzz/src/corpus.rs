//! The committed inputs: `tests/fuzz/corpus/<target>/`. A finding's input stays there for ever.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder of a target's inputs.
pub(crate) fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The committed inputs of a target, by the names of their files. A target without a folder has none.
pub(crate) fn inputs(target: &str) -> Result<Vec<Vec<u8>>> {
    let folder = folder(target);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    let read = |path: PathBuf| fs::read(&path).with_context(|| format!("failed to read {}", path.display()));
    paths.into_iter().map(read).collect()
}
