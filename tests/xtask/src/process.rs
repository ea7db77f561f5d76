//! Running other programs: said out loud, with their exit status checked, and never waiting for a dead network.
//!
//! Everything xtask itself says goes to stderr, so that stdout belongs to the program that was asked for.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a watched program is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Says what is being done, in one line on stderr.
pub(crate) fn say(text: impl std::fmt::Display) {
    eprintln!("xtask: {text}");
}

/// A duration as people read it: `850 ms`, `12.3 s`, `3 min 20 s`.
pub(crate) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// The command as it would be typed in a shell; words that need quotes get them.
pub(crate) fn shell_line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The cargo that runs this xtask, so that what it starts uses the same toolchain.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a program on our terminal and demands success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed: {status}", shell_line(command));
    }
    Ok(())
}

/// Runs a program on our terminal and returns how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("failed to start `{}`", shell_line(command)))
}

/// Runs a program that answers at once and returns its stdout; its stderr becomes part of the error.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to start `{}`", shell_line(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            shell_line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program that may wait for the network, and ends it when it shows no sign of life for `patience`.
///
/// Signs of life are its output and growth of anything under `grows`. A slow download may take as long as it
/// needs, a dead one costs `patience`. The output is shown; an error names the program by `name` and repeats its last
/// lines.
pub(crate) fn run_watched(
    name: &str,
    command: &mut Command,
    patience: Duration,
    grows: &[PathBuf],
) -> Result<(), Unfinished> {
    let failed =
        |reason: String, heard: &Heard| Unfinished::Failed(format!("`{name}` {reason}{}", heard.tail()));
    let heard = Heard::default();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("failed to start: {error}"), &heard))?;
    let readers = [
        child.stdout.take().map(|stream| heard.listen(stream)),
        child.stderr.take().map(|stream| heard.listen(stream)),
    ];
    let status = wait_while_alive(&mut child, patience, || heard.bytes() + size_of_all(grows))
        .map_err(|error| failed(format!("can't be waited for: {error}"), &heard))?;
    let Some(status) = status else {
        // The readers are left behind: a grandchild may hold the pipes open for longer than anyone wants to wait.
        return Err(Unfinished::Silent(format!(
            "`{name}` showed no sign of life for {} and was ended; is the network reachable?{}",
            human(patience),
            heard.tail()
        )));
    };
    for reader in readers.into_iter().flatten() {
        reader
            .join()
            .map_err(|_| failed("wrote something that can't be shown".to_owned(), &heard))?;
    }
    if !status.success() {
        return Err(failed(format!("failed: {status}"), &heard));
    }
    Ok(())
}

/// Why a watched program has not done its work.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// It said or showed that it can't.
    Failed(String),
    /// It stood still and was ended.
    Silent(String),
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Failed(text) | Self::Silent(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Unfinished {}

/// Waits for the child's end, or kills it once `progress` stood still for `patience` (then `None`).
fn wait_while_alive(
    child: &mut Child,
    patience: Duration,
    progress: impl Fn() -> u64,
) -> std::io::Result<Option<ExitStatus>> {
    let mut seen = (progress(), Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let now = progress();
        if now != seen.0 {
            seen = (now, Instant::now());
        } else if seen.1.elapsed() >= patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(POLL);
    }
}

/// What a watched program has printed so far.
#[derive(Clone, Default)]
struct Heard {
    bytes: Arc<AtomicU64>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Heard {
    fn listen(&self, stream: impl Read + Send + 'static) -> std::thread::JoinHandle<()> {
        let heard = self.clone();
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                eprintln!("       {text}");
                heard.bytes.fetch_add(line.len() as u64, Ordering::Relaxed);
                heard
                    .lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(text);
                line.clear();
            }
        })
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The last lines, each on a line of its own, to end an error message with.
    fn tail(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = lines.len().saturating_sub(4);
        lines
            .iter()
            .skip(skipped)
            .map(|line| format!("\n  {line}"))
            .collect()
    }
}

/// Bytes in all files under these folders. What vanishes while we look counts as nothing.
fn size_of_all(folders: &[PathBuf]) -> u64 {
    folders.iter().map(|folder| size_of(folder)).sum()
}

fn size_of(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return 0;
    };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| size_of(&entry.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_silent_program_is_ended() {
        let started = Instant::now();
        let error = run_watched(
            "sh",
            &mut shell("echo begun; exec sleep 60"),
            Duration::from_millis(300),
            &[],
        )
        .expect_err("must be given up");
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "took {:?}",
            started.elapsed()
        );
        let text = error.to_string();
        assert!(
            text.contains("no sign of life for 300 ms") && text.contains("begun"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_goes_on_talking_is_left_alone() {
        let script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done";
        run_watched("sh", &mut shell(script), Duration::from_millis(800), &[])
            .expect("it talks every 200 ms");
    }

    #[test]
    fn growth_of_a_file_is_a_sign_of_life() {
        let folder = std::env::temp_dir().join(format!("xtask-growth-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        let script = "for i in 1 2 3 4 5 6; do echo $i >>\"$0/grows\"; sleep 0.2; done";
        let mut command = shell(script);
        command.arg(&folder);
        let result = run_watched(
            "sh",
            &mut command,
            Duration::from_millis(800),
            std::slice::from_ref(&folder),
        );
        fs::remove_dir_all(&folder).expect("cleaned up");
        result.expect("the file grows every 200 ms");
    }

    #[test]
    fn a_failure_repeats_the_last_lines() {
        let error = run_watched(
            "sh",
            &mut shell("echo why >&2; exit 3"),
            Duration::from_secs(10),
            &[],
        )
        .expect_err("exit status 3");
        assert!(error.to_string().contains("why"), "{error}");
    }

    #[test]
    fn lines_can_be_pasted_into_a_shell() {
        let mut command = Command::new("hephaestus");
        command.args(["--event", r#"approved={"by":"it's me"}"#, "a.wasm", ""]);
        assert_eq!(
            shell_line(&command),
            r#"hephaestus --event 'approved={"by":"it'\''s me"}' a.wasm ''"#
        );
    }

    #[test]
    fn durations_read_well() {
        let shown = [850, 12_340, 200_000].map(|ms| human(Duration::from_millis(ms)));
        assert_eq!(shown, ["850 ms", "12.3 s", "3 min 20 s"]);
    }
}
