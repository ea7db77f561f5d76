//! What readers do. What doesn't make sense is said, never skipped in silence.

use std::collections::BTreeMap;

use hephaestus_core::engine::{InstanceStatus, JournalEntry, Record, Summary};
use hephaestus_core::{Digest, InstanceId, TimerId, Timestamp, WorkflowName, WorkflowVersion};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::{integer, unsigned};
use crate::store::{DamagedSummary, DeployedVersion, DueTimer, Page, Query};

/// The reverse of `instance.0.as_bytes()`.
pub(super) fn instance_id(bytes: [u8; 16]) -> InstanceId {
    InstanceId(uuid::Uuid::from_bytes(bytes))
}

/// Parses stored JSON; `what` is for the message.
pub(super) fn parse<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Damaged(format!("{what} can't be read: {error}")))
}

pub(super) fn journal(
    connection: &mut Connection,
    instance: InstanceId,
) -> Result<Option<Vec<JournalEntry>>, Failure> {
    // One snapshot for both statements.
    let transaction = connection.transaction()?;
    let version: Option<i64> = transaction
        .prepare_cached("SELECT version FROM instances WHERE id = ?1")?
        .query_row([instance.0.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(version) = version.map(unsigned) else {
        return Ok(None);
    };
    let entries = entries(&transaction, instance)?;
    let found = entries.len() as u64;
    if found != version {
        let what = format!("instance {instance} is at version {version}, its journal ends with {found}");
        return Err(Failure::Damaged(what));
    }
    Ok(Some(entries))
}

/// All entries that are stored of an instance: without gap, or it is an error.
pub(super) fn entries(connection: &Connection, instance: InstanceId) -> Result<Vec<JournalEntry>, Failure> {
    let mut statement = connection.prepare_cached(JOURNAL)?;
    let mut rows = statement.query([instance.0.as_bytes()])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row, instance, entries.len() as u64 + 1)?);
    }
    Ok(entries)
}

const JOURNAL: &str = "SELECT seq, at, record FROM journal WHERE instance = ?1 ORDER BY seq";

fn entry(row: &Row<'_>, instance: InstanceId, expected: u64) -> Result<JournalEntry, Failure> {
    let seq = unsigned(row.get(0)?);
    if seq != expected {
        let what = format!("the journal of instance {instance} has entry {seq} where {expected} should be");
        return Err(Failure::Damaged(what));
    }
    let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let record: Record = parse(&format!("entry {seq} of instance {instance}"), text)?;
    Ok(JournalEntry {
        seq,
        at: Timestamp(unsigned(row.get(1)?)),
        record,
    })
}

pub(super) fn summary(connection: &mut Connection, instance: InstanceId) -> Result<Option<Summary>, Failure> {
    let found = connection
        .prepare_cached("SELECT summary FROM instances WHERE id = ?1")?
        .query_row([instance.0.as_bytes()], |row| {
            Ok(summary_of(instance, row.get_ref(0)?))
        })
        .optional()?;
    found.transpose().map_err(Failure::Damaged)
}

pub(super) fn query(connection: &mut Connection, query: &Query) -> Result<Page, Failure> {
    let (sql, values) = select(query);
    let mut statement = connection.prepare_cached(&sql)?;
    for (name, value) in values {
        let index = statement.parameter_index(name)?;
        let index = index.ok_or_else(|| rusqlite::Error::InvalidParameterName(name.to_owned()))?;
        statement.raw_bind_parameter(index, value)?;
    }
    let mut rows = statement.raw_query();
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        let instance = instance_id(row.get(0)?);
        match summary_of(instance, row.get_ref(1)?) {
            Ok(summary) => page.summaries.push(summary),
            Err(reason) => page.damaged.push(DamagedSummary { instance, reason }),
        }
    }
    Ok(page)
}

/// The summary of `instance`, or what is wrong with it.
pub(super) fn summary_of(instance: InstanceId, stored: ValueRef<'_>) -> Result<Summary, String> {
    let unreadable = |error: String| format!("the summary of instance {instance} can't be read: {error}");
    let text = stored.as_str().map_err(|error| unreadable(error.to_string()))?;
    let summary: Summary = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    if summary.instance != instance {
        return Err(format!(
            "the summary of instance {instance} is that of instance {}",
            summary.instance
        ));
    }
    Ok(summary)
}

/// Sorts after each id.
const AFTER_ALL_IDS: [u8; 17] = [0xff; 17];

pub(super) const ALL_STATUSES: [InstanceStatus; 6] = [
    InstanceStatus::Pending,
    InstanceStatus::Running,
    InstanceStatus::Waiting,
    InstanceStatus::Completed,
    InstanceStatus::Failed,
    InstanceStatus::Cancelled,
];

