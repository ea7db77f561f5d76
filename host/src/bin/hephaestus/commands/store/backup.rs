//! `hephaestus store backup`: a copy that is whole.

use std::path::Path;

use hephaestus_host::store::sqlite::admin::{self, Backup};

use super::failed;
use crate::error::CommandError;
use crate::resolved::StoreOptions;
use crate::session::Surroundings;

/// Does it.
pub(super) async fn backup(
    options: &StoreOptions,
    to: &Path,
    around: &Surroundings,
) -> Result<Backup, CommandError> {
    let copied = async {
        let copied = admin::backup(options.store.path(), to).await;
        copied.map_err(|error| failed("copy", options, error))
    };
    tokio::select! {
        copied = copied => copied,
        () = around.interrupt.wait() => {
            remove_partial(to);
            Err(CommandError::interrupted("interrupted; no copy was made"))
        }
    }
}

/// Removes what a copy is made under until it is whole. The thread that makes it ends with the process.
fn remove_partial(to: &Path) {
    if let Some(partial) = admin::backup_partial(to) {
        // Nothing is there if it was interrupted before it began.
        let _ = std::fs::remove_file(partial);
    }
}
