//! The project's commands: `cargo xtask build`, `demo`, `dependencies`, `test`, and the proofs: `crash`, `simulate`, `fuzz`, `bench`.
//!
//! Each works from a clean clone on a machine that has Rust and nothing else, says what it does and how long it took,
//! and on failure what to do next. Nothing is installed outside the target folder, except by rustup.

#![expect(
    clippy::print_stderr,
    reason = "a command for people: what it does is said on stderr"
)]

mod build;
mod check;
mod demo;
mod dependencies;
mod process;
mod proofs;
mod scaffold;
mod toolchain;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::proofs::Program;
use crate::workspace::Workspace;

/// The project's commands. Each works from a clean clone; run them anywhere in the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the host, the programs that embed it, and every example and test guest as a component.
    ///
    /// Leaves the host at `<target>/release/hephaestus`, the examples that are programs beside it, and the components at `<target>/components/<name>.wasm`. Gets a
    /// guest toolchain first if there is none; HEPHAESTUS_GUEST_TOOLCHAIN=installed|rustup|debian forces one.
    Build {
        /// Leave the host, and the programs that embed it, as they are.
        #[arg(long)]
        guests_only: bool,
    },
    /// Build everything and run the order workflow, with the approval it waits for.
    ///
    /// Shows the command that it runs, and ends with that command's exit code. The database stays at
    /// `<target>/demo/hephaestus.db`.
    Demo,
    /// Make the crate of `hephaestus new`, run its tests, and build its component.
    ///
    /// The host has to be built. Leaves the crate at `<target>/scaffold/first-flow` and the component beside the others.
    Scaffold,
    /// Check licences, sources and versions of the dependencies by the rules of `.deny.toml`, and advisories.
    ///
    /// Advisories need cargo-deny and the database of RustSec; without them, the rest is checked, and that is said.
    Dependencies,
    /// Build everything and run all checks: format, dependencies, lints, documentation, and every test.
    ///
    /// Goes on after a failed step where that makes sense, and lists at the end what each step took and what failed.
    Test,
    /// Kill hosts under load at random instants, and check what they promised.
    #[command(disable_help_flag = true)]
    Crash {
        /// Its own arguments; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run the whole runtime in simulations, one for each seed, and check what it promises.
    #[command(disable_help_flag = true)]
    Simulate {
        /// Its own arguments; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Throw bytes at everything that reads what others wrote, and see whether something breaks.
    #[command(disable_help_flag = true)]
    Fuzz {
        /// Its own arguments; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Measure speed, memory and lateness beside what the machine can do.
    #[command(disable_help_flag = true)]
    Bench {
        /// Its own arguments; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

const CRASH: Program = Program {
    name: "crash",
    needs_all: true,
};
const SIMULATE: Program = Program {
    name: "simulate",
    needs_all: false,
};
const FUZZ: Program = Program {
    name: "fuzz",
    needs_all: true,
};
const BENCH: Program = Program {
    name: "bench",
    needs_all: true,
};

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find()?;
    match task {
        Task::Build { guests_only: true } => build::guests(&workspace)?,
        Task::Build { guests_only: false } => build::all(&workspace)?,
        Task::Dependencies => drop(dependencies::check(&workspace)?),
        Task::Scaffold => scaffold::make(&workspace)?,
        Task::Demo => return demo::run(&workspace),
        Task::Test => check::run(&workspace)?,
        Task::Crash { arguments } => return proofs::run(&workspace, &CRASH, arguments),
        Task::Simulate { arguments } => return proofs::run(&workspace, &SIMULATE, arguments),
        Task::Fuzz { arguments } => return proofs::run(&workspace, &FUZZ, arguments),
        Task::Bench { arguments } => return proofs::run(&workspace, &BENCH, arguments),
    }
    Ok(ExitCode::SUCCESS)
}
