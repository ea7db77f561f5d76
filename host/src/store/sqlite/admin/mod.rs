//! What operators do with the file of a store: [`check`], [`backup`], [`vacuum`].
//!
//! Checking and copying work beside a running host and lock nothing; they read one consistent snapshot, and as long as that
//! takes, the host's write-ahead log grows. Vacuuming needs the file for itself.

mod backup;
mod check;
mod instance;
mod report;
mod vacuum;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hephaestus_core::Digest;
use hephaestus_core::definition::Workflow;

pub use self::backup::Backup;
pub use self::report::{CheckReport, Finding, Place};
pub use self::vacuum::Vacuumed;
use super::blocking;
use crate::store::StoreError;

/// What a [`check`] may use besides the file.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CheckOptions {
    /// The workflows that components are, for as many of them as are known: journals of their instances are folded, and
    /// what they come to is compared to the letter. For the others it is compared as far as a journal tells it by itself.
    pub workflows: BTreeMap<Digest, Arc<Workflow>>,
}

/// Reads everything, and says what doesn't fit together.
///
/// An error is what keeps it from looking at all. A file that is of an older format is not looked at.
pub async fn check(path: impl Into<PathBuf>, options: CheckOptions) -> Result<CheckReport, StoreError> {
    let path = path.into();
    blocking(move || check::run(&path, &options)).await
}

/// Writes a copy of the store as it is now to `to`, which must not exist: whole and durable under that name, or not there.
/// What the copy is made under before that ([`backup_partial`]) is left behind by a crash.
pub async fn backup(path: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Result<Backup, StoreError> {
    let (path, to) = (path.into(), to.into());
    blocking(move || backup::run(&path, &to)).await
}

/// Where this process makes a [`backup`] to `to` until it is whole: `.<name>.<process>.partial` in the same folder. `None`:
/// `to` names no file.
pub fn backup_partial(to: &Path) -> Option<PathBuf> {
    backup::partial(to)
}

/// Removes the code that nothing needs, and gives room that isn't used back to the system. No host may use the file. It is
/// written anew in the folder for temporary files (`SQLITE_TMPDIR` names another one) and then moved back through the log:
/// for a while it needs twice its size more.
pub async fn vacuum(path: impl Into<PathBuf>) -> Result<Vacuumed, StoreError> {
    let path = path.into();
    blocking(move || vacuum::run(&path)).await
}
