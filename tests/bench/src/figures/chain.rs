//! How long one chain takes, beside as many syncs as it has commits.

use std::time::{Duration, Instant};

use anyhow::Result;
use hephaestus_core::Json;
use hephaestus_core::WorkflowName;
use hephaestus_host::{Host, InstanceRef, WatchEvent};

use crate::report::{Row, Unit};
use crate::scale::Scale;
use crate::series::Series;
use crate::world::{CHAIN_STEPS, World, deploy, start};
use hephaestus_limits::disk;

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let host = world.sqlite_host("chain.db").await?;
    let workflow = deploy(&host, &world.chain).await?;
    let mut log = disk::Log::create(&world.path("chain-raw"))?;
    let (mut ours, mut limit) = (Series::default(), Series::default());
    one(&host, &workflow).await?; // Warms up.
    for _ in 0..scale.lone_chains {
        ours.push(disk::millis(one(&host, &workflow).await?));
        let syncs = tokio::task::block_in_place(|| log.append_and_sync(CHAIN_STEPS + 1))?;
        limit.push(disk::millis(syncs));
    }
    host.shutdown(Duration::ZERO).await;
    Ok(vec![Row {
        figure: "chain",
        what: format!("one chain of {CHAIN_STEPS} steps, start to end, SQLite"),
        unit: Unit::Millis,
        ours,
        limit: Some((format!("{} appends with fdatasync", CHAIN_STEPS + 1), limit)),
    }])
}

/// From the start to the durable end, as a caller sees it.
async fn one(host: &Host, workflow: &WorkflowName) -> Result<Duration> {
    let began = Instant::now();
    let instance = start(host, workflow, Json::empty_object()).await?;
    let mut watch = host.watch(&InstanceRef::Id(instance), 0).await?;
    while let Some(event) = watch.next().await {
        if let WatchEvent::TaskFailed { reason } = event {
            anyhow::bail!("the chain was given up: {reason}");
        }
    }
    Ok(began.elapsed())
}
