//! Opens the file: whose it is, whether we may, and with which settings.
//!
//! Nothing is written to it before it is known to be ours and of a format that we can write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::failure::Failure;
use super::lock::{FileLock, beside, lock_path};
use super::log;
use super::options::{SqliteOptions, Synchronous};
use super::schema::{self, Found};
use super::stray;
use super::unfinished;
use crate::store::StoreError;

/// How long a statement waits for another program that holds the file: a backup, or somebody's shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More statements than we have, so that each is prepared once.
const CACHED_STATEMENTS: usize = 128;

/// How many links from one to the next are followed: as many as Linux does.
const MOST_LINKS: u32 = 40;

/// A file that is ours, up to date and locked.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) files: Files,
    pub(super) connection: Connection,
    pub(super) lock: FileLock,
}

pub(super) fn open(path: &Path, options: &SqliteOptions) -> Result<Opened, StoreError> {
    let path = resolve(path)?;
    let lock = FileLock::acquire(&path)?;
    check_names(&path)?;
    stray::check(&path)?;
    let format = if path.exists() {
        inspect(&path, options)?
    } else {
        0
    };
    let connection = writing_connection(&path, options, format).map_err(|failure| failure.at(&path))?;
    let files = Files::of(&path);
    Ok(Opened {
        path,
        files,
        connection,
        lock,
    })
}

/// The resolved path of a file that is ours, and its format; nothing is locked or changed.
pub(super) fn existing(path: &Path, options: &SqliteOptions) -> Result<(PathBuf, u32), StoreError> {
    let path = resolve(path)?;
    check_names(&path)?;
    stray::check(&path)?;
    if !path.exists() {
        let reason = format!("there is no file `{}`", path.display());
        return Err(StoreError::Unavailable { reason });
    }
    match inspect(&path, options)? {
        0 => Err(StoreError::NotAStore {
            path,
            found: "it is empty".to_owned(),
        }),
        format => Ok((path, format)),
    }
}

/// As [`existing`], of the format that this version reads.
pub(super) fn readable(path: &Path, options: &SqliteOptions) -> Result<PathBuf, StoreError> {
    match existing(path, options)? {
        (path, schema::FORMAT) => Ok(path),
        (_, found) => Err(StoreError::OlderFormat {
            found,
            supported: schema::FORMAT,
        }),
    }
}

/// The files that a store lives in: the database, its write-ahead log, and the lock. On Unix an open file can be removed,
/// or another one put in its place. SQLite would go on writing to what nobody can find any more, and nothing would keep
/// another host out.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, Identity)>);

/// Which file a path names.
type Identity = (u64, u64);

impl Files {
    /// The files of an open database.
    fn of(database: &Path) -> Self {
        let log = beside(database, "-wal");
        let paths = [database.to_owned(), log, lock_path(database)];
        Self(
            paths
                .into_iter()
                .filter_map(|path| identity(&path).map(|found| (path, found)))
                .collect(),
        )
    }

    /// The first that was removed or replaced since.
    pub(super) fn lost(&self) -> Option<&Path> {
        let lost = self
            .0
            .iter()
            .find(|(path, expected)| identity(path) != Some(*expected));
        lost.map(|(path, _)| path.as_path())
    }
}

/// `None`: there is no such file.
fn identity(path: &Path) -> Option<Identity> {
    let file = path.metadata().ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        Some((0, 0))
    }
}

/// Lock and log are found by the database's name: under two names (hard links), two hosts would write to it at once,
/// each with a log of its own.
fn check_names(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let names = path.metadata().map_or(1, |file| file.nlink());
        if names > 1 {
            return Err(StoreError::Unavailable {
                reason: format!(
                    "`{}` is one of {names} hard links to the same file, and hosts that use different ones would destroy \
                     it; remove the others, or use a copy",
                    path.display()
                ),
            });
        }
    }
    Ok(())
}

/// One name for one file: two hosts that reach it by different links must see the same lock.
fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    follow(path, MOST_LINKS)
}

