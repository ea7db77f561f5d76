//! Waiting, resuming, parking.

use std::sync::atomic::Ordering;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{InstanceStatus, Record, Refusal};
use hephaestus_core::{InstanceId, Json};
use hephaestus_host::Recovery;
use hephaestus_host::runner::{InstanceError, InstanceRef, Runner};
use serde_json::json;

use crate::guests::{Guests, completed, wait};
use crate::world::{
    World, count, deploy, ended, event, event_of, history, send, sleep_ms, start, state, status, waits,
};

pub(crate) fn approval() -> WorkflowBuilder {
    WorkflowBuilder::new("approval", 1)
        .step(step("prepare").emits("ok", ["approve"]))
        .step(
            step("approve")
                .accepts("approved", ["ship"])
                .accepts("rejected", ["done"]),
        )
        .step(step("ship").emits("ok", ["done"]))
}

#[tokio::test(start_paused = true)]
async fn an_event_ends_the_wait_and_its_payload_is_the_result() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let mut approved = event("e1", "approved");
    approved.payload = Some(Json::from(json!({ "by": "ann" })));
    host.resume(&instance.into(), approved).await.unwrap();
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::EventAccepted(_))),
        1,
        "durable when acknowledged"
    );
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let state = state(&host, instance).await;
    assert_eq!(state.results()["approve"].as_str(), r#"{"by":"ann"}"#);
    assert_eq!(
        world.guests.seen.count("approve"),
        1,
        "the code doesn't run again"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_before_the_wait_is_kept_for_it() {
    let guests = Guests::new()
        .on("prepare", |_| async {
            sleep_ms(1_000).await;
            completed("ok")
        })
        .on("approve", |_| async {
            sleep_ms(1_000).await;
            wait()
        });
    for (at, name) in [(500, "before its step runs"), (1_500, "while its step runs")] {
        let world = World::new(guests.clone());
        let host = world.host().await;
        let workflow = deploy(&host, approval()).await;
        let instance = start(&host, &workflow).await;
        sleep_ms(at).await;
        send(&host, instance, "rejected").await.expect(name);
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed, "{name}");
        assert_eq!(
            event_of(&state(&host, instance).await, "approve").as_deref(),
            Some("rejected")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_comes_too_late_is_refused_and_changes_nothing() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    send(&host, instance, "approved").await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let before = history(&host, instance).await;
    let late = host.resume(&instance.into(), event("other", "rejected")).await;
    assert!(
        matches!(late, Err(InstanceError::Refused(Refusal::Terminal { .. }))),
        "{late:?}"
    );
    send(&host, instance, "approved")
        .await
        .expect("a repetition is a no-op, also after the end");
    let unknown = host
        .resume(
            &InstanceRef::Id(InstanceId(uuid::Uuid::nil())),
            event("e", "approved"),
        )
        .await;
    assert!(
        matches!(unknown, Err(InstanceError::UnknownInstance(_))),
        "{unknown:?}"
    );
    assert_eq!(history(&host, instance).await, before);
    sleep_ms(1_000).await;
    assert!(host.runner().residents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_senders_of_one_event_have_it_accepted_once() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let host = host.clone();
        senders.spawn(async move { send(&host, instance, "approved").await });
    }
    while let Some(sent) = senders.join_next().await {
        sent.unwrap().unwrap();
    }
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::EventAccepted(_))),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiting_instance_parks_and_comes_back_for_its_event() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    assert_eq!(host.runner().residents(), [instance], "it lingers");
    let lingering = host.activity(&instance.into()).await.unwrap();
    assert!(lingering.is_resident);
    sleep_ms(1_000).await;
    assert!(host.runner().residents().is_empty(), "and parks");
    assert_eq!(
        world.guests.seen.alive.load(Ordering::SeqCst),
        0,
        "without sandboxes"
    );
    let parked = host.activity(&instance.into()).await.unwrap();
    assert!(!parked.is_resident && parked.waiting_since.is_some());
    assert_eq!(
        (parked.advance_count, parked.step_count),
        (lingering.advance_count, lingering.step_count)
    );
    assert_eq!(parked.waiting_since, lingering.waiting_since);

    let writes = world.store.writes();
    send(&host, instance, "approved").await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(
        world.store.writes() - writes,
        2,
        "coming back costs no commit of its own"
    );
    assert_eq!(
        world.guests.seen.loads.load(Ordering::SeqCst),
        1,
        "its code was kept"
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiting_instance_goes_on_in_the_next_host() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    drop(host);

    for recovery in [Recovery::All, Recovery::Activated] {
        let host = world.next_host(recovery).await;
        sleep_ms(1_000).await;
        assert!(
            host.runner().residents().is_empty(),
            "waiting instances stay parked"
        );
        assert_eq!(status(&host, instance).await, InstanceStatus::Waiting);
    }
    let host = world.next_host(Recovery::Activated).await;
    send(&host, instance, "approved").await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn what_was_running_runs_again_in_the_next_host() {
    let guests = Guests::new().on("ship", |_| async {
        sleep_ms(10_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    send(&host, instance, "approved").await.unwrap();
    sleep_ms(5_000).await;
    drop(host);

    let host = world.next_host(Recovery::Activated).await;
    sleep_ms(60_000).await;
    assert_eq!(
        status(&host, instance).await,
        InstanceStatus::Running,
        "nobody asked for it"
    );
    drop(host);

    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::AttemptsLost { .. })),
        1
    );
    assert_eq!(world.guests.seen.count("ship"), 2);
    assert_eq!(world.guests.seen.count("prepare"), 1);
}

#[tokio::test(start_paused = true)]
async fn one_instance_can_be_activated_alone() {
    let guests = Guests::new().on("prepare", |_| async {
        sleep_ms(10_000).await;
        completed("ok")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let (first, second) = (start(&host, &workflow).await, start(&host, &workflow).await);
    sleep_ms(5_000).await;
    drop(host);
    let host = world.next_host(Recovery::Activated).await;
    assert_eq!(host.activate(&first.into()).await.unwrap(), first);
    host.activate(&first.into()).await.expect("it is active already");
    waits(&host, first, "approve").await;
    assert_eq!(status(&host, second).await, InstanceStatus::Pending);
    assert_eq!(world.guests.seen.count("prepare"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_payload_is_bounded_like_an_input() {
    let world = World::new(Guests::new());
    let host = world.host_with(|limits| limits.max_input_bytes = 10).await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let with = |text: &str| {
        let mut rejected = event("e1", "rejected");
        rejected.payload = Some(Json::from(json!(text)));
        rejected
    };
    let before = world.store.writes();
    let refused = host
        .resume(&instance.into(), with("123456789"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the payload of event `rejected` has 11 bytes, 10 are allowed: hand large data over by reference"
    );
    assert_eq!(world.store.writes(), before);
    host.resume(&instance.into(), with("12345678")).await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}
