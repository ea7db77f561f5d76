//! What operators do: cancel, retry, cancel a timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hephaestus_core::Json;
use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{InstanceStatus, Refusal};
use hephaestus_host::runner::{InstanceError, Runner};

use crate::guests::{Guests, broken, completed};
use crate::world::{World, called, deploy, ended, sleep_ms, start, state, status};

#[tokio::test(start_paused = true)]
async fn cancel_stops_what_runs() {
    let guests = Guests::new().on("only", |_| async {
        sleep_ms(60_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    host.cancel(&instance.into(), Some("a mistake".to_owned()))
        .await
        .unwrap();
    assert_eq!(
        status(&host, instance).await,
        InstanceStatus::Cancelled,
        "durable when acknowledged"
    );
    sleep_ms(10).await;
    assert_eq!(world.guests.seen.running.load(Ordering::SeqCst), 0);
    let again = host.cancel(&instance.into(), None).await;
    assert!(
        matches!(again, Err(InstanceError::Refused(Refusal::Terminal { .. }))),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn cancel_runs_the_step_that_cleans_up() {
    let guests = Guests::new().on("only", |_| async {
        sleep_ms(60_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1)
        .step(step("only").emits("ok", ["done"]))
        .step(step("undo").emits("undone", []))
        .on_cancel("undo");
    let Ok(definition) = workflow.clone().definition() else {
        panic!("the names are fine")
    };
    // The clean-up step has no transitions, so it is not a target of `emits` here: see the rules of `check`.
    let bytes = serde_json::to_vec(&definition).unwrap();
    let workflow = host
        .deploy(&bytes)
        .await
        .unwrap()
        .workflow
        .definition()
        .name
        .clone();
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    host.cancel(&instance.into(), None).await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Cancelled);
    assert_eq!(world.guests.seen.count("undo"), 1);
}

fn mended_later() -> (Guests, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&mended);
    let guests = Guests::new().on("only", move |_| {
        let mended = seen.load(Ordering::SeqCst);
        async move { if mended { completed("ok") } else { broken() } }
    });
    (guests, mended)
}

#[tokio::test(start_paused = true)]
async fn a_failed_instance_can_be_retried() {
    let (guests, mended) = mended_later();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    mended.store(true, Ordering::SeqCst);
    host.retry(&instance.into()).await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let refused = host.retry(&instance.into()).await;
    assert!(
        matches!(refused, Err(InstanceError::Refused(Refusal::NotRetryable { .. }))),
        "{refused:?}"
    );
    assert_eq!(state(&host, instance).await.status(), InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_refused_while_another_instance_holds_the_name() {
    let calls = Arc::new(AtomicUsize::new(0));
    let guests = Guests::new().on("only", move |_| {
        let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                return broken();
            }
            sleep_ms(60_000).await;
            completed("ok")
        }
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let first = host
        .start_instance(&workflow, Json::empty_object(), called("a"))
        .await
        .unwrap();
    assert_eq!(ended(&host, first).await, InstanceStatus::Failed);
    let second = host
        .start_instance(&workflow, Json::empty_object(), called("a"))
        .await
        .unwrap();
    match host.retry(&first.into()).await {
        Err(InstanceError::AlreadyRunning { instance, .. }) => assert_eq!(instance, second),
        other => panic!("{other:?}"),
    }
    // The store's answer to a retry is not the answer to what is asked together with it.
    let target = first.into();
    let (retried, cancelled) = tokio::join!(host.retry(&target), host.cancel(&target, None));
    assert!(
        matches!(retried, Err(InstanceError::AlreadyRunning { .. })),
        "{retried:?}"
    );
    assert!(
        matches!(cancelled, Err(InstanceError::Refused(Refusal::Terminal { .. }))),
        "{cancelled:?}"
    );
    assert_eq!(status(&host, first).await, InstanceStatus::Failed);
    assert_eq!(ended(&host, second).await, InstanceStatus::Completed);
    host.retry(&first.into()).await.expect("the name is free now");
    assert_eq!(ended(&host, first).await, InstanceStatus::Completed);
}
