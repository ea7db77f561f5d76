//! What the compiler made is used again by the next host, and whatever happens to it costs a compilation at most. The faults
//! of single bytes and files are planted in the unit tests of the cache.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hephaestus_core::engine::Outcome;
use hephaestus_host::runner::{LoadError, StepExecutor};
use hephaestus_host::sandbox::{CodeCacheOptions, SandboxOptions, WasmExecutor};

use crate::padding::padded;
use crate::{attempt, component, executor, load, options};

fn cached(folder: &Path) -> SandboxOptions {
    let mut options = options();
    options.limits.compile_deadline = Duration::from_secs(600);
    options.code_cache = Some(CodeCacheOptions::new(folder));
    options
}

/// A folder that nobody else can use.
fn private() -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().expect("a folder")
}

fn start(folder: &Path) -> WasmExecutor {
    executor(cached(folder))
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test]
async fn the_second_start_compiles_nothing_and_runs_the_same() {
    let folder = private();
    let component = component("raw-wit");
    for compiled in [1, 0, 0] {
        let executor = start(folder.path());
        let workflow = load(&executor, &component).await.expect("it loads");
        assert_eq!(executor.compiled(), compiled);
        let report = executor
            .sandbox(&workflow)
            .execute(attempt("prepare", "{}"))
            .await;
        assert!(matches!(report.outcome, Outcome::Completed { .. }), "{report:?}");
    }
    assert_eq!(entries(folder.path()).len(), 1);
}

#[tokio::test]
async fn without_a_folder_each_start_compiles() {
    for _ in 0..2 {
        let executor = executor(options());
        load(&executor, &component("raw-wit")).await.expect("it loads");
        assert_eq!(executor.compiled(), 1);
    }
}

