//! A disk that is really full: a small file system in memory.
//!
//! Only root may mount one, or who is root in a namespace of their own. So the test runs itself again, in such a namespace:
//! the mount is seen by nobody else, and gone with the process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hephaestus_host::store::Store;
use hephaestus_host::store::sqlite::{SqliteOptions, SqliteStore};

use crate::images::check_integrity;
use crate::place::DATABASE;
use crate::world::{World, component};

const SIZE: &str = "4m";

/// Taken away to make room.
const FILLER_BYTES: usize = 2 << 20;

/// Set for the run inside: the folder where the small disk is mounted.
const FOLDER: &str = "HEPHAESTUS_SMALL_DISK";

const NAME: &str = "full::a_disk_that_is_really_full_loses_nothing_and_the_host_goes_on";

/// The script's answer when it can't mount; a test that fails answers 101.
const CANNOT_MOUNT: i32 = 77;

/// As root, and as somebody who becomes root for this.
const NAMESPACES: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// Runs this test on a small disk that is mounted for it, in this namespace.
fn run_inside(namespace: &[&str], folder: &Path) -> std::io::Result<Output> {
    let script = format!(
        r#"mount -t tmpfs -o size={SIZE} tmpfs "$0" || exit {CANNOT_MOUNT}; exec "$1" --exact {NAME} --nocapture"#
    );
    Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", &script])
        .arg(folder)
        .arg(std::env::current_exe()?)
        .env(FOLDER, folder)
        .output()
}

#[test]
fn a_disk_that_is_really_full_loses_nothing_and_the_host_goes_on() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        return runtime.unwrap().block_on(fill(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut reasons = Vec::new();
    for namespace in NAMESPACES {
        let output = match run_inside(namespace, folder.path()) {
            Ok(output) => output,
            Err(error) => {
                reasons.push(format!("`unshare`: {error}"));
                continue;
            }
        };
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        if output.status.success() {
            assert!(out.contains("1 passed"), "it ran: {out}");
            let figures = out.lines().filter(|line| line.contains("a real full disk"));
            return figures.for_each(|line| println!("{line}"));
        }
        assert!(output.status.code() != Some(101), "{out}{err}");
        reasons.push(err.trim().to_owned());
    }
    // Not `eprintln!`: what that writes is shown of tests that fail only, and a skipped check must be seen.
    let said = writeln!(
        std::io::stderr(),
        "SKIPPED {NAME}: a small tmpfs can't be mounted, neither as root nor in a user namespace ({})",
        reasons.join("; ")
    );
    said.expect("standard error is open");
}

async fn open(path: PathBuf) -> Arc<SqliteStore> {
    let mut options = SqliteOptions::default();
    options.checkpoint_pages = 64;
    let store = SqliteStore::open_with(path, options).await;
    Arc::new(store.expect("the store opens"))
}

/// What the host says.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// This run is a process of its own: all that is logged from now on, by all its threads.
    fn keep() -> Self {
        let log = Self::default();
        let pen = log.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false);
        lines.with_writer(move || pen.clone()).init();
        log
    }

    fn lines_with(&self, what: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().filter(|line| line.contains(what));
        lines.map(str::to_owned).collect()
    }
}

async fn fill(disk: &Path) {
    let log = Log::keep();
    let path = disk.join(DATABASE);
    let filler = disk.join("filler");
    std::fs::write(&filler, vec![1; FILLER_BYTES]).expect("there is room yet");
    let world = World::new(|| 0);
    let store = open(path.clone()).await;
    let host = world.host(Arc::clone(&store) as Arc<dyn Store>).await;
    host.deploy(&component()).await.expect("it is deployed");

    let (mut refused, mut started) = (Vec::new(), 0);
    for number in 0.. {
        match world.start(&host, number, 20_000).await {
            Ok(_) => started += 1,
            Err(error) => refused.push(error),
        }
        if refused.len() >= 5 {
            break;
        }
    }
    assert!(started > 10, "there was room for some: {started}");
    let says_so = |error: &String| error.contains("full") && error.contains("make room");
    assert!(refused.iter().any(says_so), "{refused:?}");
    let more = world.start(&host, 100_000, 20_000).await;
    assert!(more.is_err(), "it is still full");
    let said = log.lines_with("the store can't be written: nothing is acknowledged");
    assert!(said.len() == 1 && says_so(&said[0]), "once: {said:#?}");

    std::fs::remove_file(&filler).expect("room is made");
    assert_eq!(world.finish(&host).await, Ok(()));
    let said = log.lines_with("the store can be written again");
    assert_eq!(said.len(), 1, "{said:#?}");
    println!("a real full disk, the log: {}", said[0]);
    assert!(world.start(&host, 100_001, 10).await.is_ok(), "it takes more");
    assert_eq!(world.finish(&host).await, Ok(()));
    let (acknowledged, shown) = world.figures();
    println!(
        "a real full disk: {started} starts until it was full, {} refused; {acknowledged} starts and events acknowledged, \
         {shown} entries shown to watchers",
        refused.len() + 1,
    );
    let complaints = world.judge(&*store).await;
    assert!(complaints.is_empty(), "{complaints:#?}");
    host.shutdown(Duration::from_secs(1)).await;
    drop((host, store));

    check_integrity(&path).expect("the file is sound");
    let store = open(path).await;
    let complaints = world.judge(&*store).await;
    assert!(complaints.is_empty(), "after a restart: {complaints:#?}");
}
