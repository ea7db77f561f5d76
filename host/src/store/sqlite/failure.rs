//! What went wrong inside the backend, and what people read about it.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// Why a job failed. [`Failure::at`] makes the error that callers see.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite refused, and nothing was changed.
    Sqlite(rusqlite::Error),
    /// `COMMIT` failed: some of its pages may have reached the disk.
    Commit(rusqlite::Error),
    /// What is stored doesn't make sense.
    Damaged(String),
    /// The file can't be used here.
    Unsupported(String),
    /// This path of ours names another file by now, or none.
    Gone(PathBuf),
    /// What is stored may not be on the disk, and this file can't be synced.
    Unsynced(PathBuf, std::io::Error),
    /// Somebody else keeps the file from being used.
    Held(&'static str),
    /// The writing thread panicked.
    WriterPanicked,
    /// A reading thread panicked, or the runtime is shutting down.
    ReaderGone(String),
    /// It was opened for reading only.
    ReadOnly,
    /// The store was closed.
    Closed,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    /// Whether the write in whose course it happened is to blame, or what is stored of its instance: without it, its
    /// neighbours may work. Nothing was changed.
    pub(super) fn is_of_one_write(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Sqlite(error) => {
                let error = unchanged(error, Path::new(""));
                matches!(error, StoreError::Damaged { .. } | StoreError::Malformed { .. })
            }
            _ => false,
        }
    }

    /// The error that callers see: says which file it is about.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let file = path.display();
        match self {
            Self::Sqlite(error) => unchanged(&error, path),
            Self::Commit(error) => StoreError::Unknown {
                reason: format!("the commit to `{file}` failed: {error}{}", advice(&error)),
            },
            Self::Damaged(found) => StoreError::Damaged {
                reason: format!("`{file}`: {found}"),
            },
            Self::Unsupported(found) => StoreError::Unavailable {
                reason: format!("`{file}`: {found}; put it on a local disk"),
            },
            Self::Gone(lost) => StoreError::Unavailable {
                reason: format!(
                    "`{}` was removed or replaced while the host was using it; put the file back, or stop the host",
                    lost.display()
                ),
            },
            Self::Unsynced(path, error) => StoreError::Unavailable {
                reason: format!(
                    "`{}` can't be synced: {error}; is the disk full, or failing? the system's log may say more",
                    path.display()
                ),
            },
            Self::Held(reason) => StoreError::Unavailable {
                reason: format!("`{file}`: {reason}"),
            },
            Self::WriterPanicked => StoreError::Unknown {
                reason: format!("the thread that writes `{file}` panicked; see the host's log"),
            },
            Self::ReaderGone(what) => StoreError::Unavailable {
                reason: format!("reading `{file}` was interrupted: {what}"),
            },
            Self::ReadOnly => StoreError::ReadOnly {
                path: path.to_owned(),
            },
            Self::Closed => StoreError::Closed,
        }
    }
}

/// The error for what SQLite refused before it was changed.
fn unchanged(error: &rusqlite::Error, path: &Path) -> StoreError {
    let file = path.display();
    let damaged = |reason: String| StoreError::Damaged { reason };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation) => {
            damaged(format!(
                "`{file}`: {error}; restore it from a backup (`sqlite3 {file} .recover` may save the rest)"
            ))
        }
        Some(ErrorCode::TooBig) => StoreError::Malformed {
            reason: format!("a value is larger than SQLite can keep: {error}"),
        },
        Some(_) => StoreError::Unavailable {
            reason: format!("`{file}`: {error}{}", advice(error)),
        },
        // Not SQLite's own: a value has another type than its column should have.
        None => damaged(format!("`{file}`: {error}")),
    }
}

/// What can be done, where we know.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "; make room on that disk",
        Some(ErrorCode::SystemIoFailure) => "; is the disk full, or failing? the system's log may say more",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "; another program holds the file (a backup, or the `sqlite3` shell?), end its transaction"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "; the host must be allowed to write to the file and to its folder"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests;
