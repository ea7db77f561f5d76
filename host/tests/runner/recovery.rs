//! What a host goes on with that follows another one on the same store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hephaestus_core::InstanceId;
use hephaestus_core::definition::{WorkflowBuilder, step};
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{LoadError, Runner};
use hephaestus_host::store::Query;
use hephaestus_host::{DeployError, Host, Recovery};

use crate::guests::{Guests, Seen, completed, wait_at_most};
use crate::world::{World, component, deploy, sleep_ms, start, waits};

fn slow() -> Guests {
    Guests::new().on("only", |_| async {
        sleep_ms(100).await;
        completed("ok")
    })
}

fn small() -> WorkflowBuilder {
    WorkflowBuilder::new("small", 1).step(step("only").emits("ok", ["done"]))
}

/// Its bytes stay damaged: trying again for ever would only fill the log.
#[tokio::test(start_paused = true)]
async fn damaged_code_is_not_run_and_not_tried_again_for_ever() {
    let workflow = || {
        let waiting = step("only").emits("ok", ["done"]).accepts("timeout", ["done"]);
        WorkflowBuilder::new("small", 1).step(waiting)
    };
    let guests = Guests::new().on("only", |_| async { wait_at_most(Duration::from_secs(60)) });
    let world = World::new(guests);
    let host = world.host().await;
    let name = deploy(&host, workflow()).await;
    let instance = start(&host, &name).await;
    waits(&host, instance, "only").await;
    drop(host);
    sleep_ms(1).await;

    world
        .store
        .damage_component(hephaestus_host::deploy::digest(&component(workflow())));
    let host = world.next_host(Recovery::All).await;
    let loads = || world.guests.seen.loads.load(Ordering::SeqCst);
    let before = loads();
    sleep_ms(3_600_000).await;
    assert_eq!(loads() - before, 1, "the timer tries it once");
    let error = host.get(&instance.into()).await.unwrap_err();
    let expected = "was damaged";
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_damaged_summary_keeps_no_other_instance_from_its_recovery() {
    let world = World::new(slow());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let mut instances = Vec::new();
    for _ in 0..5 {
        instances.push(start(&host, &workflow).await);
    }
    drop(host);
    sleep_ms(1).await;
    let damaged = instances.remove(2);
    world.store.damage_summary(damaged);

    let mut limits = RunnerLimits::default();
    limits.page = 1;
    let host = world.builder().seed(2).limits(limits).build().await.unwrap();
    sleep_ms(1_000).await;
    let all = Query {
        limit: 10,
        ..Query::default()
    };
    let page = host.list(all).await.unwrap();
    instances.reverse();
    let readable: Vec<_> = page
        .summaries
        .iter()
        .map(|found| (found.instance, found.status))
        .collect();
    let completed = instances
        .into_iter()
        .map(|instance| (instance, InstanceStatus::Completed));
    assert_eq!(readable, completed.collect::<Vec<_>>());
    assert_eq!(page.damaged.len(), 1);
    assert_eq!(page.damaged[0].instance, damaged);
}

#[tokio::test(start_paused = true)]
async fn what_the_host_fails_to_load_is_tried_again() {
    let world = World::new(slow());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    drop(host);
    sleep_ms(1).await;
    world.guests.seen.failing_loads.store(3, Ordering::SeqCst);

    let host = world.next_host(Recovery::All).await;
    sleep_ms(10).await;
    assert_eq!(host.runner().residents(), [], "the first try has failed");
    assert_eq!(
        ended_within(&host, 5_000).await,
        [(instance, InstanceStatus::Completed)]
    );
}

/// A host that is busy doesn't let proven code describe itself in time: neither what runs nor a timer is given up.
#[tokio::test(start_paused = true)]
async fn what_has_no_time_to_describe_itself_is_tried_again() {
    let world = World::new(slow());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let running = start(&host, &workflow).await;
    let workflow = WorkflowBuilder::new("patient", 1).step(step("hold").accepts("timeout", ["done"]));
    let workflow = deploy(&host, workflow).await;
    let waiting = start(&host, &workflow).await;
    host.schedule_resume(
        &waiting.into(),
        &"hold".parse().unwrap(),
        Duration::from_millis(500),
    )
    .await
    .unwrap();
    drop(host);
    sleep_ms(1_000).await;
    world.guests.seen.is_slow.store(true, Ordering::SeqCst);
    world.guests.seen.failing_loads.store(6, Ordering::SeqCst);

    let host = world.next_host(Recovery::All).await;
    let mut ended = ended_within(&host, 10_000).await;
    ended.sort_by_key(|(instance, _)| *instance);
    assert_eq!(
        ended,
        [
            (running, InstanceStatus::Completed),
            (waiting, InstanceStatus::Completed)
        ]
    );
    // Nobody has proven this one.
    world.guests.seen.failing_loads.store(1, Ordering::SeqCst);
    let other = component(WorkflowBuilder::new("other", 1).step(step("only").emits("ok", ["done"])));
    let refused = host.deploy(&other).await;
    assert!(
        matches!(refused, Err(DeployError::Load(LoadError::Undescribed { .. }))),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_crashed_comes_back_when_its_code_can_be_loaded_again() {
    let seen = Arc::<std::sync::OnceLock<Arc<Seen>>>::default();
    let guests = Guests::new().on("only", {
        let seen = Arc::clone(&seen);
        move |_| {
            let seen = Arc::clone(seen.get().unwrap());
            async move {
                sleep_ms(10).await;
                let kept = std::mem::take(&mut *seen.kept.lock().unwrap());
                if !kept.is_empty() && seen.count("only") == 1 {
                    seen.failing_loads.store(3, Ordering::SeqCst);
                    drop(kept);
                    panic!("the executor has a bug");
                }
                completed("ok")
            }
        }
    });
    let world = World::new(guests);
    assert!(seen.set(Arc::clone(&world.guests.seen)).is_ok());
    let host = world.host().await;
    let workflow = deploy(&host, small()).await;
    let instance = start(&host, &workflow).await;
    assert_eq!(
        ended_within(&host, 5_000).await,
        [(instance, InstanceStatus::Completed)]
    );
    assert_eq!(world.guests.seen.failing_loads.load(Ordering::SeqCst), 0);
}

/// What the store shows after this time: nobody touches the instances meanwhile.
async fn ended_within(host: &Host, ms: u64) -> Vec<(InstanceId, InstanceStatus)> {
    sleep_ms(ms).await;
    let all = Query {
        limit: 10,
        ..Query::default()
    };
    let found = host.list(all).await.unwrap().summaries;
    found
        .iter()
        .map(|summary| (summary.instance, summary.status))
        .collect()
}
