//! A whole host on a disk that fails, and then loses its power: whatever it acknowledged is there and ends.
//!
//! The guests are scripted; the host, its runner and its store are those of production. What the world saw of it, and when,
//! is held against what is stored after the trouble, or in what the power left (see `world`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hephaestus_host::store::Store;
use hephaestus_host::store::sqlite::{SqliteStore, Synchronous};
use hephaestus_vfs::{Call, Fault, Op, Pattern, Platter};

use crate::images::check_integrity;
use crate::place::{DATABASE, Place};
use crate::settings::{factor, folder};
use crate::world::{World, component};

const CHECKPOINT_PAGES: u32 = 16;
const STARTS: u64 = 6;

/// Of so many points that are no syncs, one is tried.
const EVERY: usize = 5;

/// A fault, and when: from the `nth` call on, and `more` that follow it.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    fault: Fault,
    nth: u64,
    more: u64,
}

/// A host's life: how it ended, and what was done to its disk.
struct Life {
    world: World,
    trace: Vec<Op>,
    /// From when trouble can begin.
    calls: Vec<Call>,
    /// Of those, the ones before events were sent.
    calls_before_events: usize,
    reads: u64,
    /// How many calls failed.
    faults: u64,
    complaints: Vec<String>,
}

async fn live(trouble: Option<Trouble>) -> Life {
    let place = Arc::new(Place::new(Synchronous::Full, CHECKPOINT_PAGES));
    let seen = Arc::clone(&place);
    let world = World::new(move || seen.disk.position());
    let store = Arc::new(place.open().await.expect("the store opens"));
    let host = world.host(Arc::clone(&store) as Arc<dyn Store>).await;
    host.deploy(&component()).await.expect("it is deployed");
    let (changes, reads) = (place.disk.changes().len(), place.disk.reads());
    if let Some(Trouble { fault, nth, more }) = trouble {
        place.disk.fail(fault, nth, more);
    }
    let mut started = Vec::new();
    for number in 0..STARTS {
        // A starter without an answer asks again.
        for _ in 0..3 {
            if let Ok(instance) = world.start(&host, number, 300).await {
                started.push(instance);
                break;
            }
        }
    }
    let calls_before_events = place.disk.changes().len() - changes;
    for instance in started {
        let _ = world.approve(&host, instance, "customer").await;
    }
    place.disk.mend();
    let finished = world.finish(&host).await;
    let mut complaints = world.judge(&*store).await;
    complaints.extend(finished.err());
    complaints.extend(world.start(&host, STARTS, 300).await.err());
    host.shutdown(Duration::from_secs(1)).await;
    Life {
        trace: place.disk.trace(),
        calls: place.disk.changes().split_off(changes),
        calls_before_events,
        reads: place.disk.reads() - reads,
        faults: place.disk.faults(),
        complaints,
        world,
    }
}

/// The power fails: another host finds this, and brings it to its end.
async fn next_host(world: &World, point: usize, platter: &Platter, pattern: Pattern) -> Vec<String> {
    let folder = folder();
    let image = platter.survivors(pattern);
    image.write_into(folder.path()).expect("the image is written");
    let path = folder.path().join(DATABASE);
    let store = match SqliteStore::open(&path).await {
        Ok(store) => Arc::new(store),
        Err(error) => return vec![format!("it can't be opened: {error}")],
    };
    let world = world.until(point);
    let host = world.host(Arc::clone(&store) as Arc<dyn Store>).await;
    let finished = world.finish(&host).await;
    let mut complaints = world.judge(&*store).await;
    complaints.extend(finished.err());
    host.shutdown(Duration::from_secs(1)).await;
    complaints.extend(check_integrity(&path).err());
    complaints
}

/// The power fails at each of these points, in each of these ways.
fn lose_power(
    life: &Life,
    points: &[(usize, Platter)],
    patterns: impl Fn(usize) -> Vec<Pattern> + Sync,
) -> Vec<String> {
    on_all_cores(points, |runtime, (point, platter)| {
        let mut complaints = Vec::new();
        for pattern in patterns(*point) {
            let found = runtime.block_on(next_host(&life.world, *point, platter, pattern));
            complaints.extend(
                found
                    .iter()
                    .map(|it| format!("after {point} ops, {pattern:?}: {it}")),
            );
        }
        complaints
    })
}

/// Before each sync, every so often between them, and at the end; with what the disk had been told by then.
fn points(trace: &[Op], every: usize) -> Vec<(usize, Platter)> {
    let mut points = Vec::new();
    let mut platter = Platter::new();
    for (point, op) in trace.iter().enumerate() {
        if op.is_sync() || point % every == 0 {
            points.push((point, platter.clone()));
        }
        platter.apply(op);
    }
    points.push((trace.len(), platter));
    points
}

fn every() -> usize {
    (EVERY / factor() as usize).max(1)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

/// Does all of `jobs` on all cores; the complaints.
fn on_all_cores<T: Sync>(
    jobs: &[T],
    job: impl Fn(&tokio::runtime::Runtime, &T) -> Vec<String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let runtime = runtime();
                while let Some(it) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = job(&runtime, it);
                    complaints.lock().unwrap().extend(found);
                }
            });
        }
    });
    complaints.into_inner().unwrap()
}

