//! A campaign: hosts are killed and followed by others, epoch after epoch.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;
use hephaestus_core::InstanceId;
use hephaestus_host::store::Store;
use hephaestus_ledger::{Expect, Figures, Violation};

use crate::command;
use crate::early::Early;
use crate::life::{HostFiles, Life};
use crate::load::{Load, MOST_RETRIES};
use crate::look::{Copy, Depth, Found, look};
use crate::model::Model;
use crate::places::Places;
use crate::protocol::{Answer, Order};
use crate::tally::Tally;
use crate::witness::Witness;

/// Each store sees so many kills before everything in it is brought to an end.
const KILLS_OF_EPOCH: u64 = 100;

/// When so many hosts were killed, it is the turn of `hephaestus run`, which is killed several times.
const KILLS_BETWEEN_COMMANDS: u64 = 20;

/// SQLite checks its file after so many kills.
const KILLS_BETWEEN_CHECKS: u64 = 10;

/// Everything has ended after so long, once nobody kills any more.
const LAST_PATIENCE: Duration = Duration::from_secs(120);

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many hosts are killed.
    pub kills: u64,
    /// What the load and the kills are drawn from.
    pub seed: u64,
    /// The programs and the component.
    pub places: Places,
    /// Where stores, logs and the ledger are kept.
    pub folder: PathBuf,
    /// Kills hosts that acknowledge this too early: to see that it is found.
    pub early: Option<Early>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What the harness did.
    pub tally: Tally,
    /// What was seen.
    pub figures: Figures,
    /// What was broken.
    pub violations: Vec<Violation>,
    /// What else is wrong.
    pub troubles: Vec<String>,
}

impl Outcome {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.troubles.is_empty()
    }
}

/// A campaign that goes on.
struct Campaign<'a> {
    settings: &'a Settings,
    witness: Witness,
    load: Load,
    outcome: Outcome,
    progress: &'a mut dyn FnMut(&str),
}

/// One store.
struct Epoch {
    folder: PathBuf,
    files: HostFiles,
    model: Model,
    /// What was being executed when the store was last looked at, if no host was started since.
    running: Option<Vec<(InstanceId, u64)>>,
}

/// Kills as many hosts as are wanted, or stops at the first thing that is wrong; tells `progress` now and then.
pub async fn run(settings: &Settings, progress: &mut dyn FnMut(&str)) -> Result<Outcome> {
    let witness = Witness::start(&settings.folder.join("ledger.jsonl")).await?;
    let load = Load::new(Rng::with_seed(settings.seed), witness.origin());
    let manifest = format!("[workflows.ledger-steps]\nhttp = [\"{}\"]\n", witness.origin());
    std::fs::write(settings.folder.join("hephaestus.toml"), manifest)?;
    let mut campaign = Campaign {
        settings,
        witness,
        load,
        outcome: Outcome::default(),
        progress,
    };
    while campaign.outcome.tally.kills < settings.kills && campaign.is_clean() {
        let folder = settings
            .folder
            .join(format!("epoch-{}", campaign.outcome.tally.epochs));
        if let Err(error) = campaign.epoch(folder.clone()).await {
            campaign.outcome.troubles.push(format!("{error:#}"));
        }
        campaign.collect(Expect::AllEnded);
        // The verdict is in: what it is about is kept if somebody has to look at it.
        if campaign.is_clean() {
            std::fs::remove_dir_all(&folder)?;
        }
    }
    Ok(campaign.outcome)
}

