//! The command line: `cargo xtask fuzz`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;

use crate::campaign::{self, Finding, Outcome};
use crate::coverage;
use crate::target::Target;
use crate::worker::{self, Allocator, Work};

/// Throws bytes at everything that reads what others wrote: components, workflow definitions, manifests, journals, payloads.
///
/// Each target first runs its corpus (tests/fuzz/corpus), then new inputs until its share of the time is over. A panic, an
/// input that takes too long and one that takes too much memory are findings: the input is kept in a file, the command
/// that runs it again is shown, and the exit code is 1. How many inputs were run is said last.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask fuzz", bin_name = "cargo xtask fuzz")]
struct Arguments {
    /// How long, all targets together.
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    seconds: f64,
    /// Only this target; can be given several times.
    #[arg(long, value_name = "T")]
    target: Vec<String>,
    /// Decides which inputs are made. Default: another one every time; it is shown.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Run exactly this file; with one target.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "seed"])]
    input: Option<PathBuf>,
    /// Without libFuzzer, which is run besides where a nightly Rust and cargo-fuzz are there.
    #[arg(long)]
    stable: bool,
    /// The folder for findings. Default: `fuzz` in the target folder.
    #[arg(long, value_name = "FOLDER")]
    findings: Option<PathBuf>,
    /// What a worker does: this program starts itself.
    #[arg(long, hide = true, value_name = "STATE")]
    worker: Option<PathBuf>,
}

/// Reads the arguments of the process and does what they say. With `targets` to choose from.
pub fn main(targets: &[Target], allocator: &'static Allocator) -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.worker {
        Some(state) => work(&arguments, targets, state, allocator).map(|()| true),
        None => run(&arguments, targets),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("fuzz: error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Lines for people; who closed the other end doesn't want them.
fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _closed = writeln!(stderr, "{line}");
}

fn work(
    arguments: &Arguments,
    targets: &[Target],
    state: &Path,
    allocator: &'static Allocator,
) -> Result<()> {
    let chosen = chosen(arguments, targets)?;
    let [target] = chosen[..] else {
        bail!("a worker has one target");
    };
    let job = match &arguments.input {
        Some(file) => Work::One(read(file)?),
        None => Work::Many {
            seed: arguments.seed.unwrap_or_default(),
            time: seconds(arguments)?,
        },
    };
    worker::work(target, job, state, allocator)
}

/// Whether nothing was found.
fn run(arguments: &Arguments, targets: &[Target]) -> Result<bool> {
    let chosen = chosen(arguments, targets)?;
    if arguments.input.is_some() && chosen.len() != 1 {
        bail!("--input is for one target: say which with --target");
    }
    let folder = match &arguments.findings {
        Some(folder) => folder.clone(),
        None => target_folder()?.join("fuzz"),
    };
    let guided = arguments.input.is_none() && !arguments.stable && has_coverage();
    // Each way to fuzz gets its part of each target's share.
    let parts = u32::try_from(chosen.len())? * if guided { 2 } else { 1 };
    let job = Job {
        share: seconds(arguments)? / parts,
        seed: arguments.seed.map_or_else(fresh_seed, Ok)?,
        folder: std::path::absolute(folder)?,
        input: arguments.input.clone(),
    };
    let mut found = false;
    if guided {
        for target in &chosen {
            say(&format!(
                "fuzz: {} with libFuzzer, {:.1?}",
                target.name, job.share
            ));
            let kept = target_folder()?.join("fuzz-corpus");
            found |= !coverage::run(target, job.share, job.seed, &job.folder, &kept)?;
        }
    }
    let outcomes: Result<Vec<Outcome>> = chosen.iter().map(|target| job.run(target)).collect();
    for (target, Outcome { executions, finding }) in chosen.iter().zip(outcomes?) {
        found |= finding.is_some();
        let findings = usize::from(finding.is_some());
        say(&format!(
            "fuzz: {:<12} {executions:>10} executions, {findings} findings",
            target.name
        ));
    }
    Ok(!found)
}

/// Whether libFuzzer can be used here. If not, that is said.
fn has_coverage() -> bool {
    let missing = coverage::missing();
    if let Some(why) = missing {
        say(&format!(
            "fuzz: NOT RUN: libFuzzer, which is guided by coverage: {why}"
        ));
    }
    missing.is_none()
}

/// What is to be done with each target.
struct Job {
    share: Duration,
    seed: u64,
    /// For findings.
    folder: PathBuf,
    /// This one only.
    input: Option<PathBuf>,
}

impl Job {
    fn run(&self, target: &Target) -> Result<Outcome> {
        let (name, share, seed) = (target.name, self.share, self.seed);
        let scratch = tempfile::tempdir()?;
        let state = scratch.path().join("state");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--worker").arg(&state).args(["--target", name]);
        if let Some(file) = &self.input {
            say(&format!("fuzz: {name}: {}", file.display()));
            command.arg("--input").arg(file);
        } else {
            say(&format!(
                "fuzz: {name} ({}), {share:.1?}, seed {seed}",
                target.about
            ));
            command.args([
                "--seconds",
                &share.as_secs_f64().to_string(),
                "--seed",
                &seed.to_string(),
            ]);
        }
        let outcome = campaign::watch(command, target, &state)?;
        if let Some(finding) = &outcome.finding {
            tell(target, finding, &self.folder, self.input.as_deref())?;
        }
        Ok(outcome)
    }
}

/// What was found, where its input is, and how to see it again.
fn tell(target: &Target, finding: &Finding, folder: &Path, given: Option<&Path>) -> Result<()> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => finding.save(target, folder)?,
    };
    let path = std::path::absolute(&path)?;
    say(&format!(
        "\nfuzz: FOUND in target {}: {}",
        target.name, finding.reason
    ));
    for line in finding.said.lines() {
        say(&format!("    {line}"));
    }
    say(&format!(
        "fuzz: the input ({} bytes): {}",
        finding.input.len(),
        path.display()
    ));
    say(&format!(
        "fuzz: again: cargo xtask fuzz --target {} --input {}\n",
        target.name,
        path.display()
    ));
    Ok(())
}

fn chosen(arguments: &Arguments, targets: &[Target]) -> Result<Vec<Target>> {
    if arguments.target.is_empty() {
        return Ok(targets.to_vec());
    }
    let find = |name: &String| {
        let found = targets.iter().find(|target| target.name == name);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = targets.iter().map(|target| target.name).collect();
            anyhow!(
                "there is no target {name:?}; expected one of: {}",
                names.join(", ")
            )
        })
    };
    arguments.target.iter().map(find).collect()
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))
}

fn fresh_seed() -> Result<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(u64::from(now.subsec_nanos()) ^ now.as_secs())
}

/// Cargo's: this program is in a folder of it.
fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().and_then(Path::parent);
    folder
        .map(Path::to_owned)
        .ok_or_else(|| anyhow!("{} is in no target folder", program.display()))
}

fn seconds(arguments: &Arguments) -> Result<Duration> {
    Duration::try_from_secs_f64(arguments.seconds).context("--seconds is no span of time")
}
