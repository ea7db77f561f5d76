//! The real `hephaestus run`, killed and started again until its instance ends.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hephaestus_core::BusinessId;
use hephaestus_host::store::{Query, Store};
use hephaestus_ledger::Observation;
use tokio::process::{Child, Command};

use crate::load::{Load, value};
use crate::look::Copy;
use crate::plan;
use crate::tally::Tally;
use crate::witness::Witness;

/// A command takes no longer than this, whatever else runs on the machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often one instance loses its host, at most.
const MOST_KILLS: u32 = 12;

/// One instance, in a store of its own.
#[derive(Debug)]
pub struct Run<'a> {
    /// `hephaestus`.
    pub program: &'a Path,
    /// The component.
    pub component: &'a Path,
    /// The manifest.
    pub manifest: &'a Path,
    /// Where the store is.
    pub folder: &'a Path,
    /// Names the instance.
    pub number: u64,
}

/// Starts it, kills it, and starts it again, until a command that nobody kills brings it to its end. Every command says
/// the same, as a script would.
pub async fn kill_and_repeat(
    run: &Run<'_>,
    witness: &Witness,
    load: &mut Load,
    tally: &mut Tally,
) -> Result<()> {
    let input = run.folder.join("input.json");
    std::fs::write(&input, load.plan().to_string())?;
    tally.commands += 1;
    // More than a step may lose attempts: those that get on, or never began, must not be given up.
    let kills = load.rng().u32(1..=MOST_KILLS);
    for _ in 0..kills {
        let delay = Duration::from_micros(load.rng().u64(0..900_000));
        let mut child = run.start(&input)?;
        let ended = tokio::time::timeout(delay, child.wait()).await;
        if let Ok(status) = ended {
            run.check(status?)?;
            continue;
        }
        child.start_kill()?;
        child.wait().await?;
        tally.kills += 1;
        tally.kills_of_commands += 1;
        witness.settle().await?;
        run.look(witness).await?;
    }
    let mut child = run.start(&input)?;
    let status = tokio::time::timeout(PATIENCE, child.wait()).await;
    run.check(status.context("`hephaestus run` doesn't end")??)?;
    witness.settle().await?;
    run.look(witness).await
}

impl Run<'_> {
    fn start(&self, input: &Path) -> Result<Child> {
        let log = || {
            std::fs::File::options()
                .create(true)
                .append(true)
                .open(self.log())
        };
        let mut at_input = std::ffi::OsString::from("@");
        at_input.push(input);
        let mut store = std::ffi::OsString::from("sqlite:");
        store.push(self.store());
        let mut command = Command::new(self.program);
        command
            .arg("run")
            .arg(self.component)
            .arg("--input")
            .arg(at_input)
            .arg("--store")
            .arg(store)
            .arg("--manifest")
            .arg(self.manifest)
            .args(["--id", value(self.number).as_str()])
            .args(["--event", "approved", "--wait", "120s"]);
        let ours =
            |name: &str| name.starts_with("HEPHAESTUS_") || ["RUST_LOG", "RUST_BACKTRACE"].contains(&name);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
            command.env_remove(name);
        }
        // Each run compiles, so that it can be killed meanwhile, and nothing is left behind in the user's folder.
        command
            .env("HEPHAESTUS_CODE_CACHE", "off")
            .stdin(Stdio::null())
            .stdout(log()?)
            .stderr(log()?)
            .kill_on_drop(true);
        command.spawn().context("`hephaestus run` can't be started")
    }

    /// The instance completed or failed. Whether its plan explains a failure is seen in its journal.
    fn check(&self, status: ExitStatus) -> Result<()> {
        if !matches!(status.code(), Some(0 | 1)) {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            bail!("`hephaestus run` ended with {status}:\n{log}");
        }
        Ok(())
    }

    fn store(&self) -> std::path::PathBuf {
        self.folder.join("store.db")
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.join("run.log")
    }

    /// All journals in the store; and whatever was said to have started is there.
    async fn look(&self, witness: &Witness) -> Result<()> {
        let log = std::fs::read_to_string(self.log())?;
        let name = BusinessId {
            key: "entryid".parse()?,
            value: value(self.number),
        };
        let was_started = log.contains(&format!("started {name}"));
        let Some(copy) = Copy::of(&self.store())? else {
            ensure!(!was_started, "{name} was started, and there is no store");
            return Ok(());
        };
        copy.check_integrity()?;
        let store = copy.open().await?;
        let query = Query {
            limit: 1_000,
            ..Query::default()
        };
        let instances = store.query(query).await?.instances();
        ensure!(
            !was_started || !instances.is_empty(),
            "{name} was started, and is not in the store"
        );
        for instance in instances {
            let entries = store.journal(instance).await?.unwrap_or_default();
            if let Some(trouble) = plan::unexplained(&entries) {
                bail!("{trouble}");
            }
            witness
                .seen()
                .checker
                .observe(Observation::Journal { instance, entries });
        }
        store.close().await?;
        Ok(())
    }
}
