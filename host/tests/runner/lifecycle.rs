//! Starting, executing, ending.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hephaestus_core::definition::{Backoff, JoinRule, RetryPolicy, WorkflowBuilder, step};
use hephaestus_core::engine::{InstanceStatus, Record, StepState};
use hephaestus_core::{EventName, Json};
use hephaestus_host::runner::{Runner, StartError, StartOptions};
use serde_json::json;
use tokio::time::Instant;

use crate::guests::{Guests, broken, completed, completed_with, flaky};
use crate::world::{World, count, deploy, ended, event_of, history, sleep_ms, start, state};

fn chain() -> WorkflowBuilder {
    WorkflowBuilder::new("chain", 1)
        .step(step("one").emits("ok", ["two"]))
        .step(step("two").emits("ok", ["three"]))
        .step(step("three").emits("ok", ["done"]))
}

fn fork() -> WorkflowBuilder {
    WorkflowBuilder::new("fork", 1)
        .step(step("begin").emits("ok", ["left", "right"]))
        .step(step("left").emits("ok", ["done"]))
        .step(step("right").emits("ok", ["done"]))
}

async fn sleep_then(ms: u64, event: &str) -> hephaestus_core::engine::Outcome {
    let event = event.to_owned();
    sleep_ms(ms).await;
    completed(&event)
}

