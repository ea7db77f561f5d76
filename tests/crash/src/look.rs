//! Looking at what a killed host left: at a copy, so that the next host finds it as it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hephaestus_core::InstanceId;
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{Query, Store};
use hephaestus_ledger::Observation;

use crate::model::Model;
use crate::plan::unexplained;
use crate::witness::Witness;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The instances that were being executed, with their versions.
    pub running: Vec<(InstanceId, u64)>,
}

/// Which journals are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Those of instances that have changed, or of which something was seen.
    Changes,
    /// All.
    All,
}

/// A copy of a store, in a folder of its own.
#[derive(Debug)]
pub struct Copy {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Copy {
    /// Of the file and its write-ahead log. `None`: there is no file yet.
    pub fn of(store: &Path) -> Result<Option<Self>> {
        if !store.exists() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("copy.db");
        std::fs::copy(store, &file)?;
        let beside = |file: &Path| {
            let mut name = file.as_os_str().to_owned();
            name.push("-wal");
            PathBuf::from(name)
        };
        if beside(store).exists() {
            std::fs::copy(beside(store), beside(&file))?;
        }
        Ok(Some(Self {
            _folder: folder,
            file,
        }))
    }

    /// Lets SQLite check it.
    pub fn check_integrity(&self) -> Result<()> {
        let connection = rusqlite::Connection::open(&self.file)?;
        let mut statement = connection.prepare("PRAGMA integrity_check")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        let rows: Vec<String> = rows.collect::<Result<_, _>>()?;
        if rows != ["ok"] {
            bail!("SQLite finds the store damaged: {}", rows.join("; "));
        }
        Ok(())
    }

    /// Opens it as a host would.
    pub async fn open(&self) -> Result<Arc<SqliteStore>> {
        let store = SqliteStore::open(&self.file).await;
        Ok(Arc::new(
            store.context("what a killed host left can't be opened")?,
        ))
    }
}

/// Reads what has changed and tells the checker.
pub async fn look(store: &dyn Store, witness: &Witness, model: &mut Model, depth: Depth) -> Result<Found> {
    find_new(store, model).await?;
    let touched = std::mem::take(&mut witness.seen().touched);
    for instance in &touched {
        model.at(*instance);
    }
    let mut found = Found::default();
    let known: Vec<InstanceId> = model.all().map(|(id, _)| id).collect();
    for instance in known {
        let was = *model.at(instance);
        let is_due = depth == Depth::All || touched.contains(&instance) || !was.has_ended();
        if !is_due {
            continue;
        }
        let Some(summary) = store.summary(instance).await? else {
            let entries = Vec::new();
            witness
                .seen()
                .checker
                .observe(Observation::Journal { instance, entries });
            continue;
        };
        if matches!(summary.status, InstanceStatus::Pending | InstanceStatus::Running) {
            found.running.push((instance, summary.version));
        }
        let is_same = summary.version == was.version && !touched.contains(&instance);
        if !is_same || depth == Depth::All {
            let entries = store.journal(instance).await?.unwrap_or_default();
            if let Some(trouble) = unexplained(&entries) {
                bail!("{trouble}");
            }
            witness
                .seen()
                .checker
                .observe(Observation::Journal { instance, entries });
        }
        let known = model.at(instance);
        // Its deletion was ordered, but not carried out.
        known.is_doomed = false;
        known.version = summary.version;
        known.status = Some(summary.status);
    }
    Ok(found)
}

/// Instances that nobody heard of: their hosts were killed before they could answer. Ids are in the order of creation,
/// so those are the newest.
async fn find_new(store: &dyn Store, model: &mut Model) -> Result<()> {
    let mut before = None;
    loop {
        let query = Query {
            before,
            limit: 200,
            ..Query::default()
        };
        let page = store.query(query).await?;
        if let Some(damaged) = page.damaged.first() {
            bail!(
                "the summary of instance {} is damaged: {}",
                damaged.instance,
                damaged.reason
            );
        }
        let is_new = |id: &InstanceId| model.get(*id).is_none_or(|known| known.version == 0);
        let new: Vec<InstanceId> = page.instances().into_iter().filter(is_new).collect();
        before = page.last();
        for instance in &new {
            model.at(*instance);
        }
        if new.is_empty() || before.is_none() {
            return Ok(());
        }
    }
}
