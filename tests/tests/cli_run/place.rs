//! A folder of its own for a test, and commands that run in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// No command takes longer than this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder, with the files of the order example in it.
pub(crate) struct Place {
    folder: TempDir,
    commands: std::cell::Cell<u32>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let example = hephaestus_tests::repository().join("examples/order-flow");
        for name in ["order.json", "order-invalid.json", "order-declined.json"] {
            fs::copy(example.join(name), folder.path().join(name)).expect("a file of the example");
        }
        Self {
            folder,
            commands: 0.into(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the files that commands have left, but for those that were there.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            });
        let ours = |name: &String| name.starts_with("order") || name.starts_with("stream-");
        let mut names: Vec<_> = names.filter(|name| !ours(name)).collect();
        names.sort();
        names
    }

    /// Begins `hephaestus run <component>` with more words, in this folder.
    pub(crate) fn start(&self, component: impl AsRef<Path>, words: &[&str]) -> Running {
        let mut command = hephaestus_tests::hephaestus();
        command.arg("run").arg(component.as_ref()).args(words);
        self.start_command(command)
    }

    pub(crate) fn start_command(&self, mut command: Command) -> Running {
        let number = self.commands.replace(self.commands.get() + 1);
        let [stdout, stderr] = ["out", "err"].map(|name| self.path(&format!("stream-{number}.{name}")));
        let file = |path: &Path| File::create(path).expect("a file for a stream");
        command.current_dir(self.folder.path());
        command
            .stdin(std::process::Stdio::null())
            .stdout(file(&stdout))
            .stderr(file(&stderr));
        let child = command.spawn().expect("the command starts");
        Running {
            child,
            stdout,
            stderr,
        }
    }

    /// Runs a component to its end.
    pub(crate) fn run(&self, component: impl AsRef<Path>, words: &[&str]) -> Answer {
        self.start(component, words).finish()
    }

    /// Runs the order workflow to its end.
    pub(crate) fn order(&self, words: &[&str]) -> Answer {
        self.run(hephaestus_tests::component("order-flow"), words)
    }
}

impl Running {
    /// Waits until the command has written `text` to standard error.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let begin = Instant::now();
        loop {
            let written = fs::read_to_string(&self.stderr).expect("what was written");
            if written.contains(text) {
                return;
            }
            let ended = self.child.try_wait().expect("the command's status");
            assert!(
                ended.is_none(),
                "the command ended without writing {text:?}: {written}"
            );
            assert!(begin.elapsed() < PATIENCE, "no {text:?} in: {written}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a signal is sent");
        self.child.wait().expect("the command is gone");
    }

    /// Another signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.child.id().to_string());
        assert!(kill.status().expect("kill runs").success(), "a signal is sent");
    }

    pub(crate) fn finish(mut self) -> Answer {
        let status = self.status();
        let read = |path: &Path| fs::read_to_string(path).expect("UTF-8");
        Answer {
            code: status.code(),
            stdout: read(&self.stdout),
            stderr: read(&self.stderr),
        }
    }

    fn status(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the command's status") {
                return status;
            }
            if begin.elapsed() > PATIENCE {
                self.child.kill().expect("a signal is sent");
                panic!(
                    "the command hangs: {}",
                    fs::read_to_string(&self.stderr).unwrap_or_default()
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Answer {
    /// Checks the exit code, showing everything if it is another one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The one object on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line: {self:#?}");
        serde_json::from_str(&self.stdout).expect("one JSON object")
    }
}

/// The record kinds of a report's history, in order.
pub(crate) fn kinds(report: &Value) -> Vec<String> {
    let history = report["history"].as_array().expect("a history");
    let kind = |entry: &Value| {
        entry["record"]
            .as_object()
            .and_then(|record| record.keys().next().cloned())
    };
    history.iter().map(|entry| kind(entry).expect("a kind")).collect()
}

/// What the report says about a step.
#[track_caller]
pub(crate) fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    let steps = report["steps"].as_array().expect("steps");
    let found = steps.iter().find(|step| step["step"] == name);
    found.unwrap_or_else(|| panic!("`{name}` began: {report}"))
}
