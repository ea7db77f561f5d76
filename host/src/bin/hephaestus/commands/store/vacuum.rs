//! `hephaestus store vacuum`: a file that is as small as what is in it.

use hephaestus_host::store::sqlite::admin::{self, Vacuumed};

use super::failed;
use crate::error::CommandError;
use crate::resolved::StoreOptions;
use crate::session::Surroundings;

/// Does it. Interrupted, it leaves the file as it was.
pub(super) async fn vacuum(options: &StoreOptions, around: &Surroundings) -> Result<Vacuumed, CommandError> {
    let vacuumed = async {
        let vacuumed = admin::vacuum(options.store.path()).await;
        vacuumed.map_err(|error| failed("compact", options, error))
    };
    around.unless_interrupted(vacuumed).await
}
