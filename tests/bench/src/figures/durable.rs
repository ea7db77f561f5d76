//! Durable steps in a second, beside SQLite inserting the same journal rows.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Pace;
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{CHAIN_STEPS, World, deploy, run_chains};
use hephaestus_limits::sqlite;

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let host = world.sqlite_host("durable.db").await?;
    let workflow = deploy(&host, &world.chain).await?;
    let mut raw = sqlite::Journal::create(&world.path("durable-raw.db"))?;
    let (mut ours, mut limit) = (Pace::default(), Pace::default());
    run_chains(&host, &workflow, scale.chains.div_ceil(10)).await?; // Warms up.
    let (_, mut seen) = sqlite::rows(&world.path("durable.db"), None)?;
    let steps = scale.chains * CHAIN_STEPS;
    for _ in 0..scale.rounds {
        ours.add(steps, run_chains(&host, &workflow, scale.chains))
            .await?;
        let (rows, last) = sqlite::rows(&world.path("durable.db"), seen)?;
        seen = last;
        ensure!(rows.len() >= steps, "{} rows of {steps} steps", rows.len());
        let insert = async { tokio::task::block_in_place(|| raw.insert(&rows)) };
        limit.add(steps, insert).await?;
    }
    host.shutdown(Duration::ZERO).await;
    let what = format!(
        "{} chains of {CHAIN_STEPS} steps side by side, SQLite",
        scale.chains
    );
    let limit_is = "SQLite inserts the same journal rows";
    Ok(ours.rows(limit, "durable", &what, limit_is))
}
