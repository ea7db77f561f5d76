//! The orderly end.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{Digest, Json};
use hephaestus_host::Recovery;
use hephaestus_host::runner::{
    InstanceError, LoadError, LoadedWorkflow, Runner, Sandbox, StartError, StartOptions, StepExecutor,
};
use tokio::time::Instant;

use crate::guests::{Guests, completed};
use crate::world::{World, deploy, ended, send, sleep_ms, start};

fn slow(ms: u64) -> Guests {
    Guests::new().on("one", move |_| async move {
        sleep_ms(ms).await;
        completed("ok")
    })
}

fn two_steps() -> WorkflowBuilder {
    WorkflowBuilder::new("two", 1)
        .step(step("one").emits("ok", ["two"]))
        .step(step("two").emits("ok", ["done"]))
}

#[tokio::test(start_paused = true)]
async fn running_steps_may_end_and_nothing_new_begins() {
    let world = World::new(slow(1_000));
    let host = world.host().await;
    let workflow = deploy(&host, two_steps()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    let begun = Instant::now();
    let ending = tokio::spawn({
        let host = host.clone();
        async move { host.shutdown(Duration::from_secs(60)).await }
    });
    sleep_ms(10).await;
    let refused = host
        .start_instance(&workflow, Json::empty_object(), StartOptions::default())
        .await;
    assert!(matches!(refused, Err(StartError::ShuttingDown)), "{refused:?}");
    let refused = send(&host, instance, "whatever").await;
    assert!(matches!(refused, Err(InstanceError::ShuttingDown)), "{refused:?}");
    ending.await.unwrap();
    assert!(
        (950..1_100).contains(&begun.elapsed().as_millis()),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(
        (world.guests.seen.count("one"), world.guests.seen.count("two")),
        (1, 0)
    );

    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("one"), 1, "what it came to was recorded");
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_grace_runs_again_in_the_next_host() {
    let world = World::new(slow(60_000));
    let host = world.host().await;
    let workflow = deploy(&host, two_steps()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    let begun = Instant::now();
    host.shutdown(Duration::from_secs(5)).await;
    assert!(
        (5_000..5_100).contains(&begun.elapsed().as_millis()),
        "{:?}",
        begun.elapsed()
    );
    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("one"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_its_turn_does_not_begin_any_more() {
    let world = World::new(slow(1_000));
    let host = world.host_with(|limits| limits.max_running_steps = 1).await;
    let workflow = deploy(&host, two_steps()).await;
    let instances = [start(&host, &workflow).await, start(&host, &workflow).await];
    sleep_ms(10).await;
    let begun = Instant::now();
    host.shutdown(Duration::from_secs(60)).await;
    assert!(begun.elapsed().as_millis() < 1_100, "{:?}", begun.elapsed());
    assert_eq!(world.guests.seen.count("one"), 1);

    let host = world.next_host(Recovery::All).await;
    for instance in instances {
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
    assert_eq!(world.guests.seen.count("one"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_host_ends_at_once_and_its_watchers_too() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("waits", 1).step(step("only").accepts("go", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(1_000).await;
    let mut watch = host.watch(&instance.into(), 2).await.unwrap();
    let begun = Instant::now();
    host.shutdown(Duration::from_secs(60)).await;
    assert!(watch.next().await.is_none());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_not_waited_for_for_ever() {
    let world = World::new(slow(10));
    let host = world.host().await;
    let workflow = deploy(&host, two_steps()).await;
    start(&host, &workflow).await;
    world.store.set_stalled(true);
    sleep_ms(100).await;
    let begun = Instant::now();
    host.shutdown(Duration::from_secs(5)).await;
    assert!(
        begun.elapsed() <= Duration::from_secs(21),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_host_stops_where_it_is() {
    let world = World::new(slow(60_000));
    let host = world.host().await;
    let workflow = deploy(&host, two_steps()).await;
    start(&host, &workflow).await;
    sleep_ms(10).await;
    drop(host);
    sleep_ms(10).await;
    assert_eq!(
        world
            .guests
            .seen
            .running
            .load(std::sync::atomic::Ordering::SeqCst),
        0
    );
    let writes = world.store.writes();
    sleep_ms(120_000).await;
    assert_eq!(world.store.writes(), writes);
}

/// Takes its time to load code.
struct SlowToLoad(Guests);

#[async_trait]
impl StepExecutor for SlowToLoad {
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        sleep_ms(100).await;
        self.0.load(digest, component).await
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        self.0.sandbox(workflow)
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_begins_after_the_end_does_nothing() {
    let world = World::new(slow(60_000));
    let host = world.host().await;
    let workflow = deploy(&host, two_steps()).await;
    start(&host, &workflow).await;
    sleep_ms(10).await;
    drop(host);
    sleep_ms(10).await;
    let executor = Arc::new(SlowToLoad(world.guests.clone()));
    let host = world.builder().executor(executor).build().await.unwrap();
    sleep_ms(10).await;
    drop(host);
    let writes = world.store.writes();
    sleep_ms(50).await;
    world.store.set_down(true);
    sleep_ms(120_000).await;
    assert_eq!(world.store.writes(), writes);
}
