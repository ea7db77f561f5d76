//! Rounds of an instance: what is decided together, on which ground, and what becomes of it when the store says no.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{Input, InstanceStatus, Record};
use hephaestus_host::Host;
use hephaestus_host::runner::InstanceError;
use hephaestus_host::store::Store;
use hephaestus_host::store::faulty::Fault;
use tokio::task::JoinHandle;

use crate::faults::write_behind_its_back;
use crate::guests::{Guests, completed};
use crate::waiting::approval;
use crate::world::{World, count, deploy, ended, send, sleep_ms, start, waits};

fn sending(
    host: &Host,
    instance: hephaestus_core::InstanceId,
    name: &'static str,
) -> JoinHandle<Result<(), InstanceError>> {
    let host = host.clone();
    tokio::spawn(async move { send(&host, instance, name).await })
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_asked_on_the_ground_of_durable_facts_only() {
    let asked = Arc::new(AtomicUsize::new(0));
    let guests = Guests::new().routing({
        let asked = Arc::clone(&asked);
        move |_, _| {
            asked.fetch_add(1, Ordering::SeqCst);
            async { Ok(vec!["done".parse().unwrap()]) }
        }
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("two", 1)
        .step(step("begin").emits("ok", ["left", "right"]))
        .step(step("left").accepts("go", ["last"]))
        .step(step("right").accepts_dynamic("turn", ["last", "done"]))
        .step(step("last").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "left").await;
    waits(&host, instance, "right").await;
    world.store.set_stalled(true);
    let senders = [sending(&host, instance, "go"), sending(&host, instance, "turn")];
    sleep_ms(1_000).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0, "`go` is not durable yet");
    world.store.set_stalled(false);
    for sender in senders {
        sender.await.unwrap().unwrap();
    }
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_meets_another_owner_again_and_again_gives_up() {
    let world = World::new(Guests::new());
    let host = world.host_with(|limits| limits.max_restarts = 3).await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let before = world.store.writes();
    for nth in 1..=20 {
        world.store.fail_write(nth, Fault::Conflict);
    }
    let sent = send(&host, instance, "rejected").await;
    assert!(matches!(sent, Err(InstanceError::TaskFailed(_))), "{sent:?}");
    assert_eq!(world.store.writes() - before, 4, "once, and three reloads");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_begins_when_it_has_its_place() {
    let starts = Arc::new(Mutex::new(Vec::new()));
    let guests = Guests::new().on("only", {
        let starts = Arc::clone(&starts);
        move |attempt| {
            starts.lock().unwrap().push(attempt.started_at);
            async {
                sleep_ms(1_000).await;
                completed("ok")
            }
        }
    });
    let world = World::new(guests);
    let host = world.host_with(|limits| limits.max_running_steps = 1).await;
    let small = WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]));
    let workflow = deploy(&host, small).await;
    let instances = [start(&host, &workflow).await, start(&host, &workflow).await];
    for instance in instances {
        ended(&host, instance).await;
    }
    let starts = starts.lock().unwrap().clone();
    let apart = starts[1].since(starts[0]);
    assert!(apart >= Duration::from_secs(1), "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_another_owner_has_stopped_is_stopped_here_too() {
    let world = World::new(Guests::new().on("prepare", |_| async {
        sleep_ms(3_600_000).await;
        completed("ok")
    }));
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    assert_eq!(world.guests.seen.running.load(Ordering::SeqCst), 1);
    let cancel = Input::Cancel { reason: None };
    write_behind_its_back(&world, &host, instance, cancel).await;
    let sent = send(&host, instance, "rejected").await;
    assert!(matches!(sent, Err(InstanceError::Refused(_))), "{sent:?}");
    sleep_ms(1_000).await;
    assert_eq!(world.guests.seen.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_to_be_committed_again_is_not_lost_by_the_end() {
    let world = World::new(Guests::new());
    let host = world
        .host_with(|limits| limits.first_pause = Duration::from_secs(1))
        .await;
    let small = WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]));
    let workflow = deploy(&host, small).await;
    world.store.fail_write(2, Fault::Refused);
    let instance = start(&host, &workflow).await;
    sleep_ms(500).await;
    host.shutdown(Duration::from_secs(10)).await;
    let journal = world.store.journal(instance).await.unwrap().unwrap();
    assert_eq!(
        count(&journal, |record| matches!(record, Record::StepCompleted(_))),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn who_was_let_in_before_the_end_gets_an_answer() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("two", 1)
        .step(step("first").accepts("a", ["second"]))
        .step(step("second").accepts("b", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "first").await;
    world.store.set_stalled(true);
    let first = sending(&host, instance, "a");
    sleep_ms(10).await;
    let second = sending(&host, instance, "b");
    sleep_ms(10).await;
    let ending = tokio::spawn(async move { host.shutdown(Duration::from_secs(10)).await });
    sleep_ms(10).await;
    world.store.set_stalled(false);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    ending.await.unwrap();
}
