//! `hephaestus check` as people and CI use it: the real binary, real components, and files that are none.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

#[cfg(unix)]
mod code_cache;
mod refused;
mod streams;
mod verdicts;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

/// What a command came to.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A folder with one file in it.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn with(name: impl AsRef<OsStr>, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name.as_ref());
        std::fs::write(&file, bytes).expect("a file");
        Self { folder, file }
    }

    /// Checks the file, and that the command leaves nothing.
    fn check(&self, words: &[&str]) -> Answer {
        let mut command = hephaestus_tests::hephaestus();
        let output = command
            .current_dir(self.folder.path())
            .arg("check")
            .arg(&self.file)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("the command runs");
        let left = std::fs::read_dir(self.folder.path()).expect("the folder").count();
        assert_eq!(left, 1, "a check needs no store");
        Answer {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Answer {
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line: {self:#?}");
        serde_json::from_str(&self.stdout).expect("one JSON object")
    }
}
