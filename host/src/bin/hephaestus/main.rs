//! The `hephaestus` command.
//!
//! Only this binary uses anyhow, prints, and exits. It is built in layers that know nothing of those above them:
//!
//! - [`args`]: the command line as typed; [`resolved`]: as meant, everything read and checked;
//! - [`commands`]: do the work with the library, and answer with facts ([`report`]);
//! - [`output`]: facts to text, for people and for programs;
//! - [`exit`]: every exit code, in one `match`.
//!
//! [`dispatch`] leads each subcommand through them, within a [`session`].

mod args;
mod commands;
mod dispatch;
mod error;
mod exit;
mod invocation;
mod logging;
mod output;
mod report;
mod resolved;
mod session;
mod signals;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use dispatch::Answer;
use error::CommandError;
use exit::Exit;
use output::progress::Screen;
use output::{json, print, text};
use session::Session;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let cli = match args::parse(&words) {
        Ok(cli) => cli,
        Err(error) => return unreadable(&error, args::asks_for_json(&words)).into(),
    };
    match answer(&cli, &words) {
        Ok(exit) => exit,
        Err(error) => complain(&error, cli.command.wants_json()),
    }
    .into()
}

fn answer(cli: &args::Cli, words: &[OsString]) -> Result<Exit, CommandError> {
    let session = Session {
        program: words.first().cloned().unwrap_or_else(|| "hephaestus".into()),
        screen: Screen::detect(),
        verbose: cli.verbose,
        code_cache: resolved::code_cache::resolve(cli.command.code_cache(), |name| std::env::var_os(name))?,
    };
    logging::start(cli.verbose, &session.screen)?;
    let answer = dispatch::dispatch(&cli.command, &session)?;
    show(&answer)
}

/// Says how a command came out.
fn show(answer: &Answer) -> Result<Exit, CommandError> {
    print::stdout(&answer.text).map_err(|error| {
        CommandError::host(anyhow::Error::new(error).context("failed to write to standard output"))
    })?;
    Ok(answer.exit)
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