#[tokio::test]
async fn what_was_damaged_is_compiled_again_once() {
    let folder = private();
    let component = component("raw-wit");
    load(&start(folder.path()), &component).await.expect("it loads");
    let entry = entries(folder.path()).remove(0);
    let whole = std::fs::read(&entry).expect("the entry");
    for at in [0, 100, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&entry, &damaged).expect("written");
        for compiled in [1, 0] {
            let executor = start(folder.path());
            load(&executor, &component).await.expect("it loads");
            assert_eq!(executor.compiled(), compiled, "byte {at}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_a_compilation_only() {
    let folder = private();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    for _ in 0..2 {
        let executor = start(&file);
        load(&executor, &component("raw-wit")).await.expect("it loads");
        assert_eq!(executor.compiled(), 1);
    }
}

#[tokio::test]
async fn a_component_that_is_refused_is_refused_from_the_cache_too() {
    let folder = private();
    let empty = b"\0asm\x0d\0\x01\0";
    let mut refusals = Vec::new();
    for compiled in [1, 0] {
        let executor = start(folder.path());
        let refused = load(&executor, empty).await.expect_err("it exports nothing");
        assert!(matches!(refused, LoadError::Refused { .. }), "{refused}");
        assert_eq!(executor.compiled(), compiled);
        refusals.push(refused.to_string());
    }
    assert_eq!(refusals[0], refusals[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_start_at_once() {
    let folder = private();
    let component = component("raw-wit");
    let (one, other) = (start(folder.path()), start(folder.path()));
    let (first, second) = tokio::join!(load(&one, &component), load(&other, &component));
    first.expect("it loads");
    second.expect("it loads");
    let third = start(folder.path());
    load(&third, &component).await.expect("it loads");
    assert_eq!(third.compiled(), 0);
    assert_eq!(entries(folder.path()).len(), 1);
}

/// The figure of issue 5: a component like one that brings a JavaScript engine.
#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_start_the_second_time_in_milliseconds() {
    let folder = private();
    let component = padded(&component("raw-wit"), 10_000_000);
    let mut times = Vec::new();
    for compiled in [1, 0, 0, 0] {
        let begin = Instant::now();
        let executor = start(folder.path());
        load(&executor, &component).await.expect("it loads");
        times.push(begin.elapsed());
        assert_eq!(executor.compiled(), compiled);
    }
    let entry = entries(folder.path()).remove(0);
    let entry_bytes = entry.metadata().expect("the entry").len();
    let (first, second) = (times[0], times[1..].iter().min().expect("three"));
    println!(
        "a component of {} bytes: first start {first:?}, later ones {:?}, entry of {entry_bytes} bytes",
        component.len(),
        &times[1..],
    );
    assert!(first > Duration::from_secs(1), "nothing to compile: {first:?}");
    assert!(*second * 20 <= first, "{second:?} is no twentieth of {first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compiling_has_a_deadline_and_so_many_threads() {
    let folder = private();
    let mut options = cached(folder.path());
    options.limits.compile_deadline = Duration::from_millis(5);
    let executor = executor(options);
    // None of them is compiled when the last one begins.
    let components: Vec<Vec<u8>> = (0..4)
        .map(|extra| padded(&component("raw-wit"), 2_000_000 + extra * 10_000))
        .collect();
    for component in &components[..3] {
        let late = load(&executor, component).await.expect_err("it takes longer");
        let text = late.to_string();
        assert!(
            late.is_passing() && matches!(late, LoadError::Uncompiled { .. }),
            "{late:?}"
        );
        let size = format!(
            "a component of {} bytes was not compiled within 5 ms",
            component.len()
        );
        assert!(
            text.contains(&size) && text.contains("`compile_deadline`"),
            "{text}"
        );
    }
    let busy = load(&executor, &components[3]).await.expect_err("no thread");
    assert!(
        busy.to_string()
            .contains("3 components that take longer than 5 ms"),
        "{busy}"
    );
    // They end by themselves, and what they came to isn't kept.
    while matches!(load(&executor, &components[3]).await, Err(LoadError::Host { .. })) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(executor.compiled(), 0);
    assert!(entries(folder.path()).is_empty());
}

/// Set for the run inside: the folder where the small disk is mounted.
const FOLDER: &str = "HEPHAESTUS_SMALL_DISK";

const NAME: &str = "cache::a_disk_that_is_full_costs_a_compilation_only";

/// Becomes root for it where it must, mounts a disk of 64 KiB, and runs this test again.
fn run_on_a_small_disk(folder: &Path, namespace: &[&str]) -> std::io::Result<std::process::Output> {
    let script =
        r#"mount -t tmpfs -o size=64k,mode=0700 tmpfs "$0" || exit 77; exec "$1" --exact "$2" --nocapture"#;
    Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", script])
        .arg(folder)
        .arg(std::env::current_exe()?)
        .arg(NAME)
        .env(FOLDER, folder)
        .output()
}

#[test]
fn a_disk_that_is_full_costs_a_compilation_only() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        return runtime.block_on(fill(Path::new(&folder)));
    }
    let folder = private();
    let mut reasons = Vec::new();
    for namespace in [&["--mount"][..], &["--user", "--map-root-user", "--mount"]] {
        match run_on_a_small_disk(folder.path(), namespace) {
            Ok(output) => {
                let text =
                    [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
                if output.status.success() {
                    assert!(text[0].contains("1 passed"), "{text:?}");
                    return;
                }
                assert_eq!(output.status.code(), Some(77), "{text:?}");
                reasons.push(text[1].clone());
            }
            Err(error) => reasons.push(error.to_string()),
        }
    }
    println!("skipped: a disk that is full, which takes `unshare` and `mount`: {reasons:?}");
}

async fn fill(folder: &Path) {
    for _ in 0..2 {
        let executor = start(folder);
        load(&executor, &component("raw-wit")).await.expect("it loads");
        assert_eq!(executor.compiled(), 1);
        assert!(entries(folder).is_empty(), "half an entry is left");
    }
}
