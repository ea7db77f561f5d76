//! One host at a time: a lock file beside the database, locked by the operating system.
//!
//! The system drops the lock with the process, however it ends, so nothing stale has to be guessed at. The file
//! itself stays: who deletes a lock file can delete one that somebody has just locked.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::store::StoreError;

/// Held as long as the store is open.
#[derive(Debug)]
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Locks `database`, or says who has.
    pub(super) fn acquire(database: &Path) -> Result<Self, StoreError> {
        let path = lock_path(database);
        let unavailable = |error: std::io::Error| StoreError::Unavailable {
            reason: format!(
                "`{}` can't be written: {error}; the host must be allowed to write to the folder of its database",
                path.display()
            ),
        };
        let mut options = OpenOptions::new();
        // Not truncated: until it is locked, what it says is somebody else's.
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(&mut file, database)),
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        sign(&mut file).map_err(unavailable)?;
        Ok(Self { _file: file })
    }
}

/// The lock file of `database`.
pub(super) fn lock_path(database: &Path) -> PathBuf {
    beside(database, ".lock")
}

/// The path of `database` with `suffix` at its end.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes who holds the lock, for the message that others get.
fn sign(file: &mut File) -> std::io::Result<()> {
    let now = since_epoch().as_secs();
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "pid {}\nlocked_at_s {now}\n", std::process::id())
}

fn in_use(file: &mut File, database: &Path) -> StoreError {
    let mut text = String::new();
    // Unreadable or half written: the lock still says that somebody is there.
    let holder = match file.read_to_string(&mut text) {
        Ok(_) => describe(&text),
        Err(_) => None,
    };
    let holder = holder.unwrap_or_else(|| "another process".to_owned());
    StoreError::InUse {
        holder: format!("{holder} (`{}`)", database.display()),
    }
}

fn describe(text: &str) -> Option<String> {
    let (pid, locked_at) = text.strip_prefix("pid ")?.split_once("\nlocked_at_s ")?;
    let locked_at = Duration::from_secs(locked_at.trim_end().parse().ok()?);
    let seconds = since_epoch().saturating_sub(locked_at).as_secs();
    Some(format!("process {pid}, which opened it {seconds} s ago"))
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
