//! What a store answers when it could not do what it was asked.

use std::path::PathBuf;

use hephaestus_core::InstanceId;

/// A store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was changed; it may work later (locked, full, gone).
    #[error("the store is not available: {reason}")]
    Unavailable {
        /// What the backend says, and what can be done.
        reason: String,
    },
    /// A write may or may not have survived. Load before deciding again.
    #[error("the store can't tell whether a write survived: {reason}")]
    Unknown {
        /// What the backend says.
        reason: String,
    },
    /// What is stored doesn't make sense.
    #[error("the store is damaged: {reason}")]
    Damaged {
        /// What was found, and where.
        reason: String,
    },
    /// The write can never be stored: it contradicts itself, or is too large. Nothing was changed.
    #[error("the store can't take a write, now or later: {reason}")]
    Malformed {
        /// What was found, and what was expected.
        reason: String,
    },
    /// The store was written by a newer version of Hephaestus. It was not touched.
    #[error(
        "the store has format {found}, this version reads up to format {supported}: use the version that wrote it, or newer"
    )]
    NewerFormat {
        /// The format of the store.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The store was written by an older version of Hephaestus, and was opened for reading only, which brings nothing up
    /// to date. It was not touched.
    #[error(
        "the store has format {found}, reading it takes format {supported}: open it once with a host, which brings it up to date"
    )]
    OlderFormat {
        /// The format of the store.
        found: u32,
        /// The format that this version reads.
        supported: u32,
    },
    /// The store was opened for reading only. Nothing was changed.
    #[error("`{}` was opened for reading only: ask the host that uses it, or open it for writing", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else. It was not touched.
    #[error("`{}` is not a Hephaestus store: {found}; move it away, or choose another path", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A log lies beside the database that isn't its own; opened together, one would destroy the other. Neither was touched.
    #[error(
        "`{}` is not the log of `{}`: {found}; if the log is needed, put back the database that it belongs to; if not (a backup was put in its place), move it away", log.display(), database.display()
    )]
    StrayLog {
        /// The database.
        database: PathBuf,
        /// The log.
        log: PathBuf,
        /// What the database is instead.
        found: &'static str,
    },
    /// Another host uses the store.
    #[error("the store is in use by {holder}: one host at a time; stop that one first")]
    InUse {
        /// Who holds it.
        holder: String,
    },
    /// The store was closed. Nothing was changed.
    #[error("the store is closed: the host is shutting down")]
    Closed,
}

impl StoreError {
    /// Whether the same may work later, without anybody changing anything but the health of the store.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unknown { .. })
    }

    /// What became of a write that nobody could tell about: it was looked for, and nothing of it is there.
    pub(crate) fn lost(self, what: &str) -> Self {
        let because = match self {
            Self::Unknown { reason } => reason,
            other => other.to_string(),
        };
        Self::Unavailable {
            reason: format!("{what} was lost, nothing of it remains: {because}"),
        }
    }

    /// The same, and says with which instance it happened.
    pub(super) fn of_instance(self, instance: InstanceId) -> Self {
        let said = |reason: String| format!("instance {instance}: {reason}");
        match self {
            Self::Damaged { reason } => Self::Damaged { reason: said(reason) },
            Self::Malformed { reason } => Self::Malformed { reason: said(reason) },
            other => other,
        }
    }
}
