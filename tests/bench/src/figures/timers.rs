//! How late timers are: when little happens, and when many are due at once.
//!
//! Late: from when the timer was due until the step behind the wait begins, which it does after the commit. Both times
//! are whole milliseconds of the host's clock.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hephaestus_core::engine::{JournalEntry, Record, Summary};
use hephaestus_core::{Timestamp, WorkflowName};
use hephaestus_host::store::Query;
use hephaestus_host::{Host, InstanceRef};

use crate::fill;
use crate::report::{Row, Unit};
use crate::scale::Scale;
use crate::series::Series;
use crate::world::{World, deploy, nothing_resident, now, start, until};
use hephaestus_limits::disk;

/// Between two timers that come due one after the other. No divisor of the times in which things repeat.
const APART: Duration = Duration::from_millis(17);

/// Before the first is due: all wait by then.
const AHEAD: Duration = Duration::from_secs(2);

const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let idle = idle(world, scale.timers).await?;
    let burst = burst(world, scale.due_at_once).await?;
    let row = |what: String, value: f64| Row {
        figure: "timers",
        what,
        unit: Unit::Millis,
        ours: Series::one(value),
        limit: None,
    };
    let mut rows = Vec::new();
    for (found, of) in [
        (&idle, format!("of {} one after the other", scale.timers)),
        (&burst, format!("of {} due at once", scale.due_at_once)),
    ] {
        for (percent, which) in [(50, "the middle one"), (99, "99 %"), (100, "the latest")] {
            rows.push(row(format!("late, {which} {of}"), found.late.percentile(percent)));
        }
    }
    rows.push(row(
        "until all instances of these have ended".to_owned(),
        disk::millis(burst.drained),
    ));
    Ok(rows)
}

/// What became of some timers.
struct Found {
    /// Milliseconds, for each timer.
    late: Series,
    /// From the first that was due until the last instance had ended.
    drained: Duration,
}

async fn idle(world: &World, count: usize) -> Result<Found> {
    let host = world.sqlite_host("timers.db").await?;
    let workflow = deploy(&host, &world.pause).await?;
    let first = now().after(AHEAD);
    let mut due = first;
    for _ in 0..count {
        start(&host, &workflow, until(due)).await?;
        due = due.after(APART);
    }
    ensure!(
        now() < first,
        "{count} instances take longer to start than {AHEAD:?}"
    );
    let found = look(&host, &workflow, count, due).await?;
    host.shutdown(Duration::ZERO).await;
    Ok(found)
}

async fn burst(world: &World, count: usize) -> Result<Found> {
    // Filling the store takes a part of this.
    let due = now().after(AHEAD + Duration::from_millis(u64::try_from(count)? / 4));
    fill::waiting(world, "burst.db", count, due).await?;
    let host = world.sqlite_host("burst.db").await?;
    let workflow = deploy(&host, &world.pause).await?;
    ensure!(now() < due, "the store took too long to fill");
    let found = look(&host, &workflow, count, due).await?;
    host.shutdown(Duration::ZERO).await;
    Ok(found)
}

/// Waits until all instances have ended, and reads from their journals how late their timers were. Doesn't look before
/// the last timer is due, so that looking makes none late.
async fn look(host: &Host, workflow: &WorkflowName, count: usize, last_due: Timestamp) -> Result<Found> {
    tokio::time::sleep(last_due.since(now())).await;
    let (mut late, mut first_due, mut last_end) = (Series::default(), last_due, last_due);
    for summary in ended(host, workflow, count).await? {
        let journal = host.history(&InstanceRef::Id(summary.instance)).await?;
        let (due, begun) =
            due_and_begun(&journal).with_context(|| format!("instance {}", summary.instance))?;
        late.push(disk::millis(begun.since(due)));
        first_due = first_due.min(due);
        last_end = last_end.max(summary.updated_at);
    }
    let drained = last_end.since(first_due);
    Ok(Found { late, drained })
}

/// All instances, when they have ended.
async fn ended(host: &Host, workflow: &WorkflowName, count: usize) -> Result<Vec<Summary>> {
    let began = Instant::now();
    loop {
        nothing_resident(host).await?;
        let query = Query {
            workflow: Some(workflow.clone()),
            limit: count + 1,
            ..Query::default()
        };
        let found = host.list(query).await?.summaries;
        if found.len() == count && found.iter().all(|summary| summary.status.is_terminal()) {
            return Ok(found);
        }
        ensure!(began.elapsed() < PATIENCE, "{count} timers should be over by now");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// When the timer of the wait was due, and when the step behind it began.
fn due_and_begun(journal: &[JournalEntry]) -> Result<(Timestamp, Timestamp)> {
    let due = journal.iter().find_map(|entry| match &entry.record {
        Record::StepWaiting { timer, .. } => timer.as_ref().map(|timer| timer.due),
        _ => None,
    });
    let begun = journal.iter().find_map(|entry| match &entry.record {
        Record::StepCompleted(completed) if completed.step.as_str() == "after" => {
            completed.receipt.as_ref().map(|receipt| receipt.started_at)
        }
        _ => None,
    });
    let (due, begun) = (due.context("it didn't wait")?, begun.context("it didn't go on")?);
    ensure!(begun >= due, "the timer was early: due {due:?}, begun {begun:?}");
    Ok((due, begun))
}
