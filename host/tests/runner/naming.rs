//! Business ids, request ids, versions.

use hephaestus_core::definition::{Uniqueness, WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{BusinessId, InstanceId, Json, RequestId, WorkflowName, WorkflowVersion};
use hephaestus_host::Host;
use hephaestus_host::runner::{InstanceError, InstanceRef, Runner, StartError, StartOptions};
use hephaestus_host::store::Query;

use crate::guests::Guests;
use crate::waiting::approval;
use crate::world::{World, called, deploy, ended, send, start, state, waits};

async fn start_called(host: &Host, workflow: &WorkflowName, value: &str) -> Result<InstanceId, StartError> {
    host.start_instance(workflow, Json::empty_object(), called(value))
        .await
}

fn named(text: &str) -> InstanceRef {
    InstanceRef::Business(text.parse::<BusinessId>().unwrap())
}

#[tokio::test(start_paused = true)]
async fn of_many_starts_with_one_value_exactly_one_wins() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (host, workflow) = (host.clone(), workflow.clone());
        starts.spawn(async move { start_called(&host, &workflow, "a1").await });
    }
    let (mut winners, mut holders) = (Vec::new(), Vec::new());
    while let Some(started) = starts.join_next().await {
        match started.unwrap() {
            Ok(instance) => winners.push(instance),
            Err(StartError::AlreadyRunning { instance, status, .. }) => {
                assert!(!status.is_terminal());
                holders.push(instance);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((winners.len(), holders.len()), (1, 63));
    assert!(holders.iter().all(|holder| *holder == winners[0]));
    let all = host
        .list(Query {
            limit: 100,
            ..Query::default()
        })
        .await
        .unwrap();
    assert_eq!(all.summaries.len(), 1, "nothing else was created");
}

#[tokio::test(start_paused = true)]
async fn a_name_means_the_active_instance_else_the_newest() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let unknown = host.resolve(&named("approval::a1")).await;
    assert!(matches!(unknown, Err(InstanceError::UnknownInstance(_))));
    let mut last = None;
    for _ in 0..3 {
        let instance = start_called(&host, &workflow, "a1").await.unwrap();
        assert_eq!(host.resolve(&named("approval::a1")).await.unwrap(), instance);
        host.cancel(&named("approval::a1"), None).await.unwrap();
        assert_eq!(ended(&host, instance).await, InstanceStatus::Cancelled);
        assert_eq!(host.resolve(&named("approval::a1")).await.unwrap(), instance);
        assert!(last < Some(instance));
        last = Some(instance);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_several_active_instances_share_is_ambiguous() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval().business_key("ticket", Uniqueness::None)).await;
    let first = start_called(&host, &workflow, "7").await.unwrap();
    let second = start_called(&host, &workflow, "7").await.unwrap();
    match host.resolve(&named("ticket::7")).await {
        Err(InstanceError::AmbiguousInstance { instances, .. }) => assert_eq!(instances, [second, first]),
        other => panic!("{other:?}"),
    }
    waits(&host, second, "approve").await;
    send(&host, second, "rejected").await.unwrap();
    ended(&host, second).await;
    assert_eq!(
        host.resolve(&named("ticket::7")).await.unwrap(),
        first,
        "one is active still"
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_returns_the_same_instance_even_after_its_end() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let options = || StartOptions {
        request_id: Some(RequestId::new("r1").unwrap()),
        ..called("a1")
    };
    let start = |host: Host, workflow: WorkflowName| async move {
        host.start_instance(&workflow, Json::empty_object(), options())
            .await
            .unwrap()
    };
    let first = start(host.clone(), workflow.clone()).await;
    assert_eq!(start(host.clone(), workflow.clone()).await, first);
    host.cancel(&first.into(), None).await.unwrap();
    assert_eq!(start(host.clone(), workflow).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_request_id_is_for_one_workflow() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let first = deploy(&host, approval()).await;
    let other = WorkflowBuilder::new("other", 1).step(step("approve").accepts("granted", ["done"]));
    let other = deploy(&host, other).await;
    let request_id = RequestId::new("r1").unwrap();
    let options = || StartOptions {
        request_id: Some(request_id.clone()),
        ..StartOptions::default()
    };
    let started = host.start_instance(&first, Json::empty_object(), options()).await;
    let holder = started.unwrap();
    let refused = host.start_instance(&other, Json::empty_object(), options()).await;
    match refused {
        Err(StartError::OtherRequest {
            request_id: id,
            instance,
            workflow,
        }) => assert_eq!(
            (id, instance, workflow),
            (request_id.clone(), holder, first.clone())
        ),
        refused => panic!("{refused:?}"),
    }
    let watched = host
        .start_and_watch(&other, Json::empty_object(), options())
        .await;
    assert!(matches!(watched, Err(StartError::OtherRequest { .. })));
    let all = Query {
        limit: 100,
        ..Query::default()
    };
    assert_eq!(
        host.list(all).await.unwrap().summaries.len(),
        1,
        "nothing was created"
    );
    let again = host.start_instance(&first, Json::empty_object(), options()).await;
    assert_eq!(again.unwrap(), holder);
}

#[tokio::test(start_paused = true)]
async fn instances_take_the_highest_version_or_the_one_asked_for_and_keep_it() {
    let two = || WorkflowBuilder::new("approval", 2).step(step("approve").accepts("granted", ["done"]));
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let old = start(&host, &workflow).await;
    deploy(&host, two()).await;
    deploy(&host, approval()).await;
    let new = start(&host, &workflow).await;
    let asked = StartOptions {
        version: Some(WorkflowVersion(1)),
        ..StartOptions::default()
    };
    let asked = host
        .start_instance(&workflow, Json::empty_object(), asked)
        .await
        .unwrap();
    let mut versions = Vec::new();
    for instance in [old, new, asked] {
        versions.push(state(&host, instance).await.created().version.0);
    }
    assert_eq!(versions, [1, 2, 1]);
    let missing = StartOptions {
        version: Some(WorkflowVersion(3)),
        ..StartOptions::default()
    };
    let missing = host
        .start_instance(&workflow, Json::empty_object(), missing)
        .await;
    assert!(matches!(
        missing,
        Err(StartError::UnknownWorkflow {
            version: Some(WorkflowVersion(3)),
            ..
        })
    ));
}
