//! Durable progress inside one step: what is acknowledged is durable, and what comes after a failure, a crash or an
//! operator's retry goes on from there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hephaestus_core::Json;
use hephaestus_core::definition::{Backoff, RetryPolicy, WorkflowBuilder, step};
use hephaestus_core::engine::{Input, InstanceStatus, JournalEntry, Outcome, Record};
use hephaestus_host::Recovery;
use hephaestus_host::runner::{Attempt, SaveError};
use hephaestus_host::store::Store;
use hephaestus_host::store::faulty::{Fault, FaultyStore};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::sqlite::SqliteStore;

use crate::faults::write_behind_its_back;
use crate::guests::{Guests, broken, completed, flaky};
use crate::world::{World, deploy, ended, history, sleep_ms, start, state, step as named};

/// How far the counting step counts.
const END: u64 = 20;

/// What the counting step was given at each beginning, and what it was told about each save.
#[derive(Clone, Default)]
struct Seen {
    begun_at: Arc<Mutex<Vec<u64>>>,
    acknowledged: Arc<AtomicU64>,
    refused: Arc<Mutex<Vec<SaveError>>>,
}

impl Seen {
    fn begun_at(&self) -> Vec<u64> {
        self.begun_at.lock().unwrap().clone()
    }

    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }
}

fn number(json: &Json) -> u64 {
    json.as_str().parse().unwrap()
}

fn loaded(attempt: &Attempt) -> u64 {
    let checkpoint = attempt.checkpoint.as_ref().expect("a step executes");
    checkpoint.load().as_ref().map_or(0, number)
}

async fn save(attempt: &Attempt, value: u64) -> Result<(), SaveError> {
    let value = Json::parse(&value.to_string()).unwrap();
    attempt.checkpoint.as_ref().unwrap().save(value).await
}

/// Counts to [`END`], a number every 10 ms, each saved. What is refused is tried again. Ends as `after` says, if it does
/// for a number.
async fn count_on(attempt: Attempt, seen: Seen, after: fn(u32, u64) -> Option<Outcome>) -> Outcome {
    seen.begun_at.lock().unwrap().push(loaded(&attempt));
    while loaded(&attempt) < END {
        let next = loaded(&attempt) + 1;
        sleep_ms(10).await;
        match save(&attempt, next).await {
            Ok(()) => seen.acknowledged.store(next, Ordering::SeqCst),
            Err(error) => seen.refused.lock().unwrap().push(error),
        }
        if let Some(outcome) = after(attempt.attempt, loaded(&attempt)) {
            return outcome;
        }
    }
    completed("ok")
}

fn counting_until(after: fn(u32, u64) -> Option<Outcome>) -> (Guests, Seen) {
    let seen = Seen::default();
    let guests = Guests::new().on("count", {
        let seen = seen.clone();
        move |attempt| count_on(attempt, seen.clone(), after)
    });
    (guests, seen)
}

fn counting() -> (Guests, Seen) {
    counting_until(|_, _| None)
}

fn counter() -> WorkflowBuilder {
    let at_once = RetryPolicy {
        max_attempts: 3,
        backoff: Backoff::Constant,
        initial: Duration::from_millis(1),
        cap: Duration::from_millis(1),
        jitter_percent: 0,
    };
    WorkflowBuilder::new("counter", 1)
        .step(step("count").emits("ok", ["done"]))
        .retry(at_once)
}

/// What was saved, in the order of the journal.
fn saved(journal: &[JournalEntry]) -> Vec<u64> {
    let values = journal.iter().filter_map(|entry| match &entry.record {
        Record::CheckpointSaved { value, .. } => Some(number(value)),
        _ => None,
    });
    values.collect()
}

fn all() -> Vec<u64> {
    (1..=END).collect()
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_costs_one_commit() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let before = world.store.writes();
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(saved(&history(&host, instance).await), all());
    assert_eq!(seen.acknowledged(), END);
    assert_eq!(
        world.store.writes() - before,
        END + 2,
        "besides creation and outcome"
    );
}

