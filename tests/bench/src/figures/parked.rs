//! What a parked instance costs in memory. In a process of its own, so that nothing else has been there before.
//!
//! Counted is all resident memory of the process: caches that fill up meanwhile count too, so the second half of the
//! instances is counted alone.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hephaestus_core::WorkflowName;
use hephaestus_host::Host;
use serde::{Deserialize, Serialize};

use crate::machine::resident_bytes;
use crate::report::{Row, Unit};
use crate::scale::Scale;
use crate::series::Series;
use crate::world::{World, deploy, nothing_resident, now, start_all, until};

/// How many are started at once.
const AT_ONCE: usize = 500;

/// What the other process finds out: the resident bytes with none, half, and all of the instances.
#[derive(Debug, Serialize, Deserialize)]
struct Found {
    none: u64,
    half: u64,
    all: u64,
}

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let folder = world.path("parked");
    std::fs::create_dir(&folder)?;
    let mut process = Command::new(std::env::current_exe()?);
    process
        .args(["--parked", &scale.parked.to_string(), "--folder"])
        .arg(&folder);
    process.stderr(Stdio::inherit());
    let answer = tokio::task::block_in_place(|| process.output())?;
    ensure!(
        answer.status.success(),
        "the process that parks instances ended with {}",
        answer.status
    );
    let found: Found = serde_json::from_slice(&answer.stdout).context("the process that parks instances")?;
    let each = |from: u64, to: u64, count: usize| {
        let bytes = i128::from(to) - i128::from(from);
        Series::one(bytes as f64 / count.max(1) as f64)
    };
    let half = scale.parked / 2;
    let row = |what: String, ours| Row {
        figure: "parked",
        what,
        unit: Unit::Bytes,
        ours,
        limit: None,
    };
    Ok(vec![
        row(
            format!("resident, for each of {} that wait", scale.parked),
            each(found.none, found.all, scale.parked),
        ),
        row(
            format!("resident, for each of the last {half} of them"),
            each(found.half, found.all, scale.parked - half),
        ),
    ])
}

/// Parks `count` instances and prints what they cost: what the process does that [`Bench`](super::Bench) starts.
pub async fn parked_in_this_process(folder: &Path, count: usize) -> Result<String> {
    let world = World::new(folder)?;
    let host = world.sqlite_host("parked.db").await?;
    let workflow = deploy(&host, &world.pause).await?;
    park(&host, &workflow, count.min(2 * AT_ONCE)).await?; // Fills pools and buffers.
    let none = resident_bytes()?;
    park(&host, &workflow, count / 2).await?;
    let half = resident_bytes()?;
    park(&host, &workflow, count - count / 2).await?;
    let all = resident_bytes()?;
    host.shutdown(Duration::ZERO).await;
    Ok(serde_json::to_string(&Found { none, half, all })?)
}

/// Starts instances that wait for a day, and returns when all are parked.
async fn park(host: &Host, workflow: &WorkflowName, count: usize) -> Result<()> {
    let input = until(now().after(Duration::from_secs(24 * 60 * 60)));
    let mut left = count;
    while left > 0 {
        let some = left.min(AT_ONCE);
        start_all(host, workflow, some, &input).await?;
        left -= some;
    }
    nothing_resident(host).await
}
