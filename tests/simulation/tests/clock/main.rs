//! Ten thousand timers, and a wall clock that jumps by a year: each comes once, none is lost, none early, and there is no
//! storm.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says so by failing, and shows its figures"
)]

mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::Timestamp;
use hephaestus_core::engine::{Cause, InstanceStatus, Record};
use hephaestus_host::runner::{Clock, SystemClock};
use hephaestus_host::store::Query;

use world::{FIRING, Jumping, RUNNING, World};

const TIMERS: u64 = 10_000;
const NOW: u64 = 1_700_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn system(at: Timestamp) -> Arc<dyn Clock> {
    Arc::new(SystemClock::starting_at(at))
}

/// All have ended, by their timers, each once and not before it was due.
async fn check_all_came(world: &World, host: &hephaestus_host::Host) {
    let all = Query {
        limit: usize::MAX,
        ..Query::default()
    };
    let page = host.list(all).await.unwrap();
    assert_eq!(page.summaries.len() as u64, TIMERS);
    for summary in page.summaries {
        assert_eq!(summary.status, InstanceStatus::Completed);
        let journal = host.history(&summary.instance.into()).await.unwrap();
        let mut due = BTreeSet::new();
        let mut came = 0;
        for entry in &journal {
            match &entry.record {
                Record::StepWaiting { timer, .. } => due.extend(timer.as_ref().map(|timer| timer.due)),
                Record::StepCompleted(step) if matches!(step.cause, Cause::Timer(_)) => {
                    came += 1;
                    let due = *due.first().expect("the timer was set");
                    assert!(entry.at >= due, "{:?} is before {due:?}", entry.at);
                }
                _ => {}
            }
        }
        assert_eq!(came, 1, "{journal:#?}");
    }
    assert_eq!(
        world.counts.late_steps(),
        TIMERS,
        "the step behind each timer runs once"
    );
}

/// What a storm would exceed.
fn check_no_storm(world: &World) {
    let (loads, attempts) = (world.counts.most_loads(), world.counts.most_attempts());
    println!("{loads} instances read and {attempts} attempts at once, at most");
    assert!(loads > 1 && loads <= FIRING, "{loads} journals are read at once");
    assert!(
        attempts > 1 && attempts <= RUNNING,
        "{attempts} attempts run at once"
    );
}

#[tokio::test(start_paused = true)]
async fn across_restarts() {
    let world = World::new();
    let host = world.host(system(Timestamp(NOW))).await;
    world.start_all(&host, TIMERS, HOUR).await;
    drop(host);

    // Set back by a year: nothing comes before its time, and who waits for that asks the store now and then.
    world.counts.reset();
    let host = world
        .host(system(Timestamp(NOW - u64::try_from(YEAR.as_millis()).unwrap())))
        .await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(world.counts.writes(), 0);
    assert_eq!(world.counts.late_steps(), 0);
    let scans = world.counts.scans();
    println!("{scans} scans in an hour in which nothing is due");
    assert!((1..=120).contains(&scans), "{scans} scans in an hour");
    drop(host);

    // Set forward by a year: all are overdue at once.
    world.counts.reset();
    let host = world.host(system(Timestamp(NOW).after(YEAR))).await;
    tokio::time::sleep(HOUR).await;
    check_all_came(&world, &host).await;
    check_no_storm(&world);
    let (writes, scans) = (world.counts.writes(), world.counts.scans());
    println!("{writes} writes, {scans} scans");
    assert_eq!(writes, 2 * TIMERS, "the timer, and the end of the step behind it");
    assert!(scans <= 500, "{scans} scans");
}

#[tokio::test(start_paused = true)]
async fn within_a_run_as_time_passes() {
    // The machine's own clock shows something else all the time: a second of it is hours of this.
    let world = World::new();
    let host = world.host(system(Timestamp(NOW))).await;
    world.start_all(&host, TIMERS, HOUR).await;
    tokio::time::sleep(3 * HOUR).await;
    check_all_came(&world, &host).await;
    world.check_none_early();
    check_attempts(&world);
}

fn check_attempts(world: &World) {
    let attempts = world.counts.most_attempts();
    assert!(attempts <= RUNNING, "{attempts} attempts run at once");
}

#[tokio::test(start_paused = true)]
async fn within_a_run_whose_clock_jumps() {
    // No clock of a host should: an embedder's may.
    let clock = Arc::new(Jumping::starting_at(Timestamp(NOW)));
    let world = World::new();
    let host = world.host(Arc::clone(&clock) as Arc<dyn Clock>).await;
    world.start_all(&host, TIMERS, HOUR).await;

    world.counts.reset();
    clock.set_back(YEAR);
    tokio::time::sleep(HOUR).await;
    assert_eq!(world.counts.late_steps(), 0, "nothing is due yet");
    assert!(
        world.counts.scans() <= 120,
        "{} scans in an hour",
        world.counts.scans()
    );

    clock.set_forward(2 * YEAR);
    tokio::time::sleep(HOUR).await;
    check_all_came(&world, &host).await;
    check_no_storm(&world);
    assert_eq!(world.counts.writes(), 2 * TIMERS);
}