#[tokio::test(start_paused = true)]
async fn a_save_returns_when_it_is_durable() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    while seen.acknowledged() < 3 {
        sleep_ms(1).await;
    }
    world.store.set_stalled(true);
    sleep_ms(1_000).await;
    assert_eq!(seen.acknowledged(), 3);
    world.store.set_stalled(false);
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(saved(&history(&host, instance).await), all());
}

#[tokio::test(start_paused = true)]
async fn a_save_whose_commit_fails_is_made_again() {
    for fault in [
        Fault::Refused,
        Fault::Lost,
        Fault::Unacknowledged,
        Fault::Conflict,
    ] {
        let (guests, seen) = counting();
        let world = World::new(guests);
        let host = world.host().await;
        let workflow = deploy(&host, counter()).await;
        let instance = start(&host, &workflow).await;
        world.store.fail_write(2, fault);
        assert_eq!(
            ended(&host, instance).await,
            InstanceStatus::Completed,
            "{fault:?}"
        );
        let refused = seen.refused.lock().unwrap().clone();
        assert_eq!(refused, [], "{fault:?}");
        assert_eq!(saved(&history(&host, instance).await), all(), "{fault:?}");
        assert_eq!(seen.begun_at(), [0], "{fault:?}: the attempt goes on");
    }
}

/// One attempt is all there is: a store that is full for a minute doesn't use it up.
#[tokio::test(start_paused = true)]
async fn a_save_waits_for_a_store_that_is_full() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let once = RetryPolicy {
        max_attempts: 1,
        ..RetryPolicy::default()
    };
    let workflow = deploy(&host, counter().retry(once)).await;
    let instance = start(&host, &workflow).await;
    while seen.acknowledged() < 3 {
        sleep_ms(1).await;
    }
    world.store.set_down(true);
    sleep_ms(60_000).await;
    assert_eq!(seen.acknowledged(), 3);
    assert!(seen.refused.lock().unwrap().is_empty());
    world.store.set_down(false);
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(saved(&history(&host, instance).await), all());
    assert_eq!(seen.begun_at(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_on_from_the_checkpoint() {
    let (guests, seen) = counting_until(|attempt, saved| (attempt == 1 && saved == 5).then(flaky));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(seen.begun_at(), [0, 5]);
    assert_eq!(saved(&history(&host, instance).await), all());
    assert_eq!(state(&host, instance).await.checkpoint(&named("count")), None);
}

#[tokio::test(start_paused = true)]
async fn an_operators_retry_goes_on_from_the_checkpoint() {
    let (guests, seen) = counting_until(|attempt, saved| (attempt == 1 && saved == 5).then(broken));
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    host.retry(&instance.into()).await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(seen.begun_at(), [0, 5]);
}

/// Kills hosts in the midst, again and again, on one store.
async fn hosts_that_are_killed_go_on(store: Arc<dyn Store>) {
    let (guests, seen) = counting();
    let world = World {
        store: FaultyStore::new(store),
        ..World::new(guests)
    };
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    let mut host = Some(host);
    for stop_at in [3, 4, 11] {
        while seen.acknowledged() < stop_at {
            sleep_ms(1).await;
        }
        drop(host.take());
        let acknowledged = seen.acknowledged();
        // What was on its way to the store may arrive yet; nobody has been told.
        sleep_ms(20).await;
        host = Some(world.next_host(Recovery::All).await);
        while seen.begun_at().len() < 2 || *seen.begun_at().last().unwrap() < acknowledged {
            sleep_ms(1).await;
        }
        let begun_at = *seen.begun_at().last().unwrap();
        assert!(
            (acknowledged..=acknowledged + 1).contains(&begun_at),
            "{begun_at}, {acknowledged}"
        );
    }
    let host = host.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(
        saved(&history(&host, instance).await),
        all(),
        "none twice, none left out"
    );
    assert_eq!(seen.begun_at().len(), 4);
    assert!(seen.begun_at().is_sorted());
}

#[tokio::test]
async fn hosts_that_are_killed_go_on_from_the_last_checkpoint_in_memory() {
    hosts_that_are_killed_go_on(Arc::new(MemoryStore::new())).await;
}

#[tokio::test]
async fn hosts_that_are_killed_go_on_from_the_last_checkpoint_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("store.db")).await.unwrap();
    hosts_that_are_killed_go_on(Arc::new(store)).await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_runs_while_the_host_ends_in_good_order_saves_until_its_end() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(55).await;
    host.shutdown(Duration::from_secs(60)).await;
    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!((seen.begun_at(), seen.acknowledged()), (vec![0], END));
}

