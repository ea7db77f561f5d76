//! The cache's folder where files have no owner and mode that this host understands: there is none.

use std::fmt;
use std::path::Path;

/// The folder can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("there is no cache for compiled components on this system; expected a Unix; set `off`")]
    System,
    #[error("found {found}")]
    Foreign { found: String },
    #[error("failed to serialise a compiled component: {reason}")]
    Unserialized { reason: String },
}

/// Never there.
#[derive(Debug)]
pub(super) enum Folder {}

impl fmt::Display for Folder {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Folder {
    pub(super) fn open(_: &Path) -> Result<Self, FolderError> {
        Err(FolderError::System)
    }

    pub(super) fn read(&self, _: &str, _: u64) -> Result<Option<Vec<u8>>, FolderError> {
        match *self {}
    }

    pub(super) fn write(&self, _: &str, _: &[&[u8]]) -> Result<(), FolderError> {
        match *self {}
    }

    pub(super) fn remove(&self, _: &str) -> Result<(), FolderError> {
        match *self {}
    }

    pub(super) fn make_room(&self, _: u64, _: u64) -> Result<(), FolderError> {
        match *self {}
    }
}
