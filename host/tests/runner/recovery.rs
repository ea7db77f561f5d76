//! What a host goes on with that follows another one on the same store.

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::store::Query;

use crate::guests::{Guests, completed};
use crate::world::{World, deploy, sleep_ms, start};

fn slow() -> Guests {
    Guests::new().on("only", |_| async {
        sleep_ms(100).await;
        completed("ok")
    })
}

fn small() -> WorkflowBuilder {
    WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]))
}

#[tokio::test(start_paused = true)]
async fn one_damaged_summary_keeps_no_other_instance_from_its_recovery() {
    let world = World::new(slow());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let mut instances = Vec::new();
    for _ in 0..5 {
        instances.push(start(&host, &workflow).await);
    }
    drop(host);
    sleep_ms(1).await;
    let damaged = instances.remove(2);
    world.store.damage_summary(damaged);

    let mut limits = RunnerLimits::default();
    limits.page = 1;
    let host = world.builder().seed(2).limits(limits).build().await.unwrap();
    sleep_ms(1_000).await;
    let all = Query {
        limit: 10,
        ..Query::default()
    };
    let page = host.list(all).await.unwrap();
    instances.reverse();
    let readable: Vec<_> = page
        .summaries
        .iter()
        .map(|found| (found.instance, found.status))
        .collect();
    let completed = instances
        .into_iter()
        .map(|instance| (instance, InstanceStatus::Completed));
    assert_eq!(readable, completed.collect::<Vec<_>>());
    assert_eq!(page.damaged.len(), 1);
    assert_eq!(page.damaged[0].instance, damaged);
}