#[tokio::test(start_paused = true)]
async fn a_save_that_meets_the_end_of_its_host_is_never_answered() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    while seen.acknowledged() < 5 {
        sleep_ms(1).await;
    }
    world.store.set_stalled(true);
    sleep_ms(50).await;
    host.shutdown(Duration::from_secs(1)).await;
    drop(host);
    world.store.set_stalled(false);
    sleep_ms(50).await;
    assert_eq!(
        world.guests.seen.running.load(Ordering::SeqCst),
        0,
        "it ended with its attempt"
    );
    assert_eq!((seen.acknowledged(), seen.refused.lock().unwrap().len()), (5, 0));
    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert!([5, 6].contains(&seen.begun_at()[1]), "{:?}", seen.begun_at());
}

#[tokio::test(start_paused = true)]
async fn an_execution_that_somebody_else_recorded_as_lost_saves_nothing_and_is_replaced() {
    let (guests, seen) = counting();
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    while seen.acknowledged() < 5 {
        sleep_ms(1).await;
    }
    write_behind_its_back(&world, &host, instance, Input::HostRestarted).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(seen.begun_at(), [0, 5]);
    assert_eq!(seen.refused.lock().unwrap().len(), 0);
    assert_eq!(saved(&history(&host, instance).await), all());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_is_refused_and_the_step_goes_on() {
    let refused: Arc<Mutex<Vec<SaveError>>> = Arc::default();
    let guests = Guests::new().on("count", {
        let refused = Arc::clone(&refused);
        move |attempt| {
            let refused = Arc::clone(&refused);
            async move {
                save(&attempt, 12_345).await.unwrap();
                for value in [123_456, 54_321] {
                    let error = save(&attempt, value).await.unwrap_err();
                    refused.lock().unwrap().push(error);
                }
                assert_eq!(loaded(&attempt), 12_345, "the one before stays");
                completed("ok")
            }
        }
    });
    let world = World::new(guests);
    let host = world
        .host_with(|limits| {
            limits.engine.max_checkpoint_bytes = 5;
            limits.engine.max_checkpoints_bytes = 300;
        })
        .await;
    let workflow = deploy(&host, counter()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let expected = [
        SaveError::TooLarge { limit_bytes: 5 },
        SaveError::UsedUp { limit_bytes: 300 },
    ];
    assert_eq!(*refused.lock().unwrap(), expected);
}

/// One task serves them all, and they hold every place that a step can have.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn siblings_that_save_at_the_same_time_do_not_block_each_other() {
    let names = ["a", "b", "c", "d"];
    let guests = names.iter().fold(Guests::new(), |guests, name| {
        guests.on(name, |attempt| async move {
            for value in loaded(&attempt) + 1..=50 {
                save(&attempt, value).await.unwrap();
            }
            completed("ok")
        })
    });
    let world = World::new(guests);
    let host = world
        .host_with(|limits| limits.max_running_steps = names.len())
        .await;
    let fork = WorkflowBuilder::new("fork", 1).step(step("start").emits("ok", names));
    let workflow = names.iter().fold(fork, |workflow, name| {
        workflow.step(step(name).emits("ok", ["done"]))
    });
    let workflow = deploy(&host, workflow).await;
    let instances = [start(&host, &workflow).await, start(&host, &workflow).await];
    for instance in instances {
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
        let journal = history(&host, instance).await;
        for name in names {
            let own: Vec<JournalEntry> = journal
                .iter()
                .filter(|entry| matches!(&entry.record, Record::CheckpointSaved { step, .. } if step.as_str() == name))
                .cloned()
                .collect();
            assert_eq!(saved(&own), (1..=50).collect::<Vec<_>>(), "{name}");
        }
    }
}
