//! What `hephaestus delete` removed.

use hephaestus_host::core::InstanceId;
use hephaestus_host::core::engine::Summary;

use crate::resolved::StoreChoice;

/// An instance that is gone.
#[derive(Debug, Clone)]
pub(crate) struct DeleteReport {
    /// Its id.
    pub(crate) instance: InstanceId,
    /// What it was, if that could be read.
    pub(crate) summary: Option<Summary>,
    /// Where it was kept.
    pub(crate) store: StoreChoice,
}
