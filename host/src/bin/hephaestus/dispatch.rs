//! From what was typed to how it came out, one function for each subcommand, and all of the same shape: make sense of the
//! words, do the work, write the facts down as text. What belongs to one command only is in the layers' files for it.

use std::path::PathBuf;

use crate::args::{
    CancelArgs, CheckArgs, Command, DeleteArgs, GraphArgs, HistoryArgs, ListArgs, NewArgs, ReceiptsArgs,
    RetryArgs, RunArgs, StoreCommandArgs,
};
use crate::commands::{self, Finished};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::invocation::Invocation;
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
        Command::List(args) => list(args, session),
        Command::History(args) => history(args, session),
        Command::Receipts(args) => receipts(args, session),
        Command::Cancel(args) => cancel(args, session),
        Command::Retry(args) => retry(args, session),
        Command::Delete(args) => delete(args, session),
        Command::Store(args) => store(args, session),
    }
}

fn run(args: &RunArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::run::resolve(args, &session.program, &mut std::io::stdin().lock())?;
    let finished = session.block_on(async |around| commands::run::run(&options, around).await)?;
    Ok(Answer {
        text: followed(&finished, &options.invocation, options.json)?,
        exit: finished.ending.exit(),
    })
}

/// How an instance came out that a command has followed.
fn followed(finished: &Finished, invocation: &Invocation, as_json: bool) -> Result<String, CommandError> {
    if as_json {
        let (report, ending) = (&finished.report, finished.ending);
        return json::run::report(report, ending, &finished.notices).map_err(CommandError::host);
    }
    let page = Page {
        report: &finished.report,
        ending: finished.ending,
        invocation,
        output: &finished.output,
        style: Style::detect(&std::io::stdout()),
        now: text::now(),
    };
    Ok(page.render())
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

fn list(args: &ListArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::list::resolve(args, &session.program)?;
    let report = session.block_on(async |around| commands::list::list(&options, around).await)?;
    let text = if options.json {
        json::list::report(&report).map_err(CommandError::host)?
    } else {
        let page = output::list::Page {
            report: &report,
            options: &options,
            style: Style::detect(&std::io::stdout()),
            columns: style::terminal_columns(),
            now: text::now(),
        };
        page.render()
    };
    Ok(Answer {
        text,
        exit: Exit::Completed,
    })
}

fn receipts(args: &ReceiptsArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::receipts::resolve(args)?;
    let report = session.block_on(async |around| commands::receipts::receipts(&options, around).await)?;
    let text = if options.json {
        json::receipts::report(&report).map_err(CommandError::host)?
    } else {
        output::receipts::page(&report, Style::detect(&std::io::stdout()))
    };
    Ok(Answer {
        text,
        exit: Exit::Completed,
    })
}

fn history(args: &HistoryArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::history::resolve(args, &session.program)?;
    let report = session.block_on(async |around| commands::history::history(&options, around).await)?;
    let text = if options.target.json {
        json::history::report(&report).map_err(CommandError::host)?
    } else {
        let page = output::history::Page {
            report: &report,
            options: &options,
            style: Style::detect(&std::io::stdout()),
            columns: style::columns(),
        };
        page.render()
    };
    Ok(Answer {
        text,
        exit: Exit::Completed,
    })
}

fn cancel(args: &CancelArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::cancel::resolve(args, &session.program)?;
    let finished = session.block_on(async |around| commands::cancel::cancel(&options, around).await)?;
    Ok(Answer {
        text: followed(&finished, &options.target.invocation, options.target.json)?,
        // What was ordered is done.
        exit: match finished.ending.exit() {
            Exit::Cancelled => Exit::Completed,
            other => other,
        },
    })
}

fn retry(args: &RetryArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::retry::resolve(args, &session.program)?;
    let finished = session.block_on(async |around| commands::retry::retry(&options, around).await)?;
    Ok(Answer {
        text: followed(&finished, &options.target.invocation, options.target.json)?,
        exit: finished.ending.exit(),
    })
}

fn delete(args: &DeleteArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::delete::resolve(args, &session.program)?;
    let report = session.block_on(async |around| commands::delete::delete(&options, around).await)?;
    let text = match options.target.json {
        true => json::delete::report(&report).map_err(CommandError::host)?,
        false => output::delete::page(&report),
    };
    Ok(Answer {
        text,
        exit: Exit::Completed,
    })
}

fn store(args: &StoreCommandArgs, session: &Session) -> Result<Answer, CommandError> {
    let options = resolved::store_command::resolve(args, &session.program)?;
    let report = session.block_on(async |around| commands::store::store(&options, around).await)?;
    let text = match options.json {
        true => json::store::report(&report, &options).map_err(CommandError::host)?,
        false => output::store::page(&report, &options, Style::detect(&std::io::stdout())),
    };
    Ok(Answer {
        text,
        exit: report.exit(),
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
