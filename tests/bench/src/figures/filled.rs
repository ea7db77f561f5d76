//! Durable steps in a second with many finished instances in the store, beside an empty one.

use std::time::Duration;

use anyhow::Result;

use super::Pace;
use crate::fill;
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{CHAIN_STEPS, World, deploy, run_chains};

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    fill::finished_chains(world, "filled.db", scale.finished).await?;
    let hosts = [
        world.sqlite_host("filled.db").await?,
        world.sqlite_host("unfilled.db").await?,
    ];
    let mut found = [Pace::default(), Pace::default()];
    for round in 0..=scale.rounds {
        for (host, pace) in hosts.iter().zip(&mut found) {
            let workflow = deploy(host, &world.chain).await?;
            if round == 0 {
                run_chains(host, &workflow, scale.chains.div_ceil(10)).await?; // Warms up.
                continue;
            }
            let run = run_chains(host, &workflow, scale.chains);
            pace.add(scale.chains * CHAIN_STEPS, run).await?;
        }
    }
    for host in hosts {
        host.shutdown(Duration::ZERO).await;
    }
    let [ours, limit] = found;
    let what = format!("as `durable`, with {} finished in the store", scale.finished);
    Ok(ours.rows(limit, "filled", &what, "with none"))
}
