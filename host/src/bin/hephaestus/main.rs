//! The `hephaestus` command.
//!
//! Only this binary uses anyhow, prints, and exits. It is built in layers that know nothing of those above them:
//!
//! - [`args`]: the command line as typed; [`resolved`]: as meant, everything read and checked;
//! - [`commands`]: do the work with the library, and answer with facts ([`report`]);
//! - [`output`]: facts to text, for people and for programs;
//! - [`exit`]: every exit code, in one `match`.

mod args;
mod commands;
mod error;
mod exit;
mod invocation;
mod logging;
mod output;
mod report;
mod resolved;
mod signals;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use commands::run::{Finished, Surroundings};
use error::CommandError;
use exit::Exit;
use output::outcome::Page;
use output::progress::Screen;
use output::style::Style;
use output::{json, print, text};
use resolved::RunOptions;
use signals::Interrupt;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let cli = match args::parse(&words) {
        Ok(cli) => cli,
        Err(error) => return unreadable(&error, args::asks_for_json(&words)).into(),
    };
    let screen = Screen::detect();
    let args::Command::Run(run_args) = &cli.command;
    let program = words.first().cloned().unwrap_or_else(|| "hephaestus".into());
    let outcome = logging::start(cli.verbose, &screen)
        .and_then(|()| resolved::resolve(run_args, &program, &mut std::io::stdin().lock()))
        .map_err(CommandError::from)
        .and_then(|options| run(options, screen.clone(), cli.verbose > 0));
    match outcome {
        Ok(exit) => exit,
        Err(error) => complain(&error, run_args.json),
    }
    .into()
}

/// Runs the command, and says how it came out.
fn run(options: RunOptions, screen: Screen, verbose: bool) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CommandError::host)?;
    let finished = runtime.block_on(async {
        let around = Surroundings {
            screen,
            interrupt: Interrupt::listen().map_err(CommandError::host)?,
            verbose,
        };
        commands::run::run(&options, &around).await
    });
    // A compilation that was interrupted has a thread of its own, which nobody needs to wait for.
    runtime.shutdown_background();
    show(&options, &finished?)
}

fn show(options: &RunOptions, finished: &Finished) -> Result<Exit, CommandError> {
    let text = if options.json {
        json::report(&finished.report, finished.ending, &finished.notices).map_err(CommandError::host)?
    } else {
        let page = Page {
            report: &finished.report,
            ending: finished.ending,
            invocation: &options.invocation,
            output: &finished.output,
            style: Style::detect(&std::io::stdout()),
            now: text::now(),
        };
        page.render()
    };
    print::stdout(&text).map_err(|error| {
        CommandError::host(anyhow::Error::new(error).context("failed to write to standard output"))
    })?;
    Ok(finished.ending.exit())
}

/// Says why the command could not do its work.
fn complain(error: &CommandError, as_json: bool) -> Exit {
    print::stderr_line(&format!("error: {}", text::safe(&error.to_string())));
    if as_json && let Ok(object) = json::error(error) {
        // If this can't be written either, the exit code is all that is left to say it.
        let _ = print::stdout(&object);
    }
    error.exit()
}

/// A command line that clap can't read; or help or version, which it hands over as an error.
fn unreadable(error: &clap::Error, as_json: bool) -> Exit {
    let is_answer = !error.use_stderr();
    if as_json && !is_answer {
        let message = error.render().to_string();
        if let Ok(object) = json::problem(Exit::Usage.name(), message.trim_end(), None) {
            let _ = print::stdout(&object);
        }
    }
    // clap's own printing knows about colours; a closed pipe is none of our business.
    let _ = error.print();
    if is_answer { Exit::Completed } else { Exit::Usage }
}
