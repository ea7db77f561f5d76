//! What a step finds of its host: exactly what the manifest grants. The guest is `tests/guests/hostile`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use expect_test::expect;
use hephaestus_core::engine::FailureKind;
use hephaestus_host::deploy::Manifest;
use hephaestus_host::runner::{Attempt, AttemptReport, StepExecutor};
use tempfile::TempDir;

use crate::{attempt, failure, hostile_with, misdeed, options, result};

/// What attempts come to, one after the other in one sandbox, under these lines of a manifest.
async fn act(lines: &str, attempts: impl IntoIterator<Item = Attempt>) -> Vec<AttemptReport> {
    let options = options();
    let text = format!("[workflows.hostile]\n{lines}\n");
    options
        .manifest
        .replace(Manifest::parse(&text, Path::new("")).expect("a good manifest"));
    let (executor, workflow) = hostile_with(options).await;
    let mut sandbox = executor.sandbox(&workflow);
    let mut reports = Vec::new();
    for attempt in attempts {
        reports.push(sandbox.execute(attempt).await);
    }
    reports
}

async fn answer(lines: &str, attempt: Attempt) -> String {
    result(&act(lines, [attempt]).await[0])
}

fn numbers(list: &str) -> Vec<u64> {
    serde_json::from_str(list).expect("numbers")
}

/// When the instance of [`attempt`] was created, as its id says.
const CREATED_MS: u64 = 0x019a_a0c0_0000;

#[tokio::test]
async fn without_the_time_clocks_stand() {
    for _ in 0..2 {
        let began = std::time::Instant::now();
        assert_eq!(
            numbers(&answer("", misdeed("time")).await),
            [CREATED_MS, 0, 50],
            "the wall clock stands, the other one advances by what was slept"
        );
        assert!(
            began.elapsed() >= Duration::from_millis(50),
            "sleeping takes its time"
        );
    }
    let looks: u64 = answer("", misdeed("wait")).await.parse().expect("a number");
    assert_eq!(looks, 4, "four pauses of 5 ms are 20 ms");
}

#[tokio::test]
async fn with_the_time_clocks_run() {
    let told = numbers(&answer("clock = true", misdeed("time")).await);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let lag = now.abs_diff(u128::from(told[0]));
    assert!(lag < 60_000, "the guest's wall clock differs by {lag} ms");
    assert!(told[2] >= 50, "{told:?}");
}

/// What `chance` answers in attempts that differ as told: in number, and of another instance.
async fn chances(lines: &str) -> [String; 3] {
    let first = misdeed("chance");
    let retry = Attempt {
        attempt: 2,
        ..first.clone()
    };
    let other = Attempt {
        instance: "019aa0c0-0000-7000-8000-000000000002".parse().expect("a UUID"),
        ..first.clone()
    };
    let mut chances = Vec::new();
    for attempt in [first, retry, other] {
        chances.push(answer(lines, attempt).await);
    }
    chances.try_into().expect("three")
}

