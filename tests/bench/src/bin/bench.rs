//! `cargo xtask bench`: measures, and prints what it found.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command: figures on stdout, progress on stderr"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use hephaestus_bench::{Bench, NAMES, Scale, parked_in_this_process};

/// Measures speed, memory and lateness, each beside what the machine can do.
///
/// Ours and the limit are measured in turns, in the same run; the ratio counts. Exits with 1 if a figure can't be
/// measured; how large a figure is doesn't matter for that.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    /// Print JSON with all samples instead of a table.
    #[arg(long)]
    json: bool,
    /// Measure everything once and small, in some seconds: to see that it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Measure only this figure; can be given several times.
    #[arg(long, value_name = "NAME", value_parser = NAMES)]
    only: Vec<String>,
    /// How often each figure and its limit are measured.
    #[arg(long)]
    rounds: Option<usize>,
    /// The folder for databases, on the disk that is meant; a folder in it is made and removed. Default: the target
    /// folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// What a process does that the figure `parked` starts.
    #[arg(long, hide = true, value_name = "COUNT", requires = "folder")]
    parked: Option<usize>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let (Some(count), Some(folder)) = (arguments.parked, &arguments.folder) {
        println!("{}", runtime.block_on(parked_in_this_process(folder, count))?);
        return Ok(ExitCode::SUCCESS);
    }
    let parent = match &arguments.folder {
        Some(folder) => folder.clone(),
        None => hephaestus_bench::target()?,
    };
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&parent);
    let folder = folder.with_context(|| format!("failed to make a folder in {}", parent.display()))?;
    runtime.block_on(measure(arguments, folder.path()))
}

async fn measure(arguments: &Arguments, folder: &Path) -> Result<ExitCode> {
    let scale = if arguments.quick {
        Scale::QUICK
    } else {
        Scale::FULL
    };
    let scale = arguments.rounds.map_or(scale, |rounds| scale.rounds(rounds));
    let all = || NAMES.map(str::to_owned).to_vec();
    let names = if arguments.only.is_empty() {
        all()
    } else {
        arguments.only.clone()
    };
    let bench = Bench::new(folder, scale)?;
    let report = bench.run(&names, |line| eprintln!("bench: {line}")).await?;
    if arguments.json {
        println!("{}", report.json()?);
    } else {
        print!("{}", report.table());
    }
    Ok(if report.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