fn follow(path: &Path, links: u32) -> Result<PathBuf, StoreError> {
    let unavailable = |reason: String| StoreError::Unavailable { reason };
    if path.is_dir() {
        let reason = format!("`{}` is a folder: give the path of a file in it", path.display());
        return Err(unavailable(reason));
    }
    if let Ok(existing) = path.canonicalize() {
        return Ok(existing);
    }
    // SQLite follows a link to a file that isn't there yet, and makes that one: it has the name that counts.
    if let Ok(target) = path.read_link() {
        return match links.checked_sub(1) {
            Some(links) => follow(&folder_of(path).join(target), links),
            None => Err(unavailable(format!("`{}` leads to no file", path.display()))),
        };
    }
    let Some(name) = path.file_name() else {
        return Err(unavailable(format!("`{}` doesn't name a file", path.display())));
    };
    let folder = folder_of(path);
    match folder.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder.join(name)),
        Ok(_) => Err(unavailable(format!("`{}` is not a folder", folder.display()))),
        Err(error) => Err(unavailable(format!(
            "the folder `{}` can't be used: {error}; create it, or choose another path",
            folder.display()
        ))),
    }
}

/// The folder that a path leads to a name in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The format of an existing file; 0 if it is empty. Through SQLite and not from the header's bytes, because a crash
/// may have left the newest header in the write-ahead log; read-only, so that nothing is touched.
fn inspect(path: &Path, options: &SqliteOptions) -> Result<u32, StoreError> {
    let found = read_only(path, options).and_then(|connection| schema::inspect(&connection));
    let not_a_store = |found: String| {
        Err(StoreError::NotAStore {
            path: path.to_owned(),
            found,
        })
    };
    match found {
        Ok(Found::Empty) => Ok(0),
        Ok(Found::Store(format)) => Ok(format),
        Ok(Found::Newer(found)) => Err(StoreError::NewerFormat {
            found,
            supported: schema::FORMAT,
        }),
        Ok(Found::Foreign(what)) => not_a_store(what),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            not_a_store("it is not a SQLite database".to_owned())
        }
        // Its creation was cut off: opened for writing, it is empty again.
        Err(error) if unfinished::is_reported_by(&error) && unfinished::is_creation(path).unwrap_or(false) => {
            Ok(0)
        }
        Err(error) if unfinished::is_reported_by(&error) => not_a_store(
            "it is a SQLite database that another program was changing when it ended (`-journal` is still beside it)".to_owned(),
        ),
        Err(error) => Err(Failure::Sqlite(error).at(path)),
    }
}

/// A connection that can't write.
pub(super) fn read_only(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(path, flags, options)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
        None => Connection::open_with_flags(path, flags),
    }
}

/// Writes to a log from now on. The change of mode is a transaction, committed after it has answered: read to the end, its
/// failure is heard of.
fn use_log(connection: &Connection) -> Result<(), Failure> {
    let mut statement = connection.prepare("PRAGMA journal_mode = wal")?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    if mode == "wal" {
        return Ok(());
    }
    let found = format!("this file system doesn't allow SQLite's write-ahead log (journal mode {mode})");
    Err(Failure::Unsupported(found))
}

/// The connection that writes.
fn writing_connection(path: &Path, options: &SqliteOptions, format: u32) -> Result<Connection, Failure> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(path, flags, options)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    use_log(&connection)?;
    connection.pragma_update(None, "synchronous", options.synchronous.pragma())?;
    connection.execute_batch(
        "PRAGMA fullfsync = ON;            -- macOS: a sync that reaches the disk
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -32768;       -- KiB
         PRAGMA journal_size_limit = 67108864;",
    )?;
    // See `keeper`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    if options.synchronous != Synchronous::Off {
        log::make_durable(&connection, path)?;
    }
    schema::migrate(&mut connection, format)?;
    Ok(connection)
}

/// The connection that writes, to a file that was opened before and is still locked.
pub(super) fn again(path: &Path, options: &SqliteOptions) -> Result<Connection, Failure> {
    writing_connection(path, options, schema::FORMAT)
}

#[cfg(test)]
mod tests;
