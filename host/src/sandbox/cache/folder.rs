//! The cache's folder: files that belong to this user alone, reached through one descriptor.
//!
//! Invariants: nothing is opened by a path but the folder itself, once; no symbolic link is followed; what is read is a
//! plain file of this user that nobody else may read or write; a file gets its name when it is whole.

use std::fmt;
use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;

use super::entry::SUFFIX;

/// What names end with while a file is written. Its writer holds a lock on it.
const PARTIAL: &str = ".partial";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The folder can't be used, or something in it can't.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    /// The system says no.
    #[error("failed to {what} in {folder}: {error}")]
    System {
        what: &'static str,
        folder: String,
        error: io::Error,
    },
    /// Somebody else could write machine code into it.
    #[error("found the folder {folder} {found}; expected {expected}; {fix}")]
    NotOurs {
        folder: String,
        found: String,
        expected: String,
        fix: String,
    },
    /// What has an entry's name is none of this user's files.
    #[error("found {found}")]
    Foreign { found: String },
    /// An entry doesn't fit.
    #[error("an entry of {bytes} bytes has no room in {folder}: the bound is {max_bytes} bytes; raise it")]
    NoRoom {
        bytes: u64,
        folder: String,
        max_bytes: u64,
    },
    /// The compiler's result has no form that can be kept.
    #[error("failed to serialise a compiled component: {reason}")]
    Unserialized { reason: String },
}

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: File,
    /// For messages.
    path: PathBuf,
}

