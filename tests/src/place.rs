//! A folder of its own for a test, and commands that run in it: the real binary, as people and programs use it.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// No command takes longer than this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder, with the JSON files of an example in it. Gone when it is dropped.
pub struct Place {
    folder: TempDir,
    example: String,
    commands: std::cell::Cell<u32>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A command that runs.
pub struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Place {
    /// With the files of `examples/<example>`.
    pub fn of(example: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = fs::read_dir(crate::repository().join("examples").join(example)).expect("the example");
        for file in files.map(|entry| entry.expect("an entry").path()) {
            if file.extension().is_some_and(|extension| extension == "json") {
                let name = file.file_name().expect("a name");
                fs::copy(&file, folder.path().join(name)).expect("a file of the example");
            }
        }
        Self {
            folder,
            example: example.to_owned(),
            commands: 0.into(),
        }
    }

    /// One of the files in it, as JSON.
    pub fn json(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.path(name)).expect("the file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the files that commands have left, but for those that were there, and what tests of the order
    /// workflow call `order..`.
    pub fn left_behind(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            });
        let ours = |name: &String| {
            ["order", "stream-"].iter().any(|begin| name.starts_with(begin)) || name.ends_with(".json")
        };
        let mut names: Vec<_> = names.filter(|name| !ours(name)).collect();
        names.sort();
        names
    }

    /// Begins `hephaestus run <component>` with more words, in this folder.
    pub fn start(&self, component: impl AsRef<Path>, words: &[&str]) -> Running {
        let mut command = crate::hephaestus();
        command.arg("run").arg(component.as_ref()).args(words);
        self.start_command(command)
    }

    /// Runs `hephaestus` with these words in this folder, until it ends.
    pub fn hephaestus(&self, words: &[&str]) -> Answer {
        let mut command = crate::hephaestus();
        command.args(words);
        self.start_command(command).finish()
    }

    /// Runs a line of a shell in this folder, until it ends: a command that another one has shown.
    pub fn shell(&self, line: &str) -> Answer {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(line)
            .env(crate::CODE_CACHE, crate::code_cache());
        self.start_command(shell).finish()
    }

    /// Begins any command, in this folder.
    pub fn start_command(&self, mut command: Command) -> Running {
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

    /// Runs a component, until the command ends.
    pub fn run(&self, component: impl AsRef<Path>, words: &[&str]) -> Answer {
        self.start(component, words).finish()
    }

    /// Runs the workflow of the example, until the command ends.
    pub fn run_example(&self, words: &[&str]) -> Answer {
        self.run(crate::component(&self.example), words)
    }
}

impl Running {
    /// Waits until the command has written `text` to standard error.
    pub fn wait_for(&mut self, text: &str) {
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

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("a signal is sent");
        self.child.wait().expect("the command is gone");
    }

    /// Another signal, by its name.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.child.id().to_string());
        assert!(kill.status().expect("kill runs").success(), "a signal is sent");
    }

    /// Waits until the command ends.
    pub fn finish(mut self) -> Answer {
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
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The one object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line: {self:#?}");
        serde_json::from_str(&self.stdout).expect("one JSON object")
    }
}

/// The record kinds of a report's history, in order.
pub fn kinds(report: &Value) -> Vec<String> {
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
pub fn step<'a>(report: &'a Value, name: &str) -> &'a Value {
    let steps = report["steps"].as_array().expect("steps");
    let found = steps.iter().find(|step| step["step"] == name);
    found.unwrap_or_else(|| panic!("`{name}` began: {report}"))
}
