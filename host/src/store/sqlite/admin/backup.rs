//! A consistent copy, under its name only when it is whole.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::store::sqlite::SqliteOptions;
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::open::{existing, folder_of, read_only};

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub bytes: u64,
}

pub(super) fn run(path: &Path, to: &Path) -> Result<Backup, StoreError> {
    let options = SqliteOptions::default();
    let (path, format) = existing(path, &options)?;
    check_target(to)?;
    let partial = Partial::beside(to)?;
    let source = read_only(&path, &options).map_err(|error| Failure::Sqlite(error).at(&path))?;
    let target = partial
        .0
        .to_str()
        .ok_or_else(|| cannot(to, "its name is not Unicode"))?;
    source
        .execute("VACUUM INTO ?1", [target])
        .map_err(|error| match Failure::Sqlite(error).at(&path) {
            // SQLite doesn't say which of the two files it means; reading is what seldom fails.
            StoreError::Unavailable { reason } => cannot(to, &reason),
            damaged => damaged,
        })?;
    drop(source);
    let (_, copied) = existing(&partial.0, &options)?;
    if copied != format {
        return Err(cannot(to, "the copy has another format"));
    }
    let bytes = publish(&partial.0, to).map_err(|error| cannot(to, &error.to_string()))?;
    Ok(Backup {
        path: to.to_owned(),
        bytes,
    })
}

fn check_target(to: &Path) -> Result<(), StoreError> {
    if to.symlink_metadata().is_ok() {
        return Err(cannot(
            to,
            "it exists already; move it away, or choose another name",
        ));
    }
    if !folder_of(to).is_dir() {
        return Err(cannot(
            to,
            "there is no such folder; create it, or choose another one",
        ));
    }
    Ok(())
}

fn cannot(to: &Path, why: &str) -> StoreError {
    let reason = format!("no backup can be written to `{}`: {why}", to.display());
    StoreError::Unavailable { reason }
}

/// Synced before and after it gets its name.
fn publish(partial: &Path, to: &Path) -> std::io::Result<u64> {
    // Opened for writing: Windows syncs no other.
    let file = File::options().write(true).open(partial)?;
    file.sync_all()?;
    let bytes = file.metadata()?.len();
    drop(file);
    if to.symlink_metadata().is_ok() {
        let error = "it was made by somebody else meanwhile";
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, error));
    }
    std::fs::rename(partial, to)?;
    #[cfg(unix)]
    File::open(folder_of(to))?.sync_all()?;
    Ok(bytes)
}

/// See [`backup_partial`](super::backup_partial).
pub(super) fn partial(to: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(to.file_name()?);
    name.push(format!(".{}.partial", std::process::id()));
    Some(folder_of(to).join(name))
}

/// A copy that isn't whole yet. Removed if it never gets its name.
struct Partial(PathBuf);

impl Partial {
    fn beside(to: &Path) -> Result<Self, StoreError> {
        let path = partial(to).ok_or_else(|| cannot(to, "that names no file"))?;
        // From a backup of this process that was given up: SQLite refuses to write over it.
        let _ = std::fs::remove_file(&path);
        Ok(Self(path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a success it has another name.
        let _ = std::fs::remove_file(&self.0);
        for suffix in ["-journal", "-wal", "-shm"] {
            let _ = std::fs::remove_file(super::super::lock::beside(&self.0, suffix));
        }
    }
}
