//! Crashes, and stores that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{
    Decision, EngineLimits, Failure, FailureKind, Input, InstanceState, InstanceStatus, JournalEntry,
    Outcome, Record, advance, decide,
};
use hephaestus_core::{InstanceId, Json};
use hephaestus_host::runner::{InstanceError, InstanceRef, Runner, StartError, StartOptions};
use hephaestus_host::store::faulty::Fault;
use hephaestus_host::store::{Query, Store, StoreError, Write, WriteAnswer};
use hephaestus_host::{Recovery, WatchEvent};

use crate::guests::{Guests, completed, wait_at_most};
use crate::log::Log;
use crate::waiting::approval;
use crate::world::{
    World, called, count, deploy, ended, event, history, send, sleep_ms, start, state, status, waits,
};

fn small() -> WorkflowBuilder {
    WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]))
}

/// Panics the first `times`, then completes.
fn crashing(times: usize) -> Guests {
    let crashes = Arc::new(AtomicUsize::new(0));
    Guests::new().on("only", move |_| {
        let panics = crashes.fetch_add(1, Ordering::SeqCst) < times;
        async move {
            sleep_ms(10).await;
            assert!(!panics, "the executor has a bug");
            completed("ok")
        }
    })
}

async fn run_slow(ms: u64) -> Outcome {
    sleep_ms(ms).await;
    completed("ok")
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_restarted_and_its_neighbours_notice_nothing() {
    let world = World::new(crashing(2).on("prepare", |_| run_slow(100)));
    let host = world.host().await;
    let neighbour = deploy(&host, approval()).await;
    let neighbour = start(&host, &neighbour).await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::AttemptsLost { .. })),
        2
    );
    waits(&host, neighbour, "approve").await;
    assert_eq!(world.guests.seen.count("prepare"), 1);
    let journal = history(&host, neighbour).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::AttemptsLost { .. })),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_always_crashes_its_task_fails_by_itself() {
    let world = World::new(crashing(usize::MAX));
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    let state = state(&host, instance).await;
    assert_eq!(state.failure().unwrap().failure.kind, FailureKind::Host);
    assert_eq!(
        world.guests.seen.count("only"),
        7,
        "once, once that wasn't known to have begun, and five recoveries"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_keeps_failing_is_left_alone_until_the_host_restarts() {
    let world = World::new(crashing(3));
    let host = world.host_with(|limits| limits.max_restarts = 2).await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    let mut watch = host.watch(&instance.into(), 0).await.unwrap();
    let mut reasons = Vec::new();
    while let Some(event) = watch.next().await {
        if let WatchEvent::TaskFailed { reason } = event {
            reasons.push(reason);
        }
    }
    assert_eq!(reasons.len(), 1);
    assert!(
        reasons[0].contains("3 crashes") && reasons[0].contains("the executor has a bug"),
        "{reasons:?}"
    );
    assert_eq!(world.guests.seen.count("only"), 3);
    let asked = host.cancel(&instance.into(), None).await;
    assert!(
        matches!(asked, Err(InstanceError::TaskFailed(failed)) if failed == instance),
        "{asked:?}"
    );
    let mut late = host.watch(&instance.into(), 1_000).await.unwrap();
    assert!(matches!(late.next().await, Some(WatchEvent::TaskFailed { .. })));
    assert!(late.next().await.is_none());
    assert_eq!(
        status(&host, instance).await,
        InstanceStatus::Running,
        "it stays as it is"
    );
    let neighbour = start(&host, &workflow).await;
    assert_eq!(ended(&host, neighbour).await, InstanceStatus::Completed);
    drop(host);

    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_meets_a_crash_is_answered_by_the_next_incarnation() {
    let guests = crashing(1);
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1)
        .step(step("only").emits("ok", ["hold"]))
        .step(step("hold").accepts("go", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(15).await;
    send(&host, instance, "go")
        .await
        .expect("the task is pausing after its crash");
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_committed_is_kept_and_not_executed_again() {
    let world = World::new(Guests::new().on("only", |_| run_slow(100)));
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(50).await;
    world.store.set_down(true);
    sleep_ms(60_000).await;
    world.store.set_down(false);
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("only"), 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_down_nothing_is_acknowledged_and_nobody_hangs() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let parked = start(&host, &workflow).await;
    sleep_ms(1_000).await;
    let lingering = start(&host, &workflow).await;
    waits(&host, lingering, "approve").await;
    world.store.set_down(true);
    for instance in [parked, lingering] {
        let sent = send(&host, instance, "rejected").await;
        assert!(
            matches!(sent, Err(InstanceError::Store(StoreError::Unavailable { .. }))),
            "{sent:?}"
        );
    }
    let started = host
        .start_instance(&workflow, Json::empty_object(), StartOptions::default())
        .await;
    assert!(
        matches!(started, Err(StartError::Store(StoreError::Unavailable { .. }))),
        "{started:?}"
    );
    world.store.set_down(false);
    for instance in [parked, lingering] {
        let journal = history(&host, instance).await;
        assert_eq!(
            count(&journal, |record| matches!(record, Record::EventAccepted(_))),
            0
        );
        send(&host, instance, "rejected").await.unwrap();
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
    let all = host
        .list(Query {
            limit: 100,
            ..Query::default()
        })
        .await
        .unwrap();
    assert_eq!(all.summaries.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_comes_due_while_the_store_is_down_fires_when_it_is_back() {
    let world = World::new(Guests::new().on("only", |_| async { wait_at_most(Duration::from_secs(10)) }));
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("small", 1).step(step("only").accepts("timeout", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(5_000).await;
    world.store.set_down(true);
    sleep_ms(600_000).await;
    world.store.set_down(false);
    sleep_ms(5_100).await;
    assert_eq!(status(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_commit_is_unknown_gets_the_answer_that_the_store_then_shows() {
    for (fault, survives) in [(Fault::Unacknowledged, true), (Fault::Lost, false)] {
        let world = World::new(Guests::new());
        let host = world.host().await;
        let workflow = deploy(&host, approval()).await;
        let instance = start(&host, &workflow).await;
        waits(&host, instance, "approve").await;
        let mut watch = host.watch(&instance.into(), 0).await.unwrap();
        world.store.fail_write(1, fault);
        let sent = send(&host, instance, "rejected").await;
        assert_eq!(sent.is_ok(), survives, "{fault:?}: {sent:?}");
        let journal = history(&host, instance).await;
        assert_eq!(
            count(&journal, |record| matches!(record, Record::EventAccepted(_))),
            usize::from(survives)
        );
        send(&host, instance, "rejected").await.unwrap();
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
        let mut seen = Vec::new();
        while let Some(event) = watch.next().await {
            if let WatchEvent::Entry(entry) = event {
                seen.push(JournalEntry::clone(&entry));
            }
        }
        assert_eq!(seen, history(&host, instance).await, "watchers miss nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_whose_commit_is_unknown_is_recorded_once_and_executed_once() {
    for fault in [Fault::Unacknowledged, Fault::Lost, Fault::Refused] {
        let world = World::new(Guests::new().on("only", |_| run_slow(100)));
        let host = world.host().await;
        let workflow = deploy(&host, small()).await;
        let instance = start(&host, &workflow).await;
        world.store.fail_write(1, fault);
        assert_eq!(
            ended(&host, instance).await,
            InstanceStatus::Completed,
            "{fault:?}"
        );
        let journal = history(&host, instance).await;
        assert_eq!(
            count(&journal, |record| matches!(record, Record::StepCompleted(_))),
            1,
            "{fault:?}"
        );
        assert_eq!(
            count(&journal, |record| matches!(record, Record::AttemptsLost { .. })),
            0,
            "{fault:?}"
        );
        assert_eq!(world.guests.seen.count("only"), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_commit_is_unknown_exists_or_not_as_its_answer_says() {
    for (fault, survives) in [(Fault::Unacknowledged, true), (Fault::Lost, false)] {
        let world = World::new(Guests::new());
        let host = world.host().await;
        let workflow = deploy(&host, small()).await;
        world.store.fail_write(1, fault);
        let started = host
            .start_instance(&workflow, Json::empty_object(), called("a"))
            .await;
        assert_eq!(started.is_ok(), survives, "{fault:?}: {started:?}");
        let all = host
            .list(Query {
                limit: 100,
                ..Query::default()
            })
            .await
            .unwrap();
        assert_eq!(all.summaries.len(), usize::from(survives));
        if let Ok(instance) = started {
            assert_eq!(
                ended(&host, instance).await,
                InstanceStatus::Completed,
                "and it is executed"
            );
        }
    }
}

/// Writes to an instance past its owner.
pub(crate) async fn write_behind_its_back(
    world: &World,
    host: &hephaestus_host::Host,
    instance: InstanceId,
    input: Input,
) {
    let state: InstanceState = host.get(&InstanceRef::Id(instance)).await.unwrap();
    let decision = decide(&state, &input, &EngineLimits::default(), world.now()).unwrap();
    let Decision::Records(records) = decision else {
        panic!("it is static")
    };
    let expected_version = state.version();
    let (_, change) = advance(state, records, world.now()).unwrap();
    let write = Write::Append {
        instance,
        expected_version,
        change,
    };
    assert_eq!(
        world.store.write(vec![write]).await.unwrap(),
        [WriteAnswer::Committed]
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_conflict_the_task_decides_again_on_what_it_finds() {
    let world = World::new(Guests::new().on("ship", |_| run_slow(100)));
    let host = world.host().await;
    let workflow = deploy(&host, approval()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let theirs = Input::Event {
        event: event("theirs", "approved"),
        routing: None,
    };
    write_behind_its_back(&world, &host, instance, theirs).await;
    let sent = send(&host, instance, "rejected").await;
    assert!(
        matches!(sent, Err(InstanceError::Refused(_))),
        "`approve` has ended meanwhile: {sent:?}"
    );
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(world.guests.seen.count("ship"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_store_lets_inputs_gather_into_one_commit() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("many", 1)
        .step(step("first").accepts("a", ["second"]))
        .step(step("second").accepts("b", ["third"]))
        .step(step("third").accepts("c", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "first").await;
    world.store.set_stalled(true);
    let before = world.store.writes();
    let mut senders = tokio::task::JoinSet::new();
    for name in ["b", "c", "a"] {
        let host = host.clone();
        senders.spawn(async move { send(&host, instance, name).await });
    }
    sleep_ms(1_000).await;
    assert_eq!(senders.len(), 3);
    assert!(senders.try_join_next().is_none(), "nothing is acknowledged");
    world.store.set_stalled(false);
    while let Some(sent) = senders.join_next().await {
        sent.unwrap().unwrap();
    }
    let journal = history(&host, instance).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::EventAccepted(_))),
        3
    );
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert!(
        world.store.writes() - before <= 4,
        "{}",
        world.store.writes() - before
    );
}

#[tokio::test(start_paused = true)]
async fn an_instance_whose_starter_went_away_is_executed_all_the_same() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    world.store.set_stalled(true);
    let starting = host.start_instance(&workflow, Json::empty_object(), StartOptions::default());
    let gone = tokio::time::timeout(Duration::from_millis(10), starting).await;
    assert!(gone.is_err(), "{gone:?}");
    world.store.set_stalled(false);
    sleep_ms(1_000).await;
    let query = Query {
        limit: 2,
        ..Query::default()
    };
    let found = host.list(query).await.unwrap();
    let statuses: Vec<_> = found.summaries.iter().map(|summary| summary.status).collect();
    assert_eq!(statuses, [InstanceStatus::Completed]);
}

/// Twenty instances come to something while the store is gone for an hour.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_gone_is_named_when_it_goes_and_when_it_is_back() {
    let world = World::new(Guests::new().on("only", |_| run_slow(100)));
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let mut instances = Vec::new();
    for _ in 0..20 {
        instances.push(start(&host, &workflow).await);
    }
    let log = Log::keep();
    world.store.set_down(true);
    sleep_ms(3_600_000).await;
    world.store.set_down(false);
    for instance in instances {
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    }
    let lines = log.lines();
    let said = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(
        said("the store can't be written: nothing is acknowledged"),
        1,
        "{lines:#?}"
    );
    assert_eq!(
        said("the store still can't be written"),
        5,
        "each ten minutes: {lines:#?}"
    );
    let over = lines
        .iter()
        .find(|line| line.contains("the store can be written again"));
    assert!(
        over.is_some_and(|line| line.contains("waited=20") && line.contains("lasted_s=36")),
        "{lines:#?}"
    );
    assert_eq!(said("the store can be written again"), 1, "{lines:#?}");
    assert_eq!(said("the store can't be read: "), 1, "{lines:#?}");
    assert_eq!(said("the store can be read again"), 1, "{lines:#?}");
    assert!(lines.len() <= 14, "and nothing for each instance: {lines:#?}");
}

/// Asked where to go, the workflow can't be brought to an answer so many times.
async fn routed_after(failures: usize, kind: FailureKind) -> (InstanceStatus, usize, String) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let world = World::new(Guests::new().routing(move |_, _| {
        let is_failing = count.fetch_add(1, Ordering::SeqCst) < failures;
        async move {
            match is_failing {
                true => Err(Failure::new(kind, "no end after 2 s")),
                false => Ok(vec!["left".parse().unwrap()]),
            }
        }
    }));
    let host = world.host().await;
    let workflow = WorkflowBuilder::new("choosy", 1)
        .step(step("only").emits_dynamic("ok", ["left", "right"]))
        .step(step("left").emits("ok", ["done"]))
        .step(step("right").emits("ok", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let instance = start(&host, &workflow).await;
    let status = ended(&host, instance).await;
    let failure = state(&host, instance).await.failure().cloned();
    let failure = failure.map(|it| format!("{}: {}", it.failure.kind, it.failure.message));
    (status, asked.load(Ordering::SeqCst), failure.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_choice_that_a_slow_host_did_not_get_is_asked_for_again() {
    for kind in [FailureKind::Deadline, FailureKind::Host] {
        let (status, asked, _) = routed_after(2, kind).await;
        assert_eq!((status, asked), (InstanceStatus::Completed, 3));
    }
    let (status, asked, failure) = routed_after(usize::MAX, FailureKind::Deadline).await;
    assert_eq!((status, asked), (InstanceStatus::Failed, 3));
    assert!(failure.starts_with("routing: "), "{failure}");
    assert!(failure.ends_with("no end after 2 s; asked 3 times"), "{failure}");
    // What the workflow itself does wrong is wrong at once.
    let (status, asked, _) = routed_after(1, FailureKind::Routing).await;
    assert_eq!((status, asked), (InstanceStatus::Failed, 1));
}

/// As when an instance is loaded: waiting mends nothing, and nobody waits for it.
#[tokio::test(start_paused = true)]
async fn a_commit_that_finds_the_store_damaged_is_not_tried_for_ever() {
    let world = World::new(Guests::new().on("only", |_| run_slow(100)));
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    let mut watch = host.watch(&instance.into(), 0).await.unwrap();
    world.store.fail_write(1, Fault::Damaged);
    let mut reasons = Vec::new();
    while let Some(event) = watch.next().await {
        if let WatchEvent::TaskFailed { reason } = event {
            reasons.push(reason);
        }
    }
    assert_eq!(reasons, ["the store is damaged: it was told to be damaged"]);
    let begun = tokio::time::Instant::now();
    host.shutdown(std::time::Duration::from_secs(60)).await;
    assert_eq!(begun.elapsed(), std::time::Duration::ZERO);

    let host = world.next_host(Recovery::All).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}
