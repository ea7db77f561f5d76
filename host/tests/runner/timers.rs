//! Durable timers.

use std::time::Duration;

use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::{InstanceStatus, Record, Refusal};
use hephaestus_core::{Json, TimerId};
use hephaestus_host::Recovery;
use hephaestus_host::runner::{InstanceError, Runner, StartOptions};
use tokio::time::Instant;

use crate::guests::{Guests, completed, wait, wait_at_most};
use crate::world::{
    World, count, deploy, ended, event_of, history, send, sleep_ms, start, state, status, waits,
};

pub(crate) fn patient() -> WorkflowBuilder {
    WorkflowBuilder::new("patient", 1).step(
        step("approve")
            .accepts("approved", ["done"])
            .accepts("timeout", ["done"]),
    )
}

fn waits_for(patience: Duration) -> Guests {
    Guests::new().on("approve", move |_| async move { wait_at_most(patience) })
}

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test(start_paused = true)]
async fn a_wait_times_out_on_time() {
    for patience in [
        Duration::from_millis(1),
        Duration::from_millis(100),
        Duration::from_secs(59),
        Duration::from_secs(60),
        Duration::from_secs(61),
        DAY,
    ] {
        let world = World::new(waits_for(patience));
        let host = world.host().await;
        let workflow = deploy(&host, patient()).await;
        let begun = Instant::now();
        let instance = start(&host, &workflow).await;
        assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
        assert_eq!(
            event_of(&state(&host, instance).await, "approve").as_deref(),
            Some("timeout")
        );
        let late = begun.elapsed().checked_sub(patience).expect("never early");
        assert!(late <= Duration::from_millis(5), "{patience:?}: {late:?} late");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ended_before_its_timer_is_left_in_peace() {
    let world = World::new(waits_for(DAY));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    send(&host, instance, "approved").await.unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let journal = history(&host, instance).await;
    tokio::time::sleep(2 * DAY).await;
    assert_eq!(history(&host, instance).await, journal);
    assert!(host.runner().residents().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_timer_survives_the_host_and_fires_late_rather_than_never() {
    let world = World::new(waits_for(DAY));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let on_time = start(&host, &workflow).await;
    waits(&host, on_time, "approve").await;
    drop(host);
    tokio::time::sleep(DAY / 2).await;

    let host = world.next_host(Recovery::All).await;
    let late = start(&host, &workflow).await;
    waits(&host, late, "approve").await;
    assert_eq!(status(&host, on_time).await, InstanceStatus::Waiting);
    assert_eq!(ended(&host, on_time).await, InstanceStatus::Completed);
    drop(host);
    tokio::time::sleep(2 * DAY).await;

    let host = world.next_host(Recovery::Activated).await;
    sleep_ms(1_000).await;
    assert_eq!(
        status(&host, late).await,
        InstanceStatus::Waiting,
        "not this host's"
    );
    drop(host);
    let host = world.next_host(Recovery::All).await;
    sleep_ms(10).await;
    assert_eq!(status(&host, late).await, InstanceStatus::Completed);
    let journal = history(&host, late).await;
    assert_eq!(
        count(&journal, |record| matches!(record, Record::StepCompleted(_))),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn limits_of_zero_keep_no_timer_from_firing() {
    let world = World::new(waits_for(Duration::from_secs(10)));
    let host = world
        .host_with(|limits| {
            limits.max_firing_timers = 0;
            limits.page = 0;
        })
        .await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_is_due_while_the_store_is_down_fires_when_it_is_back() {
    let world = World::new(waits_for(Duration::from_secs(10)));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    sleep_ms(9_000).await;
    world.store.set_down(true);
    sleep_ms(11_000).await;
    world.store.set_down(false);
    let back = Instant::now();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert!(back.elapsed() <= Duration::from_secs(6), "{:?}", back.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_starts_while_the_store_is_down_finds_its_timers_later() {
    let world = World::new(waits_for(Duration::from_secs(20)));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let begun = Instant::now();
    host.shutdown(Duration::ZERO).await;
    world.store.set_down(true);
    let host = world.next_host(Recovery::All).await;
    sleep_ms(1_000).await;
    world.store.set_down(false);
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert!(begun.elapsed() < Duration::from_secs(21), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_one_shot_host_fires_the_timers_of_what_it_activated() {
    let world = World::new(waits_for(DAY));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let (mine, other) = (start(&host, &workflow).await, start(&host, &workflow).await);
    waits(&host, mine, "approve").await;
    waits(&host, other, "approve").await;
    drop(host);
    let host = world.next_host(Recovery::Activated).await;
    host.activate(&mine.into()).await.unwrap();
    assert_eq!(ended(&host, mine).await, InstanceStatus::Completed);
    assert_eq!(status(&host, other).await, InstanceStatus::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_resume_sends_timeout_once() {
    let world = World::new(Guests::new());
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    waits(&host, instance, "approve").await;
    let approve = "approve".parse().unwrap();
    let zero = host
        .schedule_resume(&instance.into(), &approve, Duration::ZERO)
        .await;
    assert!(
        matches!(zero, Err(InstanceError::Refused(Refusal::InvalidDelay))),
        "{zero:?}"
    );
    let cancelled = host
        .schedule_resume(&instance.into(), &approve, Duration::from_secs(10))
        .await
        .unwrap();
    let kept = host
        .schedule_resume(&instance.into(), &approve, Duration::from_secs(20))
        .await
        .unwrap();
    assert_ne!(cancelled, kept);
    host.cancel_timer(cancelled).await.unwrap();
    let again = host.cancel_timer(cancelled).await;
    assert!(
        matches!(again, Err(InstanceError::Refused(Refusal::UnknownTimer { .. }))),
        "{again:?}"
    );
    let nobody = TimerId { number: 99, ..kept };
    assert!(host.cancel_timer(nobody).await.is_err());
    let begun = Instant::now();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    let took = begun.elapsed();
    assert!(
        (Duration::from_millis(19_900)..Duration::from_millis(20_010)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_resume_that_comes_before_the_wait_is_kept_for_it() {
    let guests = Guests::new().on("approve", |_| async {
        sleep_ms(60_000).await;
        wait()
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let instance = start(&host, &workflow).await;
    let approve = "approve".parse().unwrap();
    host.schedule_resume(&instance.into(), &approve, Duration::from_secs(1))
        .await
        .unwrap();
    let begun = Instant::now();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Completed);
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_takes_too_long_fails() {
    let guests = Guests::new().on("approve", |_| async {
        tokio::time::sleep(DAY).await;
        completed("timeout")
    });
    let world = World::new(guests);
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let options = StartOptions {
        deadline: Some(Duration::from_secs(90)),
        ..StartOptions::default()
    };
    let begun = Instant::now();
    let instance = host
        .start_instance(&workflow, Json::empty_object(), options)
        .await
        .unwrap();
    assert_eq!(ended(&host, instance).await, InstanceStatus::Failed);
    assert_eq!(begun.elapsed().as_secs(), 90);
    let kind = state(&host, instance).await.failure().unwrap().failure.kind;
    assert_eq!(kind.as_str(), "deadline");
}

#[tokio::test(start_paused = true)]
async fn many_timers_that_are_due_at_once_are_no_storm_and_none_is_lost() {
    let world = World::new(waits_for(DAY));
    let host = world.host().await;
    let workflow = deploy(&host, patient()).await;
    let mut instances = Vec::new();
    for _ in 0..500 {
        instances.push(start(&host, &workflow).await);
    }
    sleep_ms(1_000).await;
    drop(host);
    tokio::time::sleep(2 * DAY).await;

    let mut limits = hephaestus_host::runner::local::RunnerLimits::default();
    limits.page = 20;
    limits.max_firing_timers = 4;
    let host = world.builder().seed(2).limits(limits).build().await.unwrap();
    // In memory nothing takes time: what is bounded shows as the number of resident instances.
    let mut peak = 0;
    for _ in 0..100_000 {
        peak = peak.max(host.runner().residents().len());
        tokio::task::yield_now().await;
    }
    assert!(peak > 0 && peak <= 8, "{peak} at the same time");
    for instance in instances {
        assert_eq!(status(&host, instance).await, InstanceStatus::Completed);
        let journal = history(&host, instance).await;
        assert_eq!(
            count(&journal, |record| matches!(record, Record::StepCompleted(_))),
            1
        );
    }
}
