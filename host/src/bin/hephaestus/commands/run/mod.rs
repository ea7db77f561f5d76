//! `hephaestus run`: starts an instance, or goes on with the active one of that id, and follows it.

mod attach;
mod events;
mod follow;
mod tap;

use std::sync::Arc;
use std::time::Duration;

use hephaestus_host::core::InstanceId;
use hephaestus_host::deploy::CurrentManifest;
use hephaestus_host::runner::local::Recovery;
use hephaestus_host::runner::{LoadedWorkflow, StepExecutor};
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use hephaestus_host::{Host, deploy};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::commands::Ending;
use crate::error::CommandError;
use crate::report::Report;
use crate::resolved::{RunOptions, StoreChoice};
use crate::session::Surroundings;
use tap::{Heard, Tap};

/// How long running steps may go on after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// What `run` came to.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The facts.
    pub(crate) report: Report,
    /// Why the command ends.
    pub(crate) ending: Ending,
    /// What guests wrote last, if it failed.
    pub(crate) output: Vec<String>,
    /// What didn't go as asked, without being a failure.
    pub(crate) notices: Vec<String>,
}

/// Does it. The host is shut down in good order, however it comes out.
pub(crate) async fn run(options: &RunOptions, around: &Surroundings) -> Result<Finished, CommandError> {
    let mut sandbox = SandboxOptions::default();
    sandbox.manifest = CurrentManifest::new(options.manifest.clone());
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
    let host = open(&options.store, sandbox, tap).await?;
    let finished = run_on(&host, options, &loaded, around, listener).await;
    host.shutdown(GRACE).await;
    finished
}

/// `sandbox`: what the executor was made with; the host shares its manifest.
async fn open(store: &StoreChoice, sandbox: SandboxOptions, executor: Tap) -> Result<Host, CommandError> {
    let builder = Host::builder()
        .recovery(Recovery::Activated)
        .sandbox(sandbox)
        .executor(Arc::new(executor));
    let builder = match store {
        StoreChoice::Memory => builder.memory(),
        StoreChoice::Sqlite(path) => builder.sqlite(path),
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
    let mut follower = follow::Follower::new(host, attached, around, listener).await?;
    let notices = events::send_all(host, attached.instance, &options.events, &follower).await?;
    let ending = follower.follow(options.wait).await?;
    let (state, history, output) = follower.into_parts();
    Ok(Finished {
        report: Report::new(&state, history, options.store.clone()),
        ending,
        output,
        notices,
    })
}

/// The instance to follow.
#[derive(Debug)]
pub(crate) struct Attached {
    /// Which one.
    pub(crate) instance: InstanceId,
    /// How much of its journal was there before this command.
    pub(crate) old_entries: u64,
}
