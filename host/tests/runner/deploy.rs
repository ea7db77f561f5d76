//! Deploying.

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_host::DeployError;
use hephaestus_host::runner::LoadError;

use crate::guests::Guests;
use crate::world::{World, component};

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