/// The statement and its parameters. Each page is read from the end of an index range, nothing is sorted: the
/// primary key; or an index of business ids (one has the active instances only); or, for each status, a range of an index that begins with the status or
/// with workflow and status, merged.
fn select(query: &Query) -> (String, Vec<(&'static str, Value)>) {
    let before = query
        .before
        .map_or(AFTER_ALL_IDS.to_vec(), |id| id.0.as_bytes().to_vec());
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut values = vec![(":before", before.into()), (":limit", limit.into())];
    let mut conditions = "id < :before".to_owned();
    if let Some(workflow) = &query.workflow {
        conditions.push_str(" AND workflow = :workflow");
        values.push((":workflow", workflow.as_str().to_owned().into()));
    }
    if let Some(business_id) = &query.business_id {
        conditions.push_str(" AND business_id = :business_id");
        values.push((":business_id", business_id.to_string().into()));
    }
    // In a fixed order and without repetition: few different statements, each prepared once.
    let mut statuses = ALL_STATUSES.to_vec();
    statuses.retain(|status| query.statuses.is_empty() || query.statuses.contains(status));
    let texts = statuses.iter().map(|status| format!("'{status}'"));
    let range = |condition: &str| format!("SELECT id, summary FROM instances WHERE {conditions}{condition}");
    let ranges = if query.business_id.is_some() {
        let any = texts.collect::<Vec<_>>().join(", ");
        if statuses.iter().any(|status| status.is_terminal()) {
            range(&format!(" AND status IN ({any})"))
        } else {
            // SQLite can't know that names may have been used a thousand times: it is told.
            format!(
                "SELECT id, summary FROM instances INDEXED BY active_by_business_id
                 WHERE ended_at IS NULL AND {conditions} AND status IN ({any})"
            )
        }
    } else if query.workflow.is_some() || !query.statuses.is_empty() {
        let ranges = texts.map(|text| range(&format!(" AND status = {text}")));
        ranges.collect::<Vec<_>>().join(" UNION ALL ")
    } else {
        range("")
    };
    (format!("{ranges} ORDER BY id DESC LIMIT :limit"), values)
}

pub(super) fn due_timers(
    connection: &mut Connection,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<DueTimer>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(DUE_TIMERS)?;
    let due = statement.query_map(params![integer(until.0), limit], |row| {
        let due = Timestamp(unsigned(row.get(0)?));
        let id = TimerId {
            instance: instance_id(row.get(1)?),
            number: row.get(2)?,
        };
        Ok(DueTimer { due, id })
    })?;
    Ok(due.collect::<rusqlite::Result<_>>()?)
}

const DUE_TIMERS: &str =
    "SELECT due, instance, number FROM timers WHERE due <= ?1 ORDER BY due, instance, number LIMIT ?2";

/// The timers of an instance, by number, with the times when they are due.
pub(super) fn timers(
    connection: &Connection,
    instance: InstanceId,
) -> Result<BTreeMap<u32, Timestamp>, Failure> {
    let mut statement = connection.prepare_cached("SELECT number, due FROM timers WHERE instance = ?1")?;
    let timers = statement.query_map([instance.0.as_bytes()], |row| {
        Ok((row.get(0)?, Timestamp(unsigned(row.get(1)?))))
    })?;
    Ok(timers.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn next_timer(
    connection: &mut Connection,
    after: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let due: Option<i64> = connection
        .prepare_cached(NEXT_TIMER)?
        .query_row([integer(after.0)], |row| row.get(0))?;
    Ok(due.map(|due| Timestamp(unsigned(due))))
}

const NEXT_TIMER: &str = "SELECT min(due) FROM timers WHERE due > ?1";

pub(super) fn versions(
    connection: &mut Connection,
    workflow: Option<&WorkflowName>,
) -> Result<Vec<DeployedVersion>, Failure> {
    // Each start of an instance asks for its workflow's: a range of the primary key.
    let mut statement = connection.prepare_cached(match workflow {
        Some(_) => VERSIONS_OF_ONE,
        None => VERSIONS_OF_ALL,
    })?;
    let mut rows = statement.query(params_from_iter(workflow.map(WorkflowName::as_str)))?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        versions.push(DeployedVersion {
            workflow: name
                .parse()
                .map_err(|error| Failure::Damaged(format!("a deployed version: {error}")))?,
            version: WorkflowVersion(row.get(1)?),
            digest: Digest(row.get(2)?),
            deployed_at: Timestamp(unsigned(row.get(3)?)),
        });
    }
    versions.sort_by(|a, b| a.workflow.cmp(&b.workflow).then(b.version.cmp(&a.version)));
    Ok(versions)
}

const VERSIONS_OF_ONE: &str =
    "SELECT workflow, version, digest, deployed_at FROM versions WHERE workflow = ?1";
const VERSIONS_OF_ALL: &str = "SELECT workflow, version, digest, deployed_at FROM versions";

pub(super) fn component(connection: &mut Connection, digest: Digest) -> Result<Option<Vec<u8>>, Failure> {
    Ok(connection
        .prepare_cached("SELECT bytes FROM components WHERE digest = ?1")?
        .query_row([digest.0], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests;
