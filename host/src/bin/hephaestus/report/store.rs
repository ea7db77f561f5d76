//! What was done with a store.

use hephaestus_host::store::sqlite::admin::{Backup, CheckReport, Vacuumed};

use crate::exit::Exit;

/// What `hephaestus store` came to.
#[derive(Debug, Clone)]
pub(crate) enum StoreReport {
    /// It was looked at.
    Checked(CheckReport),
    /// It was copied.
    Copied(Backup),
    /// It was compacted.
    Compacted(Vacuumed),
}

impl StoreReport {
    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Checked(report) if !report.is_sound() => Exit::Host,
            Self::Checked(_) | Self::Copied(_) | Self::Compacted(_) => Exit::Completed,
        }
    }
}
