//! What the writing thread does.
//!
//! A write's first statement is the one that can be refused, and SQLite undoes a refused statement by itself; so a
//! refused write has changed nothing, and needs no savepoint of its own (which would copy each page it touches).

use hephaestus_core::engine::{Change, Summary};
use rusqlite::{
    CachedStatement, Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::failure::Failure;
use super::{integer, read, unsigned};
use crate::store::{DeployAnswer, DeployedVersion, Texts, Write, WriteAnswer};

/// A transaction, and the statements that nearly every write needs.
pub(super) struct Writing<'t> {
    transaction: &'t Transaction<'t>,
    go_on: CachedStatement<'t>,
    entry: CachedStatement<'t>,
}

/// The most frequent change: the instance is where it was expected, and nothing changes in any index. Each `+` keeps
/// SQLite from looking for the instance in another index than that of the id.
const GO_ON: &str = "UPDATE instances SET version = ?3, summary = ?4
    WHERE id = ?1 AND version = ?2 AND +status = ?5 AND +unique_key IS ?6 AND +ended_at IS ?7";

const ENTRY: &str = "INSERT INTO journal (instance, seq, at, record) VALUES (?1, ?2, ?3, ?4)";

impl<'t> Writing<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        Ok(Self {
            transaction,
            go_on: transaction.prepare_cached(GO_ON)?,
            entry: transaction.prepare_cached(ENTRY)?,
        })
    }

    /// One write of a batch.
    pub(super) fn one(&mut self, write: &Write, texts: &Texts) -> Result<WriteAnswer, Failure> {
        match write {
            Write::Create { change, request_id } => {
                let request_id = request_id.as_ref().map(|id| id.as_str());
                self.create(change, texts, request_id)
            }
            Write::Append {
                expected_version,
                change,
                ..
            } => self.append(*expected_version, change, texts),
        }
    }

    /// Inserts first and asks why not afterwards: most are not refused.
    fn create(
        &mut self,
        change: &Change,
        texts: &Texts,
        request_id: Option<&str>,
    ) -> Result<WriteAnswer, Failure> {
        let (transaction, summary) = (self.transaction, &change.summary);
        let inserted = transaction
        .prepare_cached(
            "INSERT INTO instances (id, version, workflow, business_id, status, unique_key, request_id, summary,
                                    workflow_version, ended_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE NOT EXISTS (
                 SELECT 1 FROM versions WHERE workflow = ?3 AND version = ?9
                 AND NOT EXISTS (SELECT 1 FROM components WHERE components.digest = versions.digest)
             )",
        )?
        .execute(params![
            summary.instance.0.as_bytes(),
            integer(summary.version),
            summary.workflow.as_str(),
            summary.business_id.to_string(),
            summary.status.as_str(),
            summary.unique_key,
            request_id,
            texts.summary(),
            summary.workflow_version.0,
            ended_at(summary),
        ]);
        match inserted {
            Ok(0) => {
                let other = why_not_created(transaction, summary, request_id)?;
                return Ok(other.unwrap_or(WriteAnswer::ComponentRemoved));
            }
            Ok(_) => {}
            Err(error) if is_constraint(&error) => {
                return why_not_created(transaction, summary, request_id)?.ok_or(Failure::Sqlite(error));
            }
            Err(error) => return Err(error.into()),
        }
        self.write_details(change, texts)?;
        Ok(WriteAnswer::Committed)
    }

    /// Supposes the most frequent case, and looks only if it isn't.
    fn append(
        &mut self,
        expected_version: u64,
        change: &Change,
        texts: &Texts,
    ) -> Result<WriteAnswer, Failure> {
        let summary = &change.summary;
        let updated = self.go_on.execute(params![
            summary.instance.0.as_bytes(),
            integer(expected_version),
            integer(summary.version),
            texts.summary(),
            summary.status.as_str(),
            summary.unique_key,
            ended_at(summary),
        ])?;
        if updated == 0 {
            let answer = append_elsewhere(self.transaction, expected_version, summary, texts.summary())?;
            if answer != WriteAnswer::Committed {
                return Ok(answer);
            }
        }
        self.write_details(change, texts)?;
        Ok(WriteAnswer::Committed)
    }

    /// What can't be refused any more: entries and timers.
    fn write_details(&mut self, change: &Change, texts: &Texts) -> rusqlite::Result<()> {
        let id = change.summary.instance.0.as_bytes();
        for (entry, record) in change.entries.iter().zip(texts.records()) {
            let (seq, at) = (integer(entry.seq), integer(entry.at.0));
            self.entry.execute(params![id, seq, at, record])?;
        }
        if !change.timers_cleared.is_empty() {
            let mut clear = self
                .transaction
                .prepare_cached("DELETE FROM timers WHERE instance = ?1 AND number = ?2")?;
            for number in &change.timers_cleared {
                clear.execute(params![id, number])?;
            }
        }
        if !change.timers_set.is_empty() {
            let mut set = self.transaction.prepare_cached(
                "INSERT OR REPLACE INTO timers (instance, number, due) VALUES (?1, ?2, ?3)",
            )?;
            for timer in &change.timers_set {
                set.execute(params![id, timer.number, integer(timer.due.0)])?;
            }
        }
        Ok(())
    }
}

