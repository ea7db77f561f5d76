//! Hosts, components, and chains that run in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{InstanceId, Json, Timestamp, WorkflowName};
use hephaestus_host::deploy::Manifest;
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use hephaestus_host::store::Query;
use hephaestus_host::{Host, Runner, StartOptions};
use tokio::task::JoinSet;

/// The steps of the chain.
pub(crate) const CHAIN_STEPS: usize = hephaestus_limits::guest::STEPS.len();

/// How long anything may take before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(600);

/// The components, and where databases go.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    pub(crate) chain: Vec<u8>,
    pub(crate) pause: Vec<u8>,
    /// One for all hosts, so that code is compiled once: how long that takes is not what is measured.
    executor: WasmExecutor,
}

/// The defaults, and the time for the steps that wait until a moment.
fn executor() -> Result<WasmExecutor> {
    let options = SandboxOptions::default();
    let manifest = Manifest::parse("[workflows.pause-steps]\nclock = true", Path::new(""))?;
    options.manifest.replace(manifest);
    Ok(WasmExecutor::new(options)?)
}

impl World {
    /// In `folder`, which exists and is empty.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            chain: component("chain-steps")?,
            pause: component("pause-steps")?,
            executor: executor()?,
        })
    }

    /// The path of a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn executor(&self) -> Arc<WasmExecutor> {
        Arc::new(self.executor.clone())
    }

    /// A host on the SQLite file of this name, with the defaults of a host.
    pub(crate) async fn sqlite_host(&self, name: &str) -> Result<Host> {
        let builder = Host::builder().sqlite(self.path(name)).executor(self.executor());
        Ok(builder.build().await?)
    }

    pub(crate) async fn memory_host(&self) -> Result<Host> {
        Ok(Host::builder().executor(self.executor()).build().await?)
    }
}

/// The bytes of a component that `cargo xtask build` has left: in `HEPHAESTUS_COMPONENTS`, else in the target folder
/// that this program was built in.
fn component(name: &str) -> Result<Vec<u8>> {
    let given = std::env::var_os("HEPHAESTUS_COMPONENTS").filter(|value| !value.is_empty());
    let folder = given.map_or_else(
        || target().map(|target| target.join("components")),
        |given| Ok(given.into()),
    )?;
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).with_context(|| {
        format!(
            "failed to read {}; `cargo xtask build --guests-only` makes it",
            path.display()
        )
    })
}

/// The target folder: cargo puts programs in `<target>/<profile>`, those of tests one deeper.
pub fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let profile = program
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"))
        .and_then(Path::parent);
    Ok(profile.context("this program is in no folder")?.to_owned())
}

/// Deploys a component and says what its workflow is called.
pub(crate) async fn deploy(host: &Host, component: &[u8]) -> Result<WorkflowName> {
    Ok(host.deploy(component).await?.name().clone())
}

/// Starts one instance.
pub(crate) async fn start(host: &Host, workflow: &WorkflowName, input: Json) -> Result<InstanceId> {
    Ok(host
        .start_instance(workflow, input, StartOptions::default())
        .await?)
}

/// Starts `count` instances at once.
pub(crate) async fn start_all(
    host: &Host,
    workflow: &WorkflowName,
    count: usize,
    input: &Json,
) -> Result<()> {
    let mut starts = JoinSet::new();
    for _ in 0..count {
        let (host, workflow, input) = (host.clone(), workflow.clone(), input.clone());
        starts.spawn(async move { start(&host, &workflow, input).await });
    }
    while let Some(started) = starts.join_next().await {
        started??;
    }
    Ok(())
}

/// Runs `count` chains side by side, and says how long it took from the first start to the last end.
pub(crate) async fn run_chains(host: &Host, workflow: &WorkflowName, count: usize) -> Result<Duration> {
    let began = Instant::now();
    start_all(host, workflow, count, &Json::empty_object()).await?;
    nothing_resident(host).await?;
    let took = began.elapsed();
    all_ended_well(host, workflow).await?;
    Ok(took)
}

/// Returns when no instance has a task any more.
pub(crate) async fn nothing_resident(host: &Host) -> Result<()> {
    let began = Instant::now();
    while !host.runner().residents().is_empty() {
        ensure!(began.elapsed() < PATIENCE, "instances don't come to rest");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Checks that nothing failed and nothing is under way.
async fn all_ended_well(host: &Host, workflow: &WorkflowName) -> Result<()> {
    let mut statuses = vec![InstanceStatus::Pending, InstanceStatus::Running];
    statuses.extend([
        InstanceStatus::Waiting,
        InstanceStatus::Failed,
        InstanceStatus::Cancelled,
    ]);
    let query = Query {
        workflow: Some(workflow.clone()),
        statuses,
        limit: 1,
        ..Query::default()
    };
    let odd = host.list(query).await?;
    ensure!(odd.instances().is_empty(), "an instance didn't complete: {odd:?}");
    Ok(())
}

/// The wall clock now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(0).after(since.unwrap_or(Duration::ZERO))
}

/// The input of the workflow that pauses.
pub(crate) fn until(time: Timestamp) -> Json {
    Json::from(serde_json::json!({ "until_ms": time.0 }))
}
