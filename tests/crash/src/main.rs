//! `cargo xtask crash`: kills hosts and checks what they promised. Exit code 1 if anything was broken.

use std::io::Write;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::Parser;
use hephaestus_crash::campaign::{self, Outcome, Settings};
use hephaestus_crash::places::Places;
use hephaestus_crash::serve::{HostArgs, serve};

/// Kills hosts under load, at random instants, and checks what they promised.
#[derive(Debug, Parser)]
#[command(name = "crash", version)]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    /// How many hosts are killed
    #[arg(long, default_value_t = 50)]
    kills: u64,
    /// What the load and the kills are drawn from [default: the time]
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, clap::Subcommand)]
enum Role {
    /// Be the host that is killed
    #[command(hide = true)]
    Host(HostArgs),
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    match args.role {
        Some(Role::Host(host)) => {
            tracing_subscriber::fmt()
                .with_writer(std::io::stderr)
                .with_ansi(false)
                .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
                .init();
            serve(host).await.map(|()| ExitCode::SUCCESS)
        }
        None => kill(args.kills, args.seed).await,
    }
}

async fn kill(kills: u64, seed: Option<u64>) -> Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = seed.unwrap_or(now.as_secs());
    let folder = tempfile::Builder::new().prefix("hephaestus-crash-").tempdir()?;
    let settings = Settings {
        kills,
        seed,
        places: Places::beside(std::env::current_exe()?)?,
        folder: folder.path().to_owned(),
        early: None,
    };
    say(&format!("seed {seed}, {kills} kills"));
    let outcome = campaign::run(&settings, &mut |line| say(line)).await?;
    print(&outcome)?;
    if outcome.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = folder.keep();
    say(&format!(
        "broken: look at {}, and try again with --seed {seed}",
        folder.display()
    ));
    Ok(ExitCode::FAILURE)
}

/// Progress: to standard error.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "crash: {line}");
}

fn print(outcome: &Outcome) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for violation in outcome.violations.iter().take(50) {
        writeln!(out, "broken: {violation}")?;
    }
    for trouble in outcome.troubles.iter().take(50) {
        writeln!(out, "trouble: {trouble}")?;
    }
    writeln!(out, "{}", outcome.tally)?;
    writeln!(out, "{}", outcome.figures)?;
    let broken = outcome.violations.len() + outcome.troubles.len();
    writeln!(out, "{:<38}{broken:>10}", "violations")?;
    Ok(())
}
