//! What the writing thread removes: instances that have ended, and code that nobody needs.
//!
//! Each call is one transaction, bounded by its caller: commits wait while it runs.

use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{InstanceId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::failure::Failure;
use super::read::{ALL_STATUSES, instance_id};
use super::{integer, unsigned};
use crate::store::{DeleteAnswer, Purged};

/// How many components one call removes at most: they are large.
const MAX_COMPONENTS: usize = 8;

pub(super) fn delete(connection: &mut Connection, instance: InstanceId) -> Result<DeleteAnswer, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let status: Option<String> = transaction
        .prepare_cached("SELECT status FROM instances WHERE id = ?1")?
        .query_row([instance.0.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(status) = status else {
        return Ok(DeleteAnswer::NoSuchInstance);
    };
    let status = parse_status(instance, &status)?;
    if !status.is_terminal() {
        return Ok(DeleteAnswer::StillActive { status });
    }
    remove(&transaction, instance)?;
    transaction.commit().map_err(Failure::Commit)?;
    Ok(DeleteAnswer::Deleted)
}

fn parse_status(instance: InstanceId, text: &str) -> Result<InstanceStatus, Failure> {
    let found = ALL_STATUSES.into_iter().find(|status| status.as_str() == text);
    found.ok_or_else(|| Failure::Damaged(format!("instance {instance} has the unknown status `{text}`")))
}

pub(super) fn purge(
    connection: &mut Connection,
    ended_before: Timestamp,
    limit: usize,
) -> Result<Purged, Failure> {
    let limit = limit.max(1);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut purged = Purged::default();
    for (instance, entries) in ended(&transaction, ended_before, limit)? {
        // The first one is removed whatever its size.
        if purged.instances > 0 && purged.entries.saturating_add(entries) > limit as u64 {
            purged.is_more = true;
            break;
        }
        remove(&transaction, instance)?;
        purged.instances += 1;
        purged.entries = purged.entries.saturating_add(entries);
    }
    if !purged.is_more {
        (purged.components, purged.is_more) = remove_unneeded(&transaction, ended_before)?;
    }
    transaction.commit().map_err(Failure::Commit)?;
    Ok(purged)
}

/// Only components that nobody needs: how many were removed, and whether there are more.
pub(super) fn purge_components(
    connection: &mut Connection,
    before: Timestamp,
) -> Result<(usize, bool), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let removed = remove_unneeded(&transaction, before)?;
    transaction.commit().map_err(Failure::Commit)?;
    Ok(removed)
}

fn remove_unneeded(transaction: &Transaction<'_>, before: Timestamp) -> Result<(usize, bool), Failure> {
    let unneeded = unneeded_components(transaction, before, MAX_COMPONENTS + 1)?;
    let mut removed = 0;
    for digest in unneeded.iter().take(MAX_COMPONENTS) {
        removed += remove_component(transaction, digest)?;
    }
    Ok((removed, unneeded.len() > MAX_COMPONENTS))
}

/// Those that ended before, with the lengths of their journals, the first to end first. One more than `limit`, which
/// counts entries: each instance has at least one.
fn ended(
    transaction: &Transaction<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<(InstanceId, u64)>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = transaction.prepare_cached(ENDED)?;
    let ended = statement.query_map(params![integer(before.0), limit], |row| {
        Ok((instance_id(row.get(0)?), unsigned(row.get(1)?).max(1)))
    })?;
    Ok(ended.collect::<rusqlite::Result<_>>()?)
}

/// The status is asked as well: nothing active is removed, even if `ended_at` was damaged. SQLite is told which index: by
/// itself it takes that of the status, and sorts all that ever ended.
const ENDED: &str = "SELECT id, version FROM instances INDEXED BY instances_by_end
     WHERE ended_at < ?1 AND status IN ('completed', 'failed', 'cancelled') ORDER BY ended_at, id LIMIT ?2";

fn remove(transaction: &Transaction<'_>, instance: InstanceId) -> rusqlite::Result<()> {
    for statement in REMOVE {
        transaction
            .prepare_cached(statement)?
            .execute([instance.0.as_bytes()])?;
    }
    Ok(())
}

/// What refers to the instance first.
const REMOVE: [&str; 3] = [
    "DELETE FROM journal WHERE instance = ?1",
    "DELETE FROM timers WHERE instance = ?1",
    "DELETE FROM instances WHERE id = ?1",
];

/// See [`Store::purge`](crate::store::Store::purge) for what is needed. An instance of version 0 is one whose version
/// could not be read when the file was brought to format 2: it keeps the code of all versions of its workflow.
const UNNEEDED: &str = "SELECT digest FROM components
     WHERE NOT EXISTS (
         SELECT 1 FROM versions v WHERE v.digest = components.digest AND (
             v.stored_at >= ?1
             OR NOT EXISTS (
                 SELECT 1 FROM versions newer
                 WHERE newer.workflow = v.workflow AND newer.version > v.version AND newer.deployed_at < ?1
             )
             OR EXISTS (
                 SELECT 1 FROM instances
                 WHERE instances.workflow = v.workflow AND instances.workflow_version IN (v.version, 0)
             )
         )
     ) ORDER BY digest LIMIT ?2";

fn unneeded_components(
    transaction: &Transaction<'_>,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<[u8; 32]>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = transaction.prepare_cached(UNNEEDED)?;
    let digests = statement.query_map(params![integer(before.0), limit], |row| row.get(0))?;
    Ok(digests.collect::<rusqlite::Result<_>>()?)
}

fn remove_component(transaction: &Transaction<'_>, digest: &[u8; 32]) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached("DELETE FROM components WHERE digest = ?1")?
        .execute([digest])
}