/// The checks, in the order of [`WriteAnswer`].
fn why_not_created(
    transaction: &Transaction<'_>,
    summary: &Summary,
    request_id: Option<&str>,
) -> Result<Option<WriteAnswer>, Failure> {
    let created: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT id FROM instances WHERE request_id = ?1")?
        .query_row([request_id], |row| row.get(0))
        .optional()?;
    if let Some(id) = created {
        return Ok(Some(WriteAnswer::RepeatedRequest {
            instance: read::instance_id(id),
        }));
    }
    let found: Option<i64> = transaction
        .prepare_cached("SELECT version FROM instances WHERE id = ?1")?
        .query_row([summary.instance.0.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(version) = found {
        return Ok(Some(WriteAnswer::Conflict {
            found: Some(unsigned(version)),
        }));
    }
    already_active(transaction, summary)
}

fn already_active(transaction: &Transaction<'_>, summary: &Summary) -> Result<Option<WriteAnswer>, Failure> {
    let holder = transaction
        .prepare_cached("SELECT summary FROM instances WHERE unique_key = ?1")?
        .query_row([&summary.unique_key], |row| row.get::<_, String>(0))
        .optional()?;
    let Some(text) = holder else { return Ok(None) };
    let holder = Box::new(read::parse("the summary of an instance", &text)?);
    Ok(Some(WriteAnswer::AlreadyActive { holder }))
}

/// An instance that isn't where it was expected, or changes its place in an index.
fn append_elsewhere(
    transaction: &Transaction<'_>,
    expected_version: u64,
    summary: &Summary,
    text: &str,
) -> Result<WriteAnswer, Failure> {
    let found = transaction
        .prepare_cached("SELECT version, unique_key IS ?2 AND ended_at IS ?3 FROM instances WHERE id = ?1")?
        .query_row(
            params![
                summary.instance.0.as_bytes(),
                summary.unique_key,
                ended_at(summary)
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let updated = match found {
        Some((version, true)) if unsigned(version) == expected_version => {
            update_status(transaction, summary, text)
        }
        Some((version, false)) if unsigned(version) == expected_version => {
            update_life(transaction, summary, text)
        }
        _ => {
            let found = found.map(|(version, _)| unsigned(version));
            return Ok(WriteAnswer::Conflict { found });
        }
    };
    match updated {
        Ok(_) => Ok(WriteAnswer::Committed),
        Err(error) if is_constraint(&error) => {
            already_active(transaction, summary)?.ok_or(Failure::Sqlite(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// It began to wait, or goes on. SQLite rewrites the entries of all columns that a statement sets, so there are three.
fn update_status(transaction: &Transaction<'_>, summary: &Summary, text: &str) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached("UPDATE instances SET version = ?2, summary = ?3, status = ?4 WHERE id = ?1")?
        .execute(params![
            summary.instance.0.as_bytes(),
            integer(summary.version),
            text,
            summary.status.as_str()
        ])
}

/// It ended, or is retried.
fn update_life(transaction: &Transaction<'_>, summary: &Summary, text: &str) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached(
            "UPDATE instances SET version = ?2, summary = ?3, status = ?4, unique_key = ?5, ended_at = ?6
             WHERE id = ?1",
        )?
        .execute(params![
            summary.instance.0.as_bytes(),
            integer(summary.version),
            text,
            summary.status.as_str(),
            summary.unique_key,
            ended_at(summary),
        ])
}

fn ended_at(summary: &Summary) -> Option<i64> {
    summary.ended_at.map(|at| integer(at.0))
}

/// Stores a component and the version that it is.
pub(super) fn deploy(
    connection: &mut Connection,
    version: &DeployedVersion,
    component: &[u8],
) -> Result<DeployAnswer, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (workflow, number) = (version.workflow.as_str(), version.version.0);
    let found = transaction
        .prepare_cached("SELECT digest FROM versions WHERE workflow = ?1 AND version = ?2")?
        .query_row(params![workflow, number], |row| row.get(0))
        .optional()?
        .map(hephaestus_core::Digest);
    if let Some(found) = found
        && found != version.digest
    {
        return Ok(DeployAnswer::OtherDigest { found });
    }
    let stored = transaction
        .prepare_cached("INSERT INTO components (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![version.digest.0, component])?;
    let answer = match (found, stored) {
        (Some(_), 0) => return Ok(DeployAnswer::Unchanged),
        (Some(_), _) => DeployAnswer::Restored,
        (None, _) => DeployAnswer::Deployed,
    };
    transaction
        .prepare_cached(
            "INSERT INTO versions (workflow, version, digest, deployed_at, stored_at) VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT DO UPDATE SET stored_at = excluded.stored_at",
        )?
        .execute(params![
            workflow,
            number,
            version.digest.0,
            integer(version.deployed_at.0)
        ])?;
    transaction.commit().map_err(Failure::Commit)?;
    Ok(answer)
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

#[cfg(test)]
mod tests;
