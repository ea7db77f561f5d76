//! On several threads, where nothing is in order.

use std::collections::BTreeSet;
use std::time::Duration;

use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::runner::Runner;

use crate::guests::Guests;
use crate::timers::patient;
use crate::world::{World, deploy, ended, send, start, waits};

/// Each request wakes an instance that is about to park again: none may be lost between the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_request_is_lost_while_an_instance_parks() {
    let world = World::new(Guests::new());
    let host = world.host_with(|limits| limits.linger = Duration::ZERO).await;
    let workflow = deploy(&host, patient()).await;
    let mut instances = Vec::new();
    for _ in 0..4 {
        let instance = start(&host, &workflow).await;
        waits(&host, instance, "approve").await;
        instances.push(instance);
    }
    let mut senders = tokio::task::JoinSet::new();
    for at in 0..32 {
        let (host, instance) = (host.clone(), instances[at % instances.len()]);
        senders.spawn(async move {
            let mut timers = Vec::new();
            for _ in 0..100 {
                let hour = Duration::from_secs(3_600);
                let timer = host
                    .schedule_resume(&instance.into(), &"approve".parse().unwrap(), hour)
                    .await;
                timers.push(timer.expect("it is neither lost nor interrupted"));
                tokio::task::yield_now().await;
            }
            timers
        });
    }
    let mut timers = BTreeSet::new();
    while let Some(scheduled) = senders.join_next().await {
        timers.extend(scheduled.unwrap());
    }
    assert_eq!(timers.len(), 3_200, "each has a number of its own");
    for instance in instances {
        send(&host, instance, "approved").await.unwrap();
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
}
