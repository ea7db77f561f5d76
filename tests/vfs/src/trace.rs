//! What a program did to its disk, in order. Pure.

use std::sync::Arc;

/// A file, by its name in the one folder that is watched.
pub type FileName = Arc<str>;

/// One thing done to the disk. What failed without doing anything isn't there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A file that wasn't there was created, empty.
    Create {
        /// Its name.
        file: FileName,
    },
    /// Bytes were handed to the system.
    Write {
        /// Where to.
        file: FileName,
        /// From which byte on.
        offset: u64,
        /// What.
        bytes: Arc<[u8]>,
    },
    /// The file was cut, or extended with zeros.
    Truncate {
        /// Which.
        file: FileName,
        /// How long it is now.
        size: u64,
    },
    /// A sync of the file's content that worked.
    Sync {
        /// Which.
        file: FileName,
        /// Whether its folder was synced with it: who is in it, who is not any more.
        with_folder: bool,
    },
    /// A sync that failed. As Linux has it: what was to be written counts as clean now, so a later sync that works does not
    /// make it durable.
    FailedSync {
        /// Which.
        file: FileName,
    },
    /// The file was removed.
    Delete {
        /// Which.
        file: FileName,
        /// Whether its folder was synced after it.
        with_folder: bool,
    },
}

impl Op {
    /// Whether something is durable after it that wasn't before.
    pub fn is_sync(&self) -> bool {
        matches!(
            self,
            Self::Sync { .. }
                | Self::Delete {
                    with_folder: true,
                    ..
                }
        )
    }

    /// The file that it concerns.
    pub fn file(&self) -> &FileName {
        match self {
            Self::Create { file }
            | Self::Write { file, .. }
            | Self::Truncate { file, .. }
            | Self::Sync { file, .. }
            | Self::FailedSync { file }
            | Self::Delete { file, .. } => file,
        }
    }
}
