//! Following an instance.

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{InstanceStatus, Record};
use hephaestus_host::{Watch, WatchEvent};

use crate::guests::{Guests, broken, completed};
use crate::waiting::approval;
use crate::world::{World, deploy, ended, history, send, sleep_ms, start, waits};

async fn numbers(mut watch: Watch, pause_ms: u64, stall_ms: u64) -> Vec<u64> {
    let mut seen = Vec::new();
    while let Some(event) = watch.next().await {
        if let WatchEvent::Entry(entry) = event {
            seen.push(entry.seq);
            sleep_ms(if seen.len() == 10 { stall_ms } else { pause_ms }).await;
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn every_watcher_sees_every_entry_once_and_in_order_however_slow_it_is() {
    let names: Vec<String> = (0..400).map(|at| format!("s{at}")).collect();
    let mut workflow =
        WorkflowBuilder::new("wide", 1).step(step("begin").emits("ok", names.iter().map(String::as_str)));
    for name in &names {
        workflow = workflow.step(step(name).emits("ok", ["done"]));
    }
    let mut guests = Guests::new();
    for (at, name) in (0_u64..).zip(&names) {
        guests = guests.on(name, move |_| async move {
            sleep_ms(at).await;
            completed("ok")
        });
    }
    let world = World::new(guests);
    let host = world.host_with(|limits| limits.max_running_steps = 1_000).await;
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    let mut watchers = tokio::task::JoinSet::new();
    // The fastest follows live; the slowest lags behind by more than the feed holds; one stalls once and catches up, with
    // entries in its feed that it has read from the store by then; some begin late, or in the middle.
    let kinds = [
        (0, 0, 0, 0),
        (1, 0, 0, 0),
        (5, 0, 0, 0),
        (50, 0, 0, 0),
        (0, 300, 0, 0),
        (0, 0, 200, 0),
        (3, 0, 100, 7),
        (0, 0, 3_000, 0),
    ];
    for (pause_ms, stall_ms, begin_ms, after) in kinds {
        let host = host.clone();
        watchers.spawn(async move {
            sleep_ms(begin_ms).await;
            let watch = host.watch(&instance.into(), after).await.unwrap();
            (after, numbers(watch, pause_ms, stall_ms).await)
        });
    }
    let mut finished = 0;
    while let Some(watched) = watchers.join_next().await {
        let (after, seen) = watched.unwrap();
        let last = history(&host, instance).await.len() as u64;
        assert_eq!(seen, (after + 1..=last).collect::<Vec<_>>());
        finished += 1;
    }
    assert_eq!(finished, kinds.len());
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn hints_tell_which_attempts_begin() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    let mut watch = host.watch(&instance.into(), 0).await.unwrap();
    waits(&host, instance, "approve").await;
    send(&host, instance, "approved").await.unwrap();
    let mut begun = Vec::new();
    while let Some(event) = watch.next().await {
        if let WatchEvent::AttemptStarted { step, attempt } = event {
            begun.push((step.to_string(), attempt));
        }
    }
    assert!(begun.contains(&("ship".to_owned(), 1)), "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_follows_a_parked_instance_and_ends_with_it() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(1_000).await;
    let mut watch = host.watch(&instance.into(), 3).await.unwrap();
    assert!(host.runner().residents().is_empty(), "watching doesn't wake it");
    send(&host, instance, "rejected").await.unwrap();
    let mut last = None;
    while let Some(event) = watch.next().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(WatchEvent::Entry(entry)) if matches!(entry.record, Record::Ended(_))));
    let length = history(&host, instance).await.len() as u64;
    let mut after_the_end = host.watch(&instance.into(), length).await.unwrap();
    assert!(after_the_end.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_watch_reads_past_an_end_that_was_retried() {
    let guests = Guests::new().on("prepare", |attempt| async move {
        if attempt.attempt == 1 {
            broken()
        } else {
            completed("ok")
        }
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    host.retry(&instance.into()).await.unwrap();
    waits(&host, instance, "approve").await;
    let watch = host.watch(&instance.into(), 0).await.unwrap();
    send(&host, instance, "rejected").await.unwrap();
    let seen = numbers(watch, 0, 0).await;
    let length = history(&host, instance).await.len() as u64;
    assert_eq!(seen, (1..=length).collect::<Vec<_>>());
}
