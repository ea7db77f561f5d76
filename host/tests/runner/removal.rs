//! Instances are forgotten: by an operator, and because they ended long ago.

use std::time::Duration;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{InstanceId, Json, Timestamp, WorkflowName, WorkflowVersion};
use hephaestus_host::runner::{DeleteError, InstanceError, InstanceRef, Runner, StartError, StartOptions};
use hephaestus_host::store::faulty::Fault;
use hephaestus_host::store::{DeleteAnswer, DeployAnswer, DeployedVersion, Store};
use hephaestus_host::{Host, WatchEvent};

use crate::guests::{Guests, broken, completed};
use crate::world::{World, called, component, deploy, ended, send, sleep_ms, start, status, waits};

const KEEP: Duration = Duration::from_secs(100);

/// `ask` waits for `go`.
fn asking(version: u32) -> WorkflowBuilder {
    WorkflowBuilder::new("asking", version).step(step("ask").accepts("go", ["done"]))
}

/// Ends as soon as its only step has run.
fn short() -> WorkflowBuilder {
    WorkflowBuilder::new("short", 1).step(step("only").emits("ok", ["done"]))
}

async fn is_there(host: &Host, instance: InstanceId) -> bool {
    match host.get(&instance.into()).await {
        Ok(_) => true,
        Err(InstanceError::UnknownInstance(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

fn is_unknown<T>(answer: &Result<T, InstanceError>) -> bool {
    matches!(answer, Err(InstanceError::UnknownInstance(_)))
}

#[tokio::test(start_paused = true)]
async fn only_what_has_ended_is_deleted() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, asking(1)).await;
    let instance = host.start_instance(&workflow, Json::empty_object(), called("a"));
    let instance = instance.await.unwrap();
    waits(&host, instance, "ask").await;
    let business_id = host.get(&instance.into()).await.unwrap();
    let named = InstanceRef::from(business_id.created().business_id.clone());
    for target in [instance.into(), named.clone()] {
        let error = host.delete(&target).await.unwrap_err();
        assert!(matches!(error, DeleteError::StillActive { .. }), "{error:?}");
        let expected = format!("instance {instance} is waiting: cancel it first");
        assert_eq!(error.to_string(), expected);
    }
    assert!(is_there(&host, instance).await);

    host.cancel(&instance.into(), None).await.unwrap();
    host.delete(&named).await.unwrap();
    assert!(!is_there(&host, instance).await);
    for target in [instance.into(), named] {
        let error = host.delete(&target).await.unwrap_err();
        assert_eq!(error.to_string(), format!("there is no instance `{target}`"));
    }
    assert!(is_unknown(&host.history(&instance.into()).await));
    assert!(is_unknown(&host.watch(&instance.into(), 0).await));
    assert!(is_unknown(&host.retry(&instance.into()).await));
    assert!(is_unknown(&send(&host, instance, "go").await));
    sleep_ms(1_000).await;
    assert_eq!(host.runner().residents(), []);
}

/// The commit of a retry comes after the deletion: whoever asked gets to know, and no task is left behind.
#[tokio::test(start_paused = true)]
async fn an_instance_that_is_deleted_under_its_task_is_gone() {
    for fault in [None, Some(Fault::Lost)] {
        let world = World::new(Guests::new().on("only", |_| async { broken() }));
        let host = world.host().await;
        let workflow = deploy(&host, short()).await;
        let instance = start(&host, &workflow).await;
        assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
        if let Some(fault) = fault {
            world.store.fail_write(1, fault);
        }
        world.store.set_stalled(true);
        let delete = async {
            sleep_ms(100).await;
            assert_eq!(world.store.delete(instance).await, Ok(DeleteAnswer::Deleted));
            world.store.set_stalled(false);
        };
        let target = instance.into();
        let later = async {
            sleep_ms(50).await;
            host.cancel(&target, None).await
        };
        let asked = async { tokio::join!(host.retry(&target), later, delete) };
        let asked = tokio::time::timeout(Duration::from_secs(600), asked).await;
        let (retried, cancelled, ()) = asked.expect("everybody gets an answer");
        assert!(is_unknown(&cancelled), "{fault:?}: {cancelled:?}");
        match fault {
            None => assert!(is_unknown(&retried), "{retried:?}"),
            Some(_) => assert!(matches!(retried, Err(InstanceError::Store(_))), "{retried:?}"),
        }
        assert!(
            is_unknown(&host.retry(&target).await),
            "it isn't left alone: it is gone"
        );
        assert_eq!(host.runner().residents(), []);
    }
}

/// What a slow watcher missed can't be read any more: that is the end, and not a wait for ever.
#[tokio::test(start_paused = true)]
async fn a_slow_watcher_of_a_deleted_instance_comes_to_its_end() {
    let guests = Guests::new().on("only", |attempt| async move {
        let checkpoint = attempt.checkpoint.expect("a place to save to");
        for page in 0..300 {
            let value = Json::from(serde_json::json!({ "page": page }));
            checkpoint.save(value).await.expect("it is saved");
        }
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, short()).await;
    let watch = host.start_and_watch(&workflow, Json::empty_object(), StartOptions::default());
    let mut watch = watch.await.unwrap();
    let instance = watch.instance();
    while status(&host, instance).await != InstanceStatus::Completed {
        sleep_ms(10).await;
    }
    host.delete(&instance.into()).await.unwrap();
    let following = async {
        let mut entries = 0;
        while let Some(event) = watch.next().await {
            entries += u64::from(matches!(event, WatchEvent::Entry(_)));
        }
        entries
    };
    let entries = tokio::time::timeout(Duration::from_secs(600), following).await;
    let entries = entries.expect("the watch ends");
    assert!(entries < 300, "{entries}");
}

#[tokio::test(start_paused = true)]
async fn what_ended_long_ago_is_removed() {
    let world = World::new(Guests::new());
    let host = world.builder().retain(KEEP).build().await.unwrap();
    let (asking, short) = (deploy(&host, asking(1)).await, deploy(&host, short()).await);
    let waiting = start(&host, &asking).await;
    let early = start(&host, &short).await;
    sleep_ms(60_000).await;
    let late = start(&host, &short).await;
    assert_eq!(ended(&host, late).await, InstanceStatus::Completed);
    sleep_ms(39_000).await;
    assert!(is_there(&host, early).await, "its time isn't over");
    sleep_ms(12_000).await;
    assert!(!is_there(&host, early).await);
    assert!(is_there(&host, late).await);
    sleep_ms(60_000).await;
    assert!(!is_there(&host, late).await);
    assert!(is_there(&host, waiting).await, "it hasn't ended");
    send(&host, waiting, "go").await.unwrap();
    assert_eq!(ended(&host, waiting).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn many_are_removed_in_many_batches() {
    let world = World::new(Guests::new());
    let host = world.builder().retain(KEEP).build().await.unwrap();
    let short = deploy(&host, short()).await;
    let mut instances = Vec::new();
    for _ in 0..1_500 {
        instances.push(start(&host, &short).await);
    }
    for instance in &instances {
        assert_eq!(ended(&host, *instance).await, InstanceStatus::Completed);
    }
    sleep_ms(120_000).await;
    for instance in instances {
        assert!(!is_there(&host, instance).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_cleaned_later() {
    let world = World::new(Guests::new());
    let host = world.builder().retain(KEEP).build().await.unwrap();
    let short = deploy(&host, short()).await;
    let instance = start(&host, &short).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    world.store.set_down(true);
    sleep_ms(200_000).await;
    world.store.set_down(false);
    assert!(is_there(&host, instance).await);
    sleep_ms(10_000).await;
    assert!(!is_there(&host, instance).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_removed_without_an_order_or_after_the_end() {
    let world = World::new(Guests::new());
    let host = world.builder().retain(KEEP).build().await.unwrap();
    let workflow = deploy(&host, short()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    host.shutdown(Duration::ZERO).await;
    sleep_ms(1_000_000).await;
    assert!(
        world.store.summary(instance).await.unwrap().is_some(),
        "the host has ended"
    );
    let keeper = world.host().await;
    sleep_ms(1_000_000).await;
    assert!(
        is_there(&keeper, instance).await,
        "it isn't told to remove anything"
    );
}

async fn start_version(host: &Host, workflow: &WorkflowName, version: u32) -> Result<InstanceId, StartError> {
    let options = StartOptions {
        version: Some(WorkflowVersion(version)),
        ..StartOptions::default()
    };
    host.start_instance(workflow, Json::empty_object(), options).await
}

const REMOVED: &str =
    "the code of `asking` version 1 was removed when nothing needed it any more: deploy it again";

#[tokio::test(start_paused = true)]
async fn code_that_nobody_needs_is_removed_until_it_is_deployed_again() {
    let world = World::new(Guests::new());
    let host = world.builder().retain(KEEP).build().await.unwrap();
    let workflow = deploy(&host, asking(1)).await;
    let pinned = start(&host, &workflow).await;
    deploy(&host, asking(2)).await;
    sleep_ms(300_000).await;
    waits(&host, pinned, "ask").await;
    host.cancel(&pinned.into(), None).await.unwrap();
    sleep_ms(50_000).await;
    start_version(&host, &workflow, 1)
        .await
        .expect("a stored instance needs it");
    let current = start(&host, &workflow).await;
    for instance in world.store.query(all()).await.unwrap().instances() {
        if instance != current {
            let _ = host.cancel(&instance.into(), None).await;
        }
    }
    sleep_ms(300_000).await;
    world.guests.seen.kept.lock().unwrap().clear();
    let error = start_version(&host, &workflow, 1).await.unwrap_err();
    assert!(matches!(error, StartError::ComponentRemoved { .. }), "{error:?}");
    assert_eq!(error.to_string(), REMOVED);
    assert!(is_there(&host, current).await);

    let deployment = host.deploy(&component(asking(1))).await.unwrap();
    assert!(deployment.is_new);
    sleep_ms(50_000).await;
    let again = start_version(&host, &workflow, 1).await.unwrap();
    waits(&host, again, "ask").await;
}

fn all() -> hephaestus_host::store::Query {
    hephaestus_host::store::Query {
        limit: usize::MAX,
        ..Default::default()
    }
}

/// The code is in memory, but not in the store any more: after a crash nobody could execute the instance.
#[tokio::test(start_paused = true)]
async fn no_instance_is_started_of_code_that_is_removed_meanwhile() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, asking(1)).await;
    deploy(&host, asking(2)).await;
    world.store.set_stalled(true);
    let remove = async {
        sleep_ms(100).await;
        let removed = world.store.purge(Timestamp(u64::MAX), 1).await.unwrap();
        assert_eq!(removed.components, 1);
        world.store.set_stalled(false);
    };
    let (started, ()) = tokio::join!(start_version(&host, &workflow, 1), remove);
    assert_eq!(started.unwrap_err().to_string(), REMOVED);
    assert_eq!(world.store.query(all()).await.unwrap().instances(), []);
    assert_eq!(host.runner().residents(), []);
    let deployed = world.store.versions(Some(&workflow)).await.unwrap();
    let DeployedVersion { digest, .. } = deployed.last().unwrap().clone();
    assert_eq!(world.store.component(digest).await, Ok(None));
    let bytes = component(asking(1));
    let answer = world.store.deploy(deployed.last().unwrap().clone(), bytes).await;
    assert_eq!(answer, Ok(DeployAnswer::Restored));
}
