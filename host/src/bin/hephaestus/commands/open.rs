//! Opening a store that is there: to read it beside the host that uses it, or to be its host for a while.

use std::sync::Arc;

use hephaestus_host::Host;
use hephaestus_host::deploy::{CurrentManifest, Manifest};
use hephaestus_host::runner::local::Recovery;
use hephaestus_host::sandbox::WasmExecutor;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{Store, StoreError};
use tokio::sync::mpsc::UnboundedReceiver;

use super::follow::{Heard, Tap};
use crate::error::CommandError;
use crate::resolved::StoreFile;
use crate::session::Surroundings;

/// Opens a store to look at it.
pub(super) async fn to_read(file: &StoreFile) -> Result<SqliteStore, CommandError> {
    let store = SqliteStore::open_read_only(file.path()).await;
    store.map_err(|error| {
        let what = format!("failed to read --store {}", file.choice());
        CommandError::host(anyhow::Error::new(error).context(what))
    })
}

/// A host that executes only what it is told to.
pub(super) struct Hosted {
    pub(super) host: Host,
    /// Its store, to look into.
    pub(super) store: Arc<dyn Store>,
    /// What guests write.
    pub(super) listener: UnboundedReceiver<Heard>,
}

/// Becomes the store's host, to carry out an order: `what`, like "cancel".
pub(super) async fn to_host(
    file: &StoreFile,
    manifest: &Manifest,
    around: &Surroundings,
    what: &str,
) -> Result<Hosted, CommandError> {
    let store = SqliteStore::open(file.path()).await;
    let store: Arc<dyn Store> = Arc::new(store.map_err(|error| not_hosted(file, error, what))?);
    let mut sandbox = around.sandbox();
    sandbox.guarded.push(file.path().to_owned());
    sandbox.manifest = CurrentManifest::new(manifest.clone());
    let executor = WasmExecutor::new(sandbox.clone()).map_err(CommandError::host)?;
    let (tap, listener) = Tap::new(Arc::new(executor));
    let host = Host::builder()
        .recovery(Recovery::Activated)
        .sandbox(sandbox)
        .executor(Arc::new(tap))
        .store(Arc::clone(&store));
    let host = host.build().await.map_err(CommandError::host)?;
    Ok(Hosted {
        host,
        store,
        listener,
    })
}

/// A store has one host: while another one uses it, only that one can do something to it.
fn not_hosted(file: &StoreFile, error: StoreError, what: &str) -> CommandError {
    let is_in_use = matches!(error, StoreError::InUse { .. });
    let context = format!("failed to open --store {}", file.choice());
    let error = anyhow::Error::new(error).context(context);
    CommandError::host(match is_in_use {
        true => anyhow::anyhow!(
            "{error:#}, or let it {what} the instance itself; `list` and `history` work beside it"
        ),
        false => error,
    })
}