#[tokio::test]
async fn without_chance_each_try_has_the_same_numbers() {
    let [first, retry, other] = chances("").await;
    assert_eq!(first, retry);
    for (a, b) in first.split(' ').zip(other.split(' ')).take(2) {
        assert_ne!(a, b, "another instance has others");
    }
    let order = |chance: &str| chance.split_once('[').map(|(_, order)| order.to_owned());
    assert_ne!(order(&first), order(&other), "hash tables are seeded too");
    // Nobody may change the generator without noticing: retries would have other numbers than what they repeat.
    expect![[r#""92250fd4cca3add"#]].assert_eq(first.split(' ').next().unwrap_or_default());
}

#[tokio::test]
async fn with_chance_all_numbers_differ() {
    let chances: BTreeSet<String> = chances("random = true").await.into();
    assert_eq!(chances.len(), 3, "{chances:?}");
}

#[tokio::test]
async fn the_environment_is_what_is_granted() {
    let path = std::env::var("PATH").expect("tests have a PATH");
    assert_eq!(answer("", misdeed("env")).await, "[]");
    assert_eq!(
        answer(
            "env = { REGION = \"eu\", WAY = { host = \"PATH\" } }",
            misdeed("env")
        )
        .await,
        format!("[\"REGION=eu\", \"WAY={path}\"]")
    );
    let reports = act(
        "env = { A = { host = \"HEPHAESTUS_IS_NOT_SET\" } }",
        [misdeed("env")],
    )
    .await;
    let failure = failure(&reports[0]);
    assert_eq!(failure.kind, FailureKind::Host);
    assert_eq!(
        failure.message,
        "the manifest takes the environment variable `A` from the host's `HEPHAESTUS_IS_NOT_SET`, which is not set"
    );
}

/// ```text
/// outside/secret
/// outside/in/{plain, twin -> a hard link to ../secret, up -> ../secret, root -> /etc/passwd, folder/}
/// outside/out/
/// ```
struct Outside(TempDir);

impl Outside {
    fn new() -> Self {
        let outside = Self(tempfile::tempdir().expect("a folder"));
        let path = |name: &str| outside.0.path().join(name);
        fs::create_dir_all(path("in/folder")).expect("made");
        fs::create_dir(path("out")).expect("made");
        fs::write(path("secret"), "a secret").expect("written");
        fs::write(path("in/plain"), "plain").expect("written");
        symlink("../secret", path("in/up")).expect("linked");
        symlink("/etc/passwd", path("in/root")).expect("linked");
        symlink("..", path("in/folder/out")).expect("linked");
        outside
    }

    fn lines(&self) -> String {
        let folder = self.0.path().display();
        format!(
            r#"files = [
                {{ host = "{folder}/in", guest = "/in" }},
                {{ host = "{folder}/out", guest = "/out", access = "read-write" }},
            ]"#
        )
    }

    /// What one deed comes to.
    async fn deed(&self, op: &str, path: &str, to: &str) -> String {
        let input =
            format!("{{\"misdeed\": \"files\", \"op\": \"{op}\", \"path\": \"{path}\", \"to\": \"{to}\"}}");
        answer(&self.lines(), attempt("act", &input)).await
    }

    /// The names of all files, with their contents.
    fn all(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for folder in [".", "in", "out"] {
            for entry in fs::read_dir(self.0.path().join(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    found.push((
                        path.display().to_string(),
                        fs::read_to_string(&path).expect("readable"),
                    ));
                }
            }
        }
        found.sort();
        found
    }
}

#[tokio::test]
async fn folders_are_read_and_written_as_granted() {
    let outside = Outside::new();
    assert_eq!(outside.deed("read", "/in/plain", "").await, "\"plain\"");
    assert_eq!(outside.deed("list", "/in", "").await, "\"folder plain root up\"");
    assert_eq!(outside.deed("write", "/out/new", "").await, "\"done\"");
    assert_eq!(
        outside.deed("read", "/out/new", "").await,
        "\"written by a guest\""
    );
    assert_eq!(outside.deed("rename", "/out/new", "/out/newer").await, "\"done\"");
    assert_eq!(outside.deed("remove", "/out/newer", "").await, "\"done\"");
}

#[tokio::test]
async fn no_path_leads_out() {
    let outside = Outside::new();
    let before = outside.all();
    let in_folder = outside.0.path().display().to_string();
    let absolute = format!("{in_folder}/secret");
    let deeds = [
        ("read", "/in/../secret", ""),
        ("read", "/in/folder/../../secret", ""),
        ("read", "/in/up", ""),
        ("read", "/in/root", ""),
        ("read", "/in/folder/out/../secret", ""),
        ("read", "/etc/passwd", ""),
        ("read", &absolute, ""),
        ("read", "../secret", ""),
        ("list", "/in/..", ""),
        ("list", "/", ""),
        ("write", "/in/plain", ""),
        ("write", "/in/new", ""),
        ("write", "/in/up", ""),
        ("write", "/out/../secret", ""),
        ("remove", "/in/plain", ""),
        ("rename", "/in/plain", "/out/plain"),
        ("rename", "/in/plain", "/in/other"),
        ("hard-link", "/in/plain", "/out/plain"),
        ("hard-link", "/in/up", "/out/up"),
        ("hard-link", "/out/../secret", "/out/secret"),
        ("symlink", "/etc/passwd", "link"),
        ("symlink", "../secret", "link"),
    ];
    for (op, path, to) in deeds {
        let answer = outside.deed(op, path, to).await;
        assert!(answer.starts_with("\"error: "), "{op} {path} {to}: {answer}");
        assert_eq!(outside.all(), before, "{op} {path} {to}");
    }
}

/// A link that the guest makes itself leads no further than one that is there.
#[tokio::test]
async fn links_that_the_guest_makes_lead_nowhere() {
    let outside = Outside::new();
    let folder = outside.0.path().display().to_string();
    let lines = format!("files = [{{ host = \"{folder}/out\", guest = \"/out\", access = \"read-write\" }}]");
    for target in ["../secret", "/etc/passwd", "../in/plain"] {
        let input = |op: &str, path: &str| {
            attempt(
                "act",
                &format!(
                    "{{\"misdeed\": \"files\", \"op\": \"{op}\", \"path\": \"{path}\", \"to\": \"link\"}}"
                ),
            )
        };
        let reports = act(
            &lines,
            [
                input("symlink", target),
                input("read", "/out/link"),
                input("write", "/out/link"),
            ],
        )
        .await;
        // Absolute ones aren't made at all: what is written then is a file of that name.
        if result(&reports[0]).starts_with("\"error: ") {
            assert!(target.starts_with('/'), "{target}: {:?}", reports[0]);
            assert!(
                result(&reports[1]).starts_with("\"error: "),
                "{target}: {:?}",
                reports[1]
            );
            let _ = fs::remove_file(outside.0.path().join("out/link"));
            continue;
        }
        for report in &reports[1..] {
            assert!(result(report).starts_with("\"error: "), "{target}: {report:?}");
        }
        let _ = fs::remove_file(outside.0.path().join("out/link"));
    }
    assert_eq!(
        fs::read_to_string(outside.0.path().join("secret")).expect("readable"),
        "a secret"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_the_hosts_failure() {
    let reports = act(
        "files = [{ host = \"/is/not/there\", guest = \"/in\" }]",
        [misdeed("env")],
    )
    .await;
    let failure = failure(&reports[0]);
    assert_eq!(failure.kind, FailureKind::Host);
    assert!(
        failure.message.starts_with(
            "the manifest shows the folder /is/not/there to this step as `/in`, but it can't be opened: "
        ),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn open_files_are_bounded() {
    let outside = Outside::new();
    let input = "{\"misdeed\": \"files\", \"op\": \"open-many\", \"path\": \"/in/plain\"}";
    let reports = act(&outside.lines(), [attempt("act", input)]).await;
    let failure = failure(&reports[0]);
    assert_eq!(failure.message, "held more than 256 objects of the host at once");
    assert_eq!(failure.kind, FailureKind::Trap);
}

#[tokio::test]
async fn what_the_host_keeps_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    for shown in [
        format!("{path}"),
        format!("{path}/store"),
        format!("{path}/store/inner"),
    ] {
        let mut options = options();
        options.guarded.push(folder.path().join("store"));
        let text = format!("[workflows.hostile]\nfiles = [{{ host = \"{shown}\", guest = \"/in\" }}]\n");
        options
            .manifest
            .replace(Manifest::parse(&text, Path::new("")).expect("a good manifest"));
        let (executor, workflow) = hostile_with(options).await;
        let report = executor.sandbox(&workflow).execute(misdeed("env")).await;
        assert!(
            failure(&report).message.contains("the host keeps "),
            "{shown}: {report:?}"
        );
    }
}