#[test]
fn a_host_that_loses_its_power_keeps_what_it_acknowledged() {
    let life = runtime().block_on(live(None));
    assert!(life.complaints.is_empty(), "{:#?}", life.complaints);
    let points = points(&life.trace, every());
    let patterns = |point| vec![Pattern::Nothing, Pattern::Sectors(point as u64)];
    let complaints = lose_power(&life, &points, patterns);
    let (acknowledged, shown) = life.world.figures();
    println!(
        "hosts: {} ops, {} points of power loss, two survivals each that another host went on with; {acknowledged} \
         starts and events acknowledged, {shown} entries shown to watchers",
        life.trace.len(),
        points.len(),
    );
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What is missed if the disk lies from the `nth` call on.
fn missed_after_lies(nth: usize) -> Vec<String> {
    let lies = Trouble {
        fault: Fault::Lied,
        nth: nth as u64,
        more: u64::MAX,
    };
    let mut life = runtime().block_on(live(Some(lies)));
    assert!(life.complaints.is_empty(), "{:#?}", life.complaints);
    // What is damaged never ends.
    life.world.patience = Duration::from_secs(1);
    lose_power(&life, &points(&life.trace, every()), |_| vec![Pattern::Nothing])
}

#[test]
fn a_disk_that_lies_to_a_host_is_found_out() {
    let calm = runtime().block_on(live(None));
    let mut missed = missed_after_lies(1);
    // Where a start is lost, nobody can say that its event is.
    missed.extend(missed_after_lies(calm.calls_before_events));
    for loss in [
        "its start was acknowledged, but the store doesn't have it",
        "was acknowledged, but isn't in the journal",
        "was shown, and is gone",
    ] {
        let found = missed.iter().filter(|it| it.contains(loss)).count();
        println!("hosts: on a disk that lies, {found} times: {loss}");
        assert!(found > 0, "{loss}: {missed:#?}");
    }
}

/// Each sync, and every so often each other call, alone or with some that follow it.
fn troubles(calm: &Life) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for fault in [
        Fault::Refused,
        Fault::Unacknowledged,
        Fault::Full,
        Fault::Short,
        Fault::Unsynced,
        Fault::Slow(Duration::from_millis(1)),
        Fault::Unread,
    ] {
        let calls = match fault {
            Fault::Unread => &vec![Call::Read; calm.reads as usize],
            _ => &calm.calls,
        };
        let mut concerned = 0;
        for (index, call) in calls.iter().enumerate() {
            if !fault.concerns(*call) {
                continue;
            }
            concerned += 1;
            if *call == Call::Sync || concerned % every() == 0 {
                let (nth, more) = (index as u64 + 1, (index % 3) as u64 * 15);
                troubles.push(Trouble { fault, nth, more });
            }
        }
    }
    troubles
}

#[test]
fn a_host_whose_disk_fails_keeps_what_it_acknowledged_and_goes_on() {
    let calm = runtime().block_on(live(None));
    let troubles = troubles(&calm);
    let (faults, losses) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let complaints = on_all_cores(&troubles, |runtime, trouble| {
        let life = runtime.block_on(live(Some(*trouble)));
        faults.fetch_add(life.faults as usize, Ordering::Relaxed);
        let complaints = life.complaints.iter();
        let mut complaints: Vec<String> = complaints.map(|it| format!("{trouble:?}: {it}")).collect();
        if life.trace.iter().any(|op| matches!(op, Op::FailedSync { .. })) {
            let mut platter = Platter::new();
            life.trace.iter().for_each(|op| platter.apply(op));
            losses.fetch_add(1, Ordering::Relaxed);
            let found = next_host(&life.world, life.trace.len(), &platter, Pattern::Nothing);
            let found = runtime.block_on(found);
            complaints.extend(found.iter().map(|it| format!("{trouble:?}, and the power: {it}")));
        }
        complaints
    });
    println!(
        "hosts: {} lives on a disk that fails, {faults:?} calls failed or were slow; {losses:?} of them lost their power at \
         the end",
        troubles.len()
    );
    assert!(faults.into_inner() >= troubles.len() / 2, "the faults come");
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// A host that was built with this setting, and how often its log was synced while it brought instances to their end.
async fn syncs_of_the_log(synchronous: Synchronous) -> usize {
    let place = Place::new(synchronous, u32::MAX);
    let world = World::new(|| 0);
    let host = world.host_at(&place).await;
    host.deploy(&component()).await.expect("it is deployed");
    let begin = place.disk.position();
    for number in 0..STARTS {
        world.start(&host, number, 300).await.expect("it is started");
    }
    world.finish(&host).await.expect("all end");
    let trace = place.disk.trace();
    let is_of_log = |op: &&Op| op.is_sync() && op.file().ends_with("-wal");
    trace[begin..].iter().filter(is_of_log).count()
}

#[test]
fn what_an_embedder_chooses_is_what_the_disk_is_asked_for() {
    let runtime = runtime();
    let full = runtime.block_on(syncs_of_the_log(Synchronous::Full));
    let normal = runtime.block_on(syncs_of_the_log(Synchronous::Normal));
    println!("hosts: {full} syncs of the log with full, {normal} with normal");
    assert!(full >= STARTS as usize, "each start waits for one: {full}");
    assert_eq!(normal, 0, "none, as long as the log isn't moved");
}
