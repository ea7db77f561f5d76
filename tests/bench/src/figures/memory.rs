//! Steps in a second without a disk, beside calls of the same component without a host.

use std::time::Duration;

use anyhow::Result;

use super::Pace;
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{CHAIN_STEPS, World, deploy, run_chains};
use hephaestus_limits::guest::RawGuest;

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let mut guest = RawGuest::new(&world.chain).await?;
    guest.call(scale.raw_calls.div_ceil(10)).await?; // Warms up.
    let (mut ours, mut limit) = (Pace::default(), Pace::default());
    for _ in 0..scale.rounds {
        // A fresh one each round: the store keeps everything.
        let host = world.memory_host().await?;
        let workflow = deploy(&host, &world.chain).await?;
        run_chains(&host, &workflow, scale.chains.div_ceil(10)).await?; // Warms up.
        let steps = scale.chains * CHAIN_STEPS;
        ours.add(steps, run_chains(&host, &workflow, scale.chains))
            .await?;
        host.shutdown(Duration::ZERO).await;
        limit.add(scale.raw_calls, guest.call(scale.raw_calls)).await?;
    }
    let what = format!(
        "{} chains of {CHAIN_STEPS} steps side by side, in memory",
        scale.chains
    );
    let limit_is = "calls of one instance without a host, one thread";
    Ok(ours.rows(limit, "memory", &what, limit_is))
}
