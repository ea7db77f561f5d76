//! Walks through a store: the file as such, components, versions, instances.

use std::path::Path;

use hephaestus_core::{Digest, WorkflowName, WorkflowVersion};
use rusqlite::{Connection, Row};
use sha2::{Digest as _, Sha256};

use super::CheckOptions;
use super::instance::{StoredInstance, Told, compare, fold};
use super::report::{CheckReport, Place};
use crate::store::StoreError;
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::open::{read_only, readable};
use crate::store::sqlite::{SqliteOptions, read};

pub(super) fn run(path: &Path, options: &CheckOptions) -> Result<CheckReport, StoreError> {
    let settings = SqliteOptions::default();
    let path = readable(path, &settings)?;
    let at = |error: rusqlite::Error| Failure::Sqlite(error).at(&path);
    let mut connection = read_only(&path, &settings).map_err(at)?;
    // One snapshot for all that is read.
    let snapshot = connection.transaction().map_err(at)?;
    let mut check = Check {
        connection: &snapshot,
        options,
        report: CheckReport::default(),
    };
    // What can't be read keeps nothing else from being looked at.
    for part in [Check::file, Check::components, Check::versions, Check::instances] {
        if let Err(failure) = part(&mut check) {
            check.report.find(Place::File, said(failure));
        }
    }
    Ok(check.report)
}

/// What went wrong, without the name of the file, which is in no finding.
fn said(failure: Failure) -> String {
    match failure {
        Failure::Damaged(what) => what,
        Failure::Sqlite(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

struct Check<'a> {
    connection: &'a Connection,
    options: &'a CheckOptions,
    report: CheckReport,
}

impl Check<'_> {
    /// SQLite's own view: pages, indices, references.
    fn file(&mut self) -> Result<(), Failure> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let said: String = row.get(0)?;
            if said != "ok" {
                self.report.find(Place::File, said);
            }
        }
        let mut statement = self
            .connection
            .prepare("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, count): (String, i64) = (row.get(0)?, row.get(1)?);
            let problem = format!("{count} rows of `{table}` are of instances that are not stored");
            self.report.find(Place::File, problem);
        }
        Ok(())
    }

    fn components(&mut self) -> Result<(), Failure> {
        let mut statement = self.connection.prepare("SELECT digest, bytes FROM components")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.report.components += 1;
            let digest = Digest(row.get(0)?);
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let found = Digest(Sha256::digest(bytes).into());
            if found != digest {
                let problem = format!("its bytes are those of {found}: restore the store from a backup");
                self.report.find(Place::Component(digest), problem);
            }
        }
        Ok(())
    }

    /// The bytes of a version are there, or nothing needs them.
    fn versions(&mut self) -> Result<(), Failure> {
        let mut statement = self.connection.prepare(
            "SELECT workflow, version, digest,
                 EXISTS (SELECT 1 FROM components WHERE components.digest = v.digest),
                 EXISTS (SELECT 1 FROM versions n WHERE n.workflow = v.workflow AND n.version > v.version),
                 (SELECT count(*) FROM instances i
                  WHERE i.workflow = v.workflow AND i.workflow_version = v.version)
             FROM versions v",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.report.versions += 1;
            let (place, digest) = version(row)?;
            let (is_stored, is_superseded, instances): (bool, bool, i64) =
                (row.get(3)?, row.get(4)?, row.get(5)?);
            let who = match (is_superseded, instances) {
                (true, 0) => continue,
                (true, count) => format!("{count} instances need"),
                (false, _) => "it is the current version, which needs".to_owned(),
            };
            if !is_stored {
                let problem = format!("{who} component {digest}, which is not stored: deploy it again");
                self.report.find(place, problem);
            }
        }
        Ok(())
    }

    fn instances(&mut self) -> Result<(), Failure> {
        let mut statement = self.connection.prepare(
            "SELECT id, version, workflow, business_id, status, unique_key, request_id, summary,
                 workflow_version, ended_at
             FROM instances ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.report.instances += 1;
            let instance = read::instance_id(row.get(0)?);
            let mut problems = Vec::new();
            let found = StoredInstance::read(instance, row, &mut problems);
            let result = found.and_then(|stored| self.instance(stored.as_ref(), instance, &mut problems));
            if let Err(failure) = result {
                problems.push(said(failure));
            }
            for problem in problems {
                self.report.find(Place::Instance(instance), problem);
            }
        }
        Ok(())
    }

    /// Compares what is stored of one instance; `stored` is what could be read of its row.
    fn instance(
        &mut self,
        stored: Option<&StoredInstance>,
        instance: hephaestus_core::InstanceId,
        problems: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let timers = read::timers(self.connection, instance)?;
        self.report.timers += timers.len() as u64;
        let journal = read::entries(self.connection, instance)?;
        self.report.entries += journal.len() as u64;
        let told = match Told::by(&journal) {
            Ok(told) => told,
            Err(problem) => {
                problems.push(problem);
                return Ok(());
            }
        };
        let Some(stored) = stored else { return Ok(()) };
        problems.extend(compare(stored, &told, &timers));
        if !problems.is_empty() {
            return Ok(());
        }
        match self.options.workflows.get(&told.created.digest) {
            Some(workflow) => {
                self.report.folded += 1;
                problems.extend(fold(stored, workflow, &journal, &timers));
            }
            None => self.report.unfolded += 1,
        }
        Ok(())
    }
}

fn version(row: &Row<'_>) -> Result<(Place, Digest), Failure> {
    let name: String = row.get(0)?;
    let workflow: WorkflowName = name
        .parse()
        .map_err(|error| Failure::Damaged(format!("a deployed version: {error}")))?;
    let version = WorkflowVersion(row.get(1)?);
    Ok((Place::Version(workflow, version), Digest(row.get(2)?)))
}
