//! How a file is used.

/// How a [`SqliteStore`](super::SqliteStore) uses its file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// What an answer waits for.
    pub synchronous: Synchronous,
    /// How long the write-ahead log grows before it is moved into the database, in pages of 4 KiB. That costs two syncs, so
    /// not too often.
    pub checkpoint_pages: u32,
    /// The name of a SQLite VFS that was registered in this process; `None`: SQLite's own for this system. Tests put
    /// disks in its place that fail and forget.
    pub vfs: Option<String>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            checkpoint_pages: 8_192,
            vfs: None,
        }
    }
}

/// What the answer to a write waits for, and so what can be lost after it. Whatever it is, the end of the process alone
/// (a crash, `kill -9`) loses nothing, and the file stays consistent with [`Full`](Self::Full) and
/// [`Normal`](Self::Normal).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// For one sync with each commit. What was answered survives the end of the machine. The default.
    #[default]
    Full,
    /// For the operating system only; the disk is synced when the log is moved into the database (`checkpoint_pages`). When
    /// the machine loses power, the last answers before it can be lost, in the order in which they were given.
    Normal,
    /// For nothing, ever: when the machine loses power, the file can be damaged beyond repair. For data that can be made
    /// again.
    Off,
}

impl Synchronous {
    /// The word of SQLite's pragma.
    pub(super) fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
            Self::Off => "OFF",
        }
    }
}
