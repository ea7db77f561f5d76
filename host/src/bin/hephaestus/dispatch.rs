//! From what was typed to how it came out, one function for each subcommand, and all of the same shape: make sense of the
//! words, do the work, write the facts down as text. What belongs to one command only is in the layers' files for it.

use std::path::PathBuf;

use crate::args::{CheckArgs, Command, GraphArgs, NewArgs, RunArgs};
use crate::commands;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::outcome::Page;
use crate::output::style::{self, Style};
use crate::output::{self, json, text};
use crate::resolved;
use crate::session::Session;

/// How a command that did its work came out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What standard output gets.
    pub(crate) text: String,
    /// How the process ends.
    pub(crate) exit: Exit,
}

/// Does what was typed.
pub(crate) fn dispatch(command: &Command, session: &Session) -> Result<Answer, CommandError> {
    match command {
        Command::Run(args) => run(args, session),
        Command::Check(args) => check(args, session),
        Command::Graph(args) => graph(args, session),
        Command::New(args) => new(args, session),
    }
}

fn run(args: &RunArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::run::resolve(args, &session.program, &mut std::io::stdin().lock())?;
    let finished = session.block_on(async |around| commands::run::run(&options, around).await)?;
    let text = if options.json {
        json::run::report(&finished.report, finished.ending, &finished.notices).map_err(CommandError::host)?
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
    Ok(Answer {
        text,
        exit: finished.ending.exit(),
    })
}

fn check(args: &CheckArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::check::resolve(args)?;
    let report = session.block_on(async |around| commands::check::check(&options, around).await)?;
    let text = if options.json {
        json::check::report(&report).map_err(CommandError::host)?
    } else {
        output::check::page(&report, Style::detect(&std::io::stdout()))
    };
    Ok(Answer {
        text,
        exit: report.exit(),
    })
}

fn graph(args: &GraphArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::graph::resolve(args)?;
    let graph = session.block_on(async |around| commands::graph::graph(&options, around).await)?;
    let style = Style::detect(&std::io::stdout());
    let text = output::graph::draw(&graph, options.format, style::columns(), style);
    Ok(Answer {
        text: text.map_err(CommandError::host)?,
        exit: Exit::Completed,
    })
}

fn new(args: &NewArgs, session: &Session) -> Result<Answer, CommandError> {
    // Without it, the SDK comes from the registry, and the next commands are told by the program's plain name.
    let program = std::env::current_exe().ok();
    let options = resolved::new::resolve(args, program.as_deref())?;
    let report = commands::new::new(&options)?;
    let typed = PathBuf::from(&session.program);
    // A path that was typed leads nowhere from within the new folder.
    let again = if typed.components().count() > 1 {
        program
    } else {
        None
    };
    Ok(Answer {
        text: output::new::page(&report, &again.unwrap_or(typed)),
        exit: Exit::Completed,
    })
}