impl Campaign<'_> {
    fn is_clean(&self) -> bool {
        let seen = self.witness.seen();
        self.outcome.is_clean() && seen.checker.violations().is_empty() && seen.troubles.is_empty()
    }

    /// The end of an epoch: what the checker says.
    fn collect(&mut self, expect: Expect) {
        let mut seen = self.witness.seen();
        let so_far = seen.checker.violations().to_vec();
        let report = seen.next_epoch().finish(expect);
        // After something went wrong nobody brought the rest to its end: that it hasn't ended is no news.
        let is_over = so_far.is_empty() && seen.troubles.is_empty() && self.outcome.troubles.is_empty();
        let violations = if is_over { report.violations } else { so_far };
        self.outcome.violations.extend(violations);
        self.outcome.figures.add(&report.figures);
        self.outcome.troubles.append(&mut seen.troubles);
    }

    async fn epoch(&mut self, folder: PathBuf) -> Result<()> {
        self.outcome.tally.epochs += 1;
        std::fs::create_dir_all(&folder)?;
        let mut epoch = Epoch {
            files: HostFiles {
                program: self.settings.places.crash.clone(),
                component: self.settings.places.component.clone(),
                store: folder.join("store.db"),
                manifest: self.settings.folder.join("hephaestus.toml"),
                log: folder.join("host.log"),
                early: self.settings.early,
            },
            folder,
            model: Model::default(),
            running: None,
        };
        let end = (self.outcome.tally.kills + KILLS_OF_EPOCH).min(self.settings.kills);
        while self.outcome.tally.kills < end && self.is_clean() {
            self.one_kill(&mut epoch).await?;
            let tally = &self.outcome.tally;
            if tally.kills.is_multiple_of(10) {
                let figures = *self.witness.seen().checker.figures();
                let line = format!(
                    "{} kills; in this store {} instances, {} attempts, {} of them repeated",
                    tally.kills, figures.instances, figures.attempts, figures.attempts_repeated
                );
                (self.progress)(&line);
            }
        }
        if !self.is_clean() {
            return Ok(());
        }
        self.bring_to_an_end(&mut epoch).await
    }

    async fn one_kill(&mut self, epoch: &mut Epoch) -> Result<()> {
        let kills = self.outcome.tally.kills + 1;
        if kills.is_multiple_of(KILLS_BETWEEN_COMMANDS) {
            return self.command(&epoch.folder, kills).await;
        }
        let plan = self.load.life();
        let life = Life::start(
            &epoch.files,
            &self.witness,
            &mut epoch.model,
            &mut self.outcome.tally,
        )?;
        life.run(plan, &mut self.load)
            .await
            .with_context(|| format!("{plan:?}"))?;
        self.witness.settle().await?;
        let kills = self.outcome.tally.kills;
        let is_checked = kills % KILLS_BETWEEN_CHECKS == 1;
        // With a look before and a look after, recovery can be seen in between.
        let was_running = epoch.running.take();
        let chance = if was_running.is_some() { 15 } else { 45 };
        if !is_checked && self.load.rng().u32(0..100) < chance {
            return Ok(());
        }
        let Some(copy) = Copy::of(&epoch.files.store)? else {
            return Ok(());
        };
        self.outcome.tally.looks += 1;
        if is_checked {
            copy.check_integrity()?;
            self.outcome.tally.integrity_checks += 1;
        }
        let depth = if self.load.rng().u32(0..100) < 5 {
            Depth::All
        } else {
            Depth::Changes
        };
        let found = self.look(&copy, epoch, depth).await?;
        self.outcome.tally.kills_amid_recovery += u64::from(is_amid_recovery(was_running, &epoch.model));
        epoch.running = Some(found.running);
        Ok(())
    }

    async fn look(&self, copy: &Copy, epoch: &mut Epoch, depth: Depth) -> Result<Found> {
        let store = copy.open().await?;
        let found = look(store.as_ref(), &self.witness, &mut epoch.model, depth).await;
        store.close().await?;
        found
    }

    /// One host that nobody kills, until all instances have ended; and a look at everything.
    async fn bring_to_an_end(&mut self, epoch: &mut Epoch) -> Result<()> {
        // Those that nobody knows yet.
        if let Some(copy) = Copy::of(&epoch.files.store)? {
            self.look(&copy, epoch, Depth::All).await?;
        }
        let mut life = Life::start(
            &epoch.files,
            &self.witness,
            &mut epoch.model,
            &mut self.outcome.tally,
        )?;
        life.ready().await?;
        for order in std::mem::take(&mut life.model().unanswered) {
            life.order(order).await?;
        }
        life.answers().await?;
        let began = Instant::now();
        loop {
            let active: Vec<InstanceId> = life.model().active().collect();
            let failed: Vec<InstanceId> = life.model().retryable(MOST_RETRIES).collect();
            let is_late = began.elapsed() > LAST_PATIENCE;
            if is_late || (active.is_empty() && failed.is_empty()) {
                break;
            }
            for instance in failed {
                // One that can't be retried, or is left failed, isn't asked again.
                life.model().at(instance).retries += 1;
                if self.load.rng().u32(0..100) < 70 {
                    life.order(Order::Retry { instance }).await?;
                }
            }
            for instance in active {
                life.order(Order::Get { instance }).await?;
            }
            for (order, answer) in life.answers().await? {
                let (Order::Get { instance }, Answer::Stands { awaits, .. }) = (order, answer) else {
                    continue;
                };
                if awaits.iter().any(|event| event.as_str() == "approved") {
                    let event = self.load.event(instance, "approved");
                    life.order(event).await?;
                }
            }
            life.answers().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        life.end().await?;
        self.witness.settle().await?;
        let copy = Copy::of(&epoch.files.store)?.context("a host left no store")?;
        copy.check_integrity()?;
        self.outcome.tally.integrity_checks += 1;
        self.look(&copy, epoch, Depth::All).await?;
        Ok(())
    }

    /// `hephaestus run`, killed and started again until its instance ends.
    async fn command(&mut self, epoch: &Path, number: u64) -> Result<()> {
        let folder = epoch.join(format!("command-{number}"));
        std::fs::create_dir_all(&folder)?;
        let run = command::Run {
            program: &self.settings.places.hephaestus,
            component: &self.settings.places.component,
            manifest: &self.settings.folder.join("hephaestus.toml"),
            folder: &folder,
            number,
        };
        let ours = self.witness.seen().set_aside(BTreeSet::new());
        command::kill_and_repeat(&run, &self.witness, &mut self.load, &mut self.outcome.tally).await?;
        self.witness.seen().set_aside(ours);
        Ok(())
    }
}

/// Whether some of what was being executed was recovered before the kill, and some wasn't.
fn is_amid_recovery(was_running: Option<Vec<(InstanceId, u64)>>, model: &Model) -> bool {
    let was_running = was_running.unwrap_or_default();
    let recovered = was_running
        .iter()
        .filter(|(instance, version)| model.get(*instance).is_some_and(|known| known.version > *version));
    let recovered = recovered.count();
    recovered > 0 && recovered < was_running.len()
}