#[tokio::test(start_paused = true)]
async fn a_chain_runs_to_its_end_and_hands_results_on() {
    let guests = Guests::new()
        .on("one", |attempt| async move {
            let input = attempt.context.initial.to_value();
            completed_with("ok", json!({ "n": input["n"].as_u64().unwrap() + 1 }))
        })
        .on("three", |attempt| async move {
            let one = attempt.context.results["one"].clone().unwrap();
            completed_with("ok", json!({ "seen": one.to_value()["n"] }))
        });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, chain()).await;
    let input = Json::from(json!({ "n": 41 }));
    let instance = host
        .start_instance(&workflow, input, StartOptions::default())
        .await
        .unwrap();

    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let state = state(&host, instance).await;
    assert_eq!(state.results()["three"].as_str(), r#"{"seen":42}"#);
    let activity = host.activity(&instance.into()).await.unwrap();
    assert_eq!((activity.advance_count, activity.step_count), (3, 3));
    assert_eq!(
        world.guests.seen.made.load(Ordering::SeqCst),
        1,
        "consecutive steps share a sandbox"
    );
    assert_eq!(
        world.guests.seen.alive.load(Ordering::SeqCst),
        0,
        "and it is given up at the end"
    );
    assert!(host.runner().residents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn parallel_steps_run_at_the_same_time() {
    let guests = Guests::new()
        .on("left", |_| sleep_then(1_000, "ok"))
        .on("right", |_| sleep_then(1_000, "ok"));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, fork()).await;
    let begun = Instant::now();
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert!(
        begun.elapsed() < Duration::from_millis(1_100),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(world.guests.seen.peak.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_running_steps_is_bounded_over_all_instances() {
    let guests = Guests::new()
        .on("left", |_| sleep_then(1_000, "ok"))
        .on("right", |_| sleep_then(1_000, "ok"));
    let world = World::new(guests);
    let host = world.host_with(|limits| limits.max_running_steps = 3).await;
    let workflow = deploy(&host, fork()).await;
    let mut instances = Vec::new();
    for _ in 0..6 {
        instances.push(start(&host, &workflow).await);
    }
    let begun = Instant::now();
    for instance in instances {
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
    assert_eq!(world.guests.seen.peak.load(Ordering::SeqCst), 3);
    assert!(
        begun.elapsed() >= Duration::from_secs(4),
        "12 steps of a second, 3 at a time"
    );
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_has_begun_goes_on_before_others_begin() {
    // With a sandbox for each, they take turns; with one for all, each goes on to its end.
    assert_ne!(order_of_attempts(1_024).await[..3], ["one", "two", "three"]);
    assert_eq!(order_of_attempts(1).await, ["one", "two", "three"].repeat(3));
}

/// What three chains execute, one step at a time, that are started together.
async fn order_of_attempts(max_sandboxes: usize) -> Vec<String> {
    let world = World::new(Guests::new().on("one", |_| sleep_then(1_000, "ok")));
    let host = world.host_with(|limits| {
        limits.max_running_steps = 1;
        limits.max_sandboxes = max_sandboxes;
    });
    let host = host.await;
    let workflow = deploy(&host, chain()).await;
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(start(&host, &workflow).await);
    }
    for instance in instances {
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
    let seen = world.guests.seen.attempts.lock().unwrap();
    seen.iter().map(|(step, _)| step.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_recorded_while_its_sibling_still_runs() {
    let guests = Guests::new().on("right", |_| sleep_then(60_000, "ok"));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, fork()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(1_000).await;
    let state = state(&host, instance).await;
    assert_eq!(event_of(&state, "left").as_deref(), Some("ok"));
    assert!(matches!(
        state.step(&"right".parse().unwrap()),
        Some(StepState::Ready { attempt: 1 })
    ));
    assert_eq!(host.activity(&instance.into()).await.unwrap().running_steps, 1);
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn what_still_runs_when_the_instance_ends_is_stopped() {
    let guests = Guests::new().on("right", |_| sleep_then(60_000, "ok"));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, fork().step(step("done").join(JoinRule::Any))).await;
    let begun = Instant::now();
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    sleep_ms(10).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(
        world.guests.seen.running.load(Ordering::SeqCst),
        0,
        "its future was dropped"
    );
    assert_eq!(
        world.guests.seen.alive.load(Ordering::SeqCst),
        0,
        "its sandbox too"
    );
    assert!(host.runner().residents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dynamic_transition_asks_the_guest_and_reads_its_own_result() {
    let guests = Guests::new()
        .on("begin", |_| async { completed_with("ok", json!("right")) })
        .routing(|attempt, event| async move {
            assert_eq!(event, "ok".parse::<EventName>().unwrap());
            let own = attempt.context.results[&attempt.step].clone().unwrap();
            Ok(vec![own.to_value().as_str().unwrap().parse().unwrap()])
        });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("route", 1)
        .step(step("begin").emits_dynamic("ok", ["left", "right"]))
        .step(step("left").emits("ok", ["done"]))
        .step(step("right").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(
        (world.guests.seen.count("left"), world.guests.seen.count("right")),
        (0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_flaky_step_is_tried_again_after_growing_pauses() {
    let guests = Guests::new().on("one", |attempt| async move {
        if attempt.attempt < 3 {
            flaky()
        } else {
            completed("ok")
        }
    });
    let world = World::new(guests);
    let host = world.host().await;
    let policy = RetryPolicy {
        max_attempts: 3,
        backoff: Backoff::Exponential,
        initial: Duration::from_secs(10),
        cap: Duration::from_secs(60),
        jitter_percent: 0,
    };
    let workflow = deploy(&host, chain().retry(policy)).await;
    let begun = Instant::now();
    let instance = start(&host, &workflow).await;
    sleep_ms(5_000).await;
    assert!(
        host.runner().residents().is_empty(),
        "parked between two attempts"
    );
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let took = begun.elapsed().as_millis();
    assert!(
        (30_000..30_200).contains(&took),
        "10 s and 20 s apart, took {took} ms"
    );
    assert_eq!(world.guests.seen.count("one"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_fails_the_instance_and_stops_its_siblings() {
    let guests = Guests::new()
        .on("left", |_| async { broken() })
        .on("right", |_| sleep_then(60_000, "ok"));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, fork()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    let state = state(&host, instance).await;
    assert_eq!(state.failure().unwrap().step, Some("left".parse().unwrap()));
    assert!(matches!(
        state.step(&"right".parse().unwrap()),
        Some(StepState::Stopped)
    ));
}

#[tokio::test(start_paused = true)]
async fn bad_input_creates_nothing() {
    let world = World::new(Guests::new());
    let host = world.host_with(|limits| limits.max_input_bytes = 100).await;
    let workflow = deploy(&host, chain()).await;
    let long = Json::from(json!({ "text": "x".repeat(100) }));
    for (input, expected) in [(Json::from(json!([1])), "found `[1]`"), (long, "100 are allowed")] {
        let refused = host
            .start_instance(&workflow, input, StartOptions::default())
            .await;
        match refused {
            Err(StartError::InvalidInput { reason }) => assert!(reason.contains(expected), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    let unknown = "nobody".parse().unwrap();
    let refused = host
        .start_instance(&unknown, Json::empty_object(), StartOptions::default())
        .await;
    assert!(matches!(
        refused,
        Err(StartError::UnknownWorkflow { version: None, .. })
    ));
    assert_eq!(world.store.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_commit_is_one_write_and_a_burst_shares_commits() {
    let fan: Vec<String> = (0..50).map(|at| format!("s{at}")).collect();
    let names: Vec<&str> = fan.iter().map(String::as_str).collect();
    let mut workflow = WorkflowBuilder::new("wide", 1).step(step("begin").emits("ok", names.iter().copied()));
    for name in &names {
        workflow = workflow.step(step(name).emits("ok", ["done"]));
    }
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::StepCompleted(_))),
        51
    );
    assert!(
        world.store.writes() < 20,
        "outcomes that come together are committed together: {}",
        world.store.writes()
    );
}
