//! What embedders lean on: watching from the start, waiting for a state, names as text.

use std::time::Duration;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{Json, RequestId};
use hephaestus_host::{
    Host, InstanceError, InstanceRef, Recovery, StartError, StartOptions, Watch, WatchEvent,
};

use crate::guests::{Guests, broken, completed};
use crate::waiting::approval;
use crate::world::{World, called, deploy, history, send, sleep_ms, start, status};

/// The attempts that a watch tells of, and the numbers of the entries.
async fn told(mut watch: Watch) -> (Vec<String>, Vec<u64>) {
    let (mut begun, mut numbers) = (Vec::new(), Vec::new());
    while let Some(event) = watch.next().await {
        match event {
            WatchEvent::AttemptStarted { step, attempt } => begun.push(format!("{step} {attempt}")),
            WatchEvent::Entry(entry) => numbers.push(entry.seq),
            other => panic!("{other:?}"),
        }
    }
    (begun, numbers)
}

async fn begin(host: &Host, options: StartOptions) -> Result<Watch, StartError> {
    let workflow = deploy(host, approval()).await;
    host.start_and_watch(&workflow, Json::empty_object(), options)
        .await
}

#[tokio::test(start_paused = true)]
async fn who_watches_from_the_start_misses_nothing() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let watch = begin(&host, StartOptions::default()).await.unwrap();
    let instance = watch.instance();
    // Long over when it is first looked at.
    sleep_ms(10_000).await;
    send(&host, instance, "approved").await.unwrap();
    let (begun, numbers) = told(watch).await;
    assert_eq!(begun, ["prepare 1", "approve 1", "ship 1"]);
    let length = history(&host, instance).await.len() as u64;
    assert_eq!(numbers, (1..=length).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_repeated_start_watches_the_instance_that_is_there() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let options = StartOptions {
        request_id: Some(RequestId::new("r1").unwrap()),
        ..StartOptions::default()
    };
    let first = begin(&host, options.clone()).await.unwrap().instance();
    sleep_ms(1_000).await;
    let again = begin(&host, options).await.unwrap();
    assert_eq!(again.instance(), first);
    send(&host, first, "rejected").await.unwrap();
    let length = history(&host, first).await.len() as u64;
    assert_eq!(told(again).await.1, (1..=length).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_refused_is_not_watched() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let _holder = begin(&host, called("a1")).await.unwrap();
    let refused = begin(&host, called("a1")).await.unwrap_err();
    assert!(matches!(refused, StartError::AlreadyRunning { .. }), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_state_that_was_asked_for() {
    let guests = Guests::new().on("prepare", |_| async {
        sleep_ms(5_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let target = InstanceRef::from(start(&host, &workflow).await);
    let state = host
        .wait_for(&target, |state| state.awaits("approved"))
        .await
        .unwrap();
    assert_eq!(state.status(), InstanceStatus::Waiting);
    assert!(!state.awaits("ok"), "it is emitted, not sent");
    let now = world.now();
    let again = host
        .wait_for(&target, |state| state.awaits("rejected"))
        .await
        .unwrap();
    assert_eq!((again, world.now()), (state, now), "it is so already");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_what_never_comes_ends_with_the_instance() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    let waiter = tokio::spawn({
        let host = host.clone();
        async move { host.wait_for_end(&instance.into()).await }
    });
    sleep_ms(10_000).await;
    assert!(!waiter.is_finished(), "it waits for its approval");
    send(&host, instance, "approved").await.unwrap();
    let end = waiter.await.unwrap().unwrap();
    assert_eq!(end.status(), InstanceStatus::Completed);
    assert_eq!(end.result("approve"), None, "no payload, no result");
}

#[tokio::test(start_paused = true)]
async fn a_state_that_was_left_within_its_commit_is_not_reached() {
    let guests = Guests::new().on("prepare", |_| async {
        sleep_ms(1_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    // Kept in the inbox: the commit that begins the wait ends it as well.
    send(&host, instance, "approved").await.unwrap();
    let state = host
        .wait_for(&instance.into(), |state| state.awaits("approved"))
        .await
        .unwrap();
    assert_eq!(state.status(), InstanceStatus::Completed, "it never waited");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_end() {
    let workflow = WorkflowBuilder::new("brittle", 1).step(step("prepare").emits("ok", ["done"]));
    let world = World::new(Guests::new().on("prepare", |_| async { broken() }));
    let host = world.host().await;
    let workflow = deploy(&host, workflow).await;
    let target = InstanceRef::from(start(&host, &workflow).await);
    let end = host.wait_for_end(&target).await.unwrap();
    assert_eq!(end.status(), InstanceStatus::Failed);
    assert!(end.failure().is_some());
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_host() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    let waiter = tokio::spawn({
        let host = host.clone();
        async move { host.wait_for_end(&instance.into()).await }
    });
    sleep_ms(1_000).await;
    host.shutdown(Duration::from_secs(1)).await;
    assert!(matches!(waiter.await.unwrap(), Err(InstanceError::ShuttingDown)));
    let next = world.next_host(Recovery::All).await;
    assert_eq!(status(&next, instance).await, InstanceStatus::Waiting);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_instance_that_is_not_there() {
    let host = World::new(Guests::new()).host().await;
    let target: InstanceRef = "orderid::a1".parse().unwrap();
    let error = host.wait_for_end(&target).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no instance `orderid::a1`");
}

#[test]
fn names_are_read_as_they_are_shown() {
    for text in ["0190163d-8694-739b-aea5-966c26f8ad91", "orderid::a1"] {
        assert_eq!(text.parse::<InstanceRef>().unwrap().to_string(), text);
    }
    let error = "a1".parse::<InstanceRef>().unwrap_err().to_string();
    let expected =
        r#""a1" is not the name of an instance: expected a UUID, or `key::value` (like `orderid::abc123`)"#;
    assert_eq!(error, expected);
}
