//! Starts workers, watches them, and says what they died of.

use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::target::Target;
use crate::worker::{self, PANICKED};

/// How often a worker is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How much of what a worker said last is shown.
const TAIL_BYTES: usize = 8 << 10;

/// Why an input is a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Something panicked, or a property doesn't hold.
    Panic,
    /// It took longer than it may.
    Time(Duration),
    /// It took more memory than it may.
    Memory(usize),
    /// The process was ended by a signal: the stack overflowed, something aborted.
    Died(ExitStatus),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic => f.write_str("a panic"),
            Self::Time(bound) => write!(f, "a hang: not done after {bound:?}"),
            Self::Memory(bound) => write!(f, "an excess of memory: more than {} MiB", bound >> 20),
            Self::Died(status) => write!(f, "the process died: {status}"),
        }
    }
}

/// What a worker came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How many inputs were run.
    pub(crate) executions: u64,
    /// What it died of, if it did.
    pub(crate) finding: Option<Finding>,
}

/// An input that breaks something.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Why it is one.
    pub(crate) reason: Reason,
    /// The input.
    pub(crate) input: Vec<u8>,
    /// What the worker said last.
    pub(crate) said: String,
}

impl Finding {
    /// Writes the input into this folder, named by its digest: the same input is one file.
    pub(crate) fn save(&self, target: &Target, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
        let digest = Sha256::digest(&self.input);
        let short: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{}-{short}", target.name));
        fs::write(&path, &self.input).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(path)
    }
}

/// Runs a worker, started by `command`, to its end; ends it if it hangs. `Err`: it failed without having run an input.
pub(crate) fn watch(mut command: Command, target: &Target, state: &Path) -> Result<Outcome> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start a worker")?;
    let said = listen(&mut child);
    let ended = wait(&mut child, target.bounds.time, state)?;
    let said = said.join().unwrap_or_default();
    let (executions, input) = worker::look(state).unwrap_or_default();
    let reason = match ended {
        None => Reason::Time(target.bounds.time),
        Some(status) if status.success() => {
            let finding = None;
            return Ok(Outcome { executions, finding });
        }
        Some(status) if status.code() == Some(PANICKED) => Reason::Panic,
        Some(_) if said.contains("memory allocation of ") => Reason::Memory(target.bounds.memory_bytes),
        Some(status) => Reason::Died(status),
    };
    if executions == 0 || matches!(reason, Reason::Died(status) if status.code().is_some()) {
        anyhow::bail!(
            "the worker of target {} failed by itself: {reason}\n{said}",
            target.name
        );
    }
    let finding = Some(Finding { reason, input, said });
    Ok(Outcome { executions, finding })
}

/// The end of what the worker says.
fn listen(child: &mut Child) -> thread::JoinHandle<String> {
    let stderr = child.stderr.take();
    thread::spawn(move || {
        let (mut tail, mut piece) = (Vec::new(), [0; 4096]);
        let Some(mut stderr) = stderr else {
            return String::new();
        };
        while let Ok(read @ 1..) = stderr.read(&mut piece) {
            tail.extend_from_slice(&piece[..read]);
            let excess = tail.len().saturating_sub(TAIL_BYTES);
            tail.drain(..excess);
        }
        String::from_utf8_lossy(&tail).trim().to_owned()
    })
}

/// `None`: an input took longer than `bound`, and the worker was ended.
fn wait(child: &mut Child, bound: Duration, state: &Path) -> Result<Option<ExitStatus>> {
    // Held until it ends: the worker ends itself when this is closed.
    let _lifeline = child.stdin.take();
    let mut last = (worker::begun(state), Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let begun = worker::begun(state);
        if begun != last.0 {
            last = (begun, Instant::now());
        } else if last.1.elapsed() > bound {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(TICK);
    }
}