/// A file in it, as the sweep sees it.
struct Item {
    name: String,
    bytes: u64,
    /// When, in nanoseconds.
    used: i128,
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Folder {
    /// Opens the folder; makes it, and those above it, if it isn't there.
    pub(super) fn open(path: &Path) -> Result<Self, FolderError> {
        let open = || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::open(path, flags, Mode::empty())
        };
        let opened = match open() {
            Err(Errno::NOENT) => DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(path)
                .map_err(|error| system("make the folder", path, error))
                .map(|()| open())?,
            opened => opened,
        };
        let descriptor = match opened {
            Ok(descriptor) => File::from(descriptor),
            // Which of the two a symbolic link gives depends on the system.
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(FolderError::NotOurs {
                    folder: path.display().to_string(),
                    found: "to be a symbolic link or no folder".into(),
                    expected: "a folder".into(),
                    fix: "name the folder itself, or remove what is there".into(),
                });
            }
            Err(error) => return Err(system("open the folder", path, error)),
        };
        let folder = Self {
            descriptor,
            path: path.to_owned(),
        };
        folder.check()?;
        Ok(folder)
    }

    /// Whether nobody else can write into it. It may have changed since it was opened.
    fn check(&self) -> Result<(), FolderError> {
        let metadata = self.descriptor.metadata();
        let metadata = metadata.map_err(|error| self.failed("see whose it is", error))?;
        self.judge(&Facts::of(&metadata), us())
    }

    fn judge(&self, facts: &Facts, us: u32) -> Result<(), FolderError> {
        if facts.owner == us && facts.mode == FOLDER_MODE {
            return Ok(());
        }
        let path = self.path.display();
        Err(FolderError::NotOurs {
            folder: path.to_string(),
            found: facts.to_string(),
            expected: format!("owner {us} and mode {FOLDER_MODE:04o}, since what is in it is executed"),
            fix: format!(
                "remove it, or name another folder; if nobody else could write into it: `chmod 0700 {path}`"
            ),
        })
    }

    /// The bytes of a file, which counts as used now. `None`: there is none.
    pub(super) fn read(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FolderError> {
        self.check()?;
        // A pipe in its place must not block.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match rustix::fs::openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => {
                return Err(FolderError::Foreign {
                    found: "a symbolic link".into(),
                });
            }
            Err(error) => return Err(self.failed("open an entry", error)),
        };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| self.failed("look at an entry", error))?;
        judge_file(&metadata, us(), max_bytes)?;
        let mut bytes = Vec::with_capacity(metadata.len().try_into().unwrap_or_default());
        // One more than may be there: a file that grows meanwhile isn't read for ever, and is too long then.
        (&file)
            .take(metadata.len() + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failed("read an entry", error))?;
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        rustix::fs::futimens(&file, &times).map_err(|error| self.failed("touch an entry", error))?;
        Ok(Some(bytes))
    }

    /// Makes a file of these parts. Whoever reads it at the same time finds the old one, the new one, or none. It isn't
    /// synced: what a power cut leaves of it is found to be damaged.
    pub(super) fn write(&self, name: &str, parts: &[&[u8]]) -> Result<(), FolderError> {
        self.check()?;
        let partial = format!("{}{PARTIAL}", uuid::Uuid::new_v4());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.descriptor, &*partial, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| self.failed("create a file", error))?;
        let mut file = File::from(file);
        let written = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(io::Error::from)
            .and_then(|()| parts.iter().try_for_each(|part| file.write_all(part)))
            .and_then(|()| {
                rustix::fs::renameat(&self.descriptor, &*partial, &self.descriptor, name)?;
                Ok(())
            });
        written.map_err(|error| {
            let _ = self.remove(&partial);
            self.failed("write an entry", error)
        })
    }

    /// Removes a file, whatever it is. It's fine if there is none.
    pub(super) fn remove(&self, name: &str) -> Result<(), FolderError> {
        match rustix::fs::unlinkat(&self.descriptor, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.failed("remove an entry", error)),
        }
    }

    /// Removes what was begun and given up, and entries until `bytes` more are within the bound: those first that weren't
    /// used for longest.
    pub(super) fn make_room(&self, bytes: u64, max_bytes: u64) -> Result<(), FolderError> {
        let mut items = self.items()?;
        items.retain(|item| !(item.name.ends_with(PARTIAL) && self.is_given_up(item)));
        items.sort_by_key(|item| item.used);
        let mut total: u64 = items.iter().map(|item| item.bytes).sum();
        let entries = items.iter().filter(|item| item.name.ends_with(SUFFIX));
        // What can never fit drives nothing out.
        for item in entries.take_while(|_| bytes <= max_bytes) {
            if total.saturating_add(bytes) <= max_bytes {
                break;
            }
            self.remove(&item.name)?;
            total -= item.bytes;
        }
        if total.saturating_add(bytes) <= max_bytes {
            return Ok(());
        }
        Err(FolderError::NoRoom {
            bytes,
            folder: self.path.display().to_string(),
            max_bytes,
        })
    }

    /// Removes a file that nobody writes any more. Its writer would hold the lock.
    fn is_given_up(&self, item: &Item) -> bool {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.descriptor, &*item.name, flags, Mode::empty()) {
            Ok(file) => {
                rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
                    && self.remove(&item.name).is_ok()
            }
            Err(error) => error == Errno::NOENT,
        }
    }

    /// The cache's own files. Others are left alone.
    fn items(&self) -> Result<Vec<Item>, FolderError> {
        let list = rustix::fs::Dir::read_from(&self.descriptor)
            .map_err(|error| self.failed("list entries", error))?;
        let mut items = Vec::new();
        for found in list {
            let found = found.map_err(|error| self.failed("list entries", error))?;
            let Ok(name) = found.file_name().to_str() else {
                continue;
            };
            if !name.ends_with(SUFFIX) && !name.ends_with(PARTIAL) {
                continue;
            }
            // Somebody else may have removed it meanwhile.
            let Ok(stat) = rustix::fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                items.push(Item {
                    name: name.to_owned(),
                    bytes: stat.st_size.try_into().unwrap_or_default(),
                    used: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
                });
            }
        }
        Ok(items)
    }

    fn failed(&self, what: &'static str, error: impl Into<io::Error>) -> FolderError {
        system(what, &self.path, error)
    }
}

fn system(what: &'static str, folder: &Path, error: impl Into<io::Error>) -> FolderError {
    FolderError::System {
        what,
        folder: folder.display().to_string(),
        error: error.into(),
    }
}

/// Who may do what with a file.
struct Facts {
    owner: u32,
    mode: u32,
}

impl Facts {
    fn of(metadata: &Metadata) -> Self {
        Self {
            owner: metadata.uid(),
            mode: metadata.mode() & 0o777,
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "with owner {} and mode {:04o}", self.owner, self.mode)
    }
}

fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(super) fn judge_file(metadata: &Metadata, us: u32, max_bytes: u64) -> Result<(), FolderError> {
    let facts = Facts::of(metadata);
    let found = if !metadata.is_file() {
        "something that is no plain file".to_owned()
    } else if facts.owner != us || facts.mode != FILE_MODE {
        format!("a file {facts}; expected owner {us} and mode {FILE_MODE:04o}")
    } else if metadata.len() > max_bytes {
        let bytes = metadata.len();
        format!("a file of {bytes} bytes; all entries together have {max_bytes}")
    } else {
        return Ok(());
    };
    Err(FolderError::Foreign { found })
}
