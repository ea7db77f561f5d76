//! Hosts that end while steps run, again and again: what that is held against, and what not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hephaestus_core::Json;
use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{FailureKind, InstanceStatus, JournalEntry, Record};
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::store::faulty::Fault;
use hephaestus_host::{Host, Recovery};

use crate::guests::{Guests, completed};
use crate::world::{World, deploy, ended, history, sleep_ms, start, state};

/// More than `max_recoveries`, twice over.
const LIVES: usize = 12;

fn one_step(name: &str) -> WorkflowBuilder {
    WorkflowBuilder::new(name, 1).step(step(name).emits("ok", ["done"]))
}

fn count(journal: &[JournalEntry], is_meant: impl Fn(&Record) -> bool) -> usize {
    journal.iter().filter(|entry| is_meant(&entry.record)).count()
}

fn is_beginning(record: &Record) -> bool {
    matches!(record, Record::AttemptBegan { .. })
}

async fn next(world: &World) -> Host {
    world.next_host(Recovery::All).await
}

/// Takes a minute, and saves each second.
fn counting() -> Guests {
    Guests::new().on("slow", |attempt| async move {
        let checkpoint = attempt.checkpoint.clone().unwrap();
        let begun = checkpoint.load().map_or(0, |last| last.as_str().parse().unwrap());
        for second in begun..60_u32 {
            sleep_ms(1_000).await;
            let progress = Json::parse(&(second + 1).to_string()).unwrap();
            checkpoint.save(progress).await.unwrap();
        }
        completed("ok")
    })
}

#[tokio::test(start_paused = true)]
async fn a_step_that_saves_goes_on_however_often_its_host_is_killed() {
    let world = World::new(counting());
    let host = world.host().await;
    let workflow = deploy(&host, one_step("slow")).await;
    let instance = start(&host, &workflow).await;
    let mut host = host;
    for _ in 0..LIVES {
        sleep_ms(2_500).await;
        drop(host);
        host = next(&world).await;
    }
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("slow"), 1 + LIVES);
}

#[tokio::test(start_paused = true)]
async fn shutdowns_are_not_held_against_what_they_break_off() {
    let world = World::new(Guests::new().on("slow", |_| async {
        sleep_ms(60_000).await;
        completed("ok")
    }));
    let host = world.host().await;
    let workflow = deploy(&host, one_step("slow")).await;
    let instance = start(&host, &workflow).await;
    let mut host = host;
    for _ in 0..LIVES {
        sleep_ms(1_000).await;
        host.shutdown(Duration::from_secs(5)).await;
        host = next(&world).await;
    }
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    let by_shutdown = |record: &Record| matches!(record, Record::AttemptsLost { shutdown: true, .. });
    let is_loss = |record: &Record| matches!(record, Record::AttemptsLost { .. });
    assert_eq!(count(&journal, by_shutdown), LIVES);
    assert_eq!(
        count(&journal, is_loss),
        LIVES,
        "each is recorded once, by the host that ends"
    );
    assert_eq!(count(&journal, is_beginning), LIVES);
}

#[tokio::test(start_paused = true)]
async fn what_ends_within_the_grace_is_not_broken_off() {
    let world = World::new(
        Guests::new()
            .on("left", |_| async {
                sleep_ms(3_000).await;
                completed("ok")
            })
            .on("right", |_| async {
                sleep_ms(60_000).await;
                completed("ok")
            }),
    );
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("forked", 1)
        .step(step("first").emits("ok", ["left", "right"]))
        .step(step("left").emits("ok", ["done"]))
        .step(step("right").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(1_000).await;
    host.shutdown(Duration::from_secs(5)).await;
    let host = next(&world).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("first"), 1);
    let journal = history(&host, instance).await;
    let lost: Vec<_> = journal
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::AttemptsLost { steps, shutdown, .. } => Some((steps.len(), *shutdown)),
            _ => None,
        })
        .collect();
    assert_eq!(lost, [(1, true)]);
    assert_eq!(world.guests.seen.count("left"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_kills_its_hosts_fails_alone() {
    let kills = Arc::new(AtomicBool::new(false));
    let kill = Arc::clone(&kills);
    let poison = move |_| {
        let kill = Arc::clone(&kill);
        async move {
            kill.store(true, Ordering::SeqCst);
            std::future::pending().await
        }
    };
    let world = World::new(Guests::new().on("poison", poison).on("quiet", |_| async {
        sleep_ms(10).await;
        completed("ok")
    }));
    let host = world.host_with(|limits| limits.max_running_steps = 1).await;
    let workflow = deploy(&host, one_step("poison")).await;
    let poisoned = start(&host, &workflow).await;
    let workflow = deploy(&host, one_step("quiet")).await;
    let mut neighbours = Vec::new();
    for _ in 0..5 {
        neighbours.push(start(&host, &workflow).await);
    }
    let (mut host, mut lives) = (host, 1);
    while state(&host, poisoned).await.status() != InstanceStatus::Failed {
        sleep_ms(100).await;
        if kills.swap(false, Ordering::SeqCst) {
            drop(host);
            let mut limits = RunnerLimits::default();
            limits.max_running_steps = 1;
            let builder = world.builder().seed(2).recovery(Recovery::All);
            host = builder.limits(limits).build().await.unwrap();
            lives += 1;
        }
        assert!(lives < 20, "it kills for ever");
    }
    assert_eq!(
        lives, 8,
        "the first, the one that isn't blamed, five, and the last"
    );
    let failure = state(&host, poisoned).await.failure().unwrap().failure.clone();
    assert_eq!(failure.kind, FailureKind::Host);
    for neighbour in neighbours {
        assert_eq!(ended(&host, neighbour).await, InstanceStatus::Completed);
        let journal = history(&host, neighbour).await;
        let is_loss = |record: &Record| matches!(record, Record::AttemptsLost { .. });
        assert_eq!(
            count(&journal, is_loss),
            1,
            "it is said once that it may have run"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_before_begins_when_that_is_durable() {
    let world = World::new(Guests::new().on("slow", |_| async {
        sleep_ms(1_000).await;
        completed("ok")
    }));
    let host = world.host().await;
    let workflow = deploy(&host, one_step("slow")).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(10).await;
    assert_eq!(count(&history(&host, instance).await, is_beginning), 0);
    drop(host);

    let host = world.next_host(Recovery::Activated).await;
    // The loss is recorded, the beginning is not: the step stays where it is.
    world.store.fail_write(2, Fault::Refused);
    world.store.fail_write(3, Fault::Lost);
    host.activate(&instance.into()).await.unwrap();
    for _ in 0..30 {
        let has_begun = count(&history(&host, instance).await, is_beginning) > 0;
        assert_eq!(world.guests.seen.count("slow") > 1, has_begun);
        sleep_ms(1).await;
    }
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(count(&history(&host, instance).await, is_beginning), 1);
    assert_eq!(world.guests.seen.count("slow"), 2);
}
