//! How long a host takes to be ready again, with many instances that wait and with none.
//!
//! Ready: it has acknowledged a start. The component is compiled already; that takes as long with any store.

use std::time::{Duration, Instant};

use anyhow::Result;
use hephaestus_core::Timestamp;

use crate::fill;
use crate::machine::bytes_read;
use crate::report::{Row, Unit};
use crate::scale::Scale;
use crate::series::Series;
use crate::world::{World, deploy, now, start, until};
use hephaestus_limits::disk;

/// What the host does in the background is over by then.
const SETTLED: Duration = Duration::from_millis(300);

struct Restart {
    ready: Duration,
    read: u64,
}

pub(super) async fn measure(world: &World, scale: &Scale) -> Result<Vec<Row>> {
    let due = tomorrow();
    fill::waiting(world, "restart-many.db", scale.waiting, due).await?;
    fill::waiting(world, "restart-none.db", 0, due).await?;
    let mut ready = (Series::default(), Series::default());
    let mut read = (Series::default(), Series::default());
    for _ in 0..scale.rounds {
        let none = restart(world, "restart-none.db").await?;
        let many = restart(world, "restart-many.db").await?;
        ready.0.push(disk::millis(many.ready));
        ready.1.push(disk::millis(none.ready));
        read.0.push(many.read as f64 / 1024.0);
        read.1.push(none.read as f64 / 1024.0);
    }
    let row = |what: &str, unit, (ours, limit)| Row {
        figure: "restart",
        what: format!("{what}, {} instances wait", scale.waiting),
        unit,
        ours,
        limit: Some(("nothing waits".to_owned(), limit)),
    };
    Ok(vec![
        row("until a start is acknowledged", Unit::Millis, ready),
        row("read from files by then and a little later", Unit::KibRead, read),
    ])
}

async fn restart(world: &World, name: &str) -> Result<Restart> {
    let read_before = bytes_read()?;
    let began = Instant::now();
    let host = world.sqlite_host(name).await?;
    let workflow = deploy(&host, &world.pause).await?;
    start(&host, &workflow, until(tomorrow())).await?;
    let ready = began.elapsed();
    tokio::time::sleep(SETTLED).await;
    let read = bytes_read()? - read_before;
    host.shutdown(Duration::ZERO).await;
    Ok(Restart { ready, read })
}

fn tomorrow() -> Timestamp {
    now().after(Duration::from_secs(24 * 60 * 60))
}
