//! `hephaestus run`: starts an instance, or goes on with the active one of that id, and follows it.

mod attach;
mod events;

use std::sync::Arc;

use hephaestus_host::deploy::CurrentManifest;
use hephaestus_host::runner::local::Recovery;
use hephaestus_host::runner::{LoadedWorkflow, StepExecutor};
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use hephaestus_host::{Host, deploy};
use tokio::sync::mpsc::UnboundedReceiver;

use super::follow::{Attached, Finished, Follower, GRACE, Heard, Tap};
use crate::error::CommandError;
use crate::resolved::{RunOptions, StoreChoice};
use crate::session::Surroundings;

/// Does it. The host is shut down in good order, however it comes out.
pub(crate) async fn run(options: &RunOptions, around: &Surroundings) -> Result<Finished, CommandError> {
    let mut sandbox = around.sandbox();
    sandbox.manifest = CurrentManifest::new(options.manifest.clone());
    if let StoreChoice::Sqlite(path) = &options.store {
        sandbox.guarded.push(path.clone());
    }
    let executor = Arc::new(WasmExecutor::new(sandbox.clone()).map_err(CommandError::host)?);
    // Before the store is opened, so that what is refused leaves no trace. The executor keeps what it compiled.
    let loaded = tokio::select! {
        loaded = executor.load(deploy::digest(&options.component), &options.component) => loaded?,
        () = around.interrupt.wait() => return Err(CommandError::interrupted("interrupted before an instance was started")),
    };
    if options.id.is_none() || options.store.is_new() {
        events::check(&options.events, &loaded.workflow)?;
    }
    // A new store has nobody in it, and isn't made for an event.
    if options.store.is_new()
        && let Some(error) = attach::event_for_nobody(options, &loaded.workflow)
    {
        return Err(error.into());
    }
    let (tap, listener) = Tap::new(executor);
    let host = open(options, sandbox, tap).await?;
    let finished = run_on(&host, options, &loaded, around, listener).await;
    host.shutdown(GRACE).await;
    finished
}

/// `sandbox`: what the executor was made with; the host shares its manifest.
async fn open(options: &RunOptions, sandbox: SandboxOptions, executor: Tap) -> Result<Host, CommandError> {
    let builder = Host::builder()
        .recovery(Recovery::Activated)
        .sandbox(sandbox)
        .executor(Arc::new(executor));
    let builder = match options.retain {
        Some(keep) => builder.retain(keep),
        None => builder,
    };
    let store = &options.store;
    let builder = match store {
        StoreChoice::Memory => builder.memory(),
        StoreChoice::Sqlite(path) => builder.sqlite_with(path, options.sqlite()),
    };
    builder.build().await.map_err(|error| {
        CommandError::host(anyhow::Error::new(error).context(format!("failed to open --store {store}")))
    })
}

async fn run_on(
    host: &Host,
    options: &RunOptions,
    loaded: &LoadedWorkflow,
    around: &Surroundings,
    listener: UnboundedReceiver<Heard>,
) -> Result<Finished, CommandError> {
    let attached = attach::start_or_attach(host, options, loaded, around).await?;
    follow_attached(host, options, &attached, around, listener)
        .await
        .map_err(|error| error.with_instance(attached.instance))
}

async fn follow_attached(
    host: &Host,
    options: &RunOptions,
    attached: &Attached,
    around: &Surroundings,
    listener: UnboundedReceiver<Heard>,
) -> Result<Finished, CommandError> {
    let mut follower = Follower::new(host, attached, around, listener).await?;
    let notices = events::send_all(host, attached.instance, &options.events, &follower).await?;
    let ending = follower.follow(options.wait).await?;
    Ok(follower.finish(ending, notices, options.store.clone()))
}
