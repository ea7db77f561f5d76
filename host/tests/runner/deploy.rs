//! Deploying.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_host::DeployError;
use hephaestus_host::runner::LoadError;

use crate::guests::Guests;
use crate::world::{World, component, ended, start};

fn workflow(event: &str) -> Vec<u8> {
    component(WorkflowBuilder::new("small", 1).step(step("only").emits(event, ["done"])))
}

#[tokio::test(start_paused = true)]
async fn a_version_keeps_its_code() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let first = host.deploy(&workflow("ok")).await.unwrap();
    assert!(first.is_new);
    let again = host.deploy(&workflow("ok")).await.unwrap();
    assert!(!again.is_new && again.digest == first.digest);
    match host.deploy(&workflow("fine")).await {
        Err(DeployError::OtherDigest { found, offered, .. }) => {
            assert_eq!(found, first.digest);
            assert_ne!(offered, found);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_stored() {
    use hephaestus_host::store::Store;
    let world = World::new(Guests::new());
    let host = world.host().await;
    let refused = host.deploy(b"not a component").await;
    assert!(
        matches!(refused, Err(DeployError::Load(LoadError::Refused { .. }))),
        "{refused:?}"
    );
    let unsound = br#"{"name":"small","version":0,"start":"nowhere","steps":[],"transitions":[],
        "business_key":{"name":"small","uniqueness":"workflow"},"retry":null,"deadline":null,"on_cancel":null,
        "tags":[],"metadata":{}}"#;
    let refused = host.deploy(unsound).await;
    assert!(
        matches!(refused, Err(DeployError::Load(LoadError::Invalid { .. }))),
        "{refused:?}"
    );
    assert_eq!(world.store.versions(None).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn code_that_nobody_uses_is_let_go_and_loaded_once_when_many_want_it() {
    let world = World::new(Guests::new());
    let seen = &world.guests.seen;
    let host = world.host().await;
    let deployed = host.deploy(&workflow("ok")).await.unwrap();
    let name = deployed.workflow.definition().name.clone();
    let refused = host.deploy(&workflow("fine")).await;
    assert!(
        matches!(refused, Err(DeployError::OtherDigest { .. })),
        "{refused:?}"
    );
    let instance = start(&host, &name).await;
    ended(&host, instance).await;
    assert_eq!(
        seen.loads.load(Ordering::SeqCst),
        2,
        "what the executor keeps isn't loaded again"
    );
    drop(deployed);
    let kept = std::mem::take(&mut *seen.kept.lock().unwrap());
    let unused: Vec<_> = kept.iter().map(Arc::downgrade).collect();
    drop(kept);
    crate::world::sleep_ms(1_000).await;
    assert!(unused.iter().all(|code| code.upgrade().is_none()));

    let mut starters = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (host, name) = (host.clone(), name.clone());
        starters.spawn(async move { start(&host, &name).await });
    }
    while let Some(started) = starters.join_next().await {
        ended(&host, started.unwrap()).await;
    }
    assert_eq!(seen.loads.load(Ordering::SeqCst), 3);
}
