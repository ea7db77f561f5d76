//! `cargo xtask crash`, `simulate`, `fuzz`, `bench`: programs under `tests/` that prove or measure. They read their own
//! arguments, so that `--help` after the command's name is theirs.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::build;
use crate::check;
use crate::process;
use crate::workspace::Workspace;

/// A program that proves or measures.
pub(crate) struct Program {
    /// The name of its binary.
    pub(crate) name: &'static str,
    /// Whether it runs components and the host's binary.
    pub(crate) needs_all: bool,
}

/// Builds the program and what it needs, and runs it; its exit code is the command's.
pub(crate) fn run(workspace: &Workspace, program: &Program, arguments: &[OsString]) -> Result<ExitCode> {
    if program.needs_all {
        build::all(workspace)?;
    }
    let mut cargo = process::cargo();
    // With the whole workspace selected, as in `build::host`: what it needs is compiled already.
    cargo.args(["build", "--release", "--workspace", "--bin", program.name]);
    process::run(cargo.current_dir(&workspace.root))?;
    let mut command = std::process::Command::new(workspace.program(program.name));
    command.args(arguments).envs(check::places(workspace));
    let status = command.status()?;
    // Without a code it was killed by a signal.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
