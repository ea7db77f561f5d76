//! `hephaestus run`, as typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use super::CodeArgs;
use crate::exit::{self, Exit};
use crate::invocation::DEFAULT_STORE;

/// The words of `hephaestus run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The workflow: a WebAssembly component
    #[arg(value_name = "COMPONENT.WASM")]
    pub(crate) component: PathBuf,

    /// The input, a JSON object: the text itself, @FILE, or - for standard input [default: {}]
    #[arg(short, long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) input: Option<OsString>,

    /// The value of the business id, or an instance id; an active instance with it goes on [default: a
    /// new UUID]
    #[arg(long, value_name = "VALUE")]
    pub(crate) id: Option<String>,

    /// Where instances are kept; `memory` loses them with the process
    #[arg(
        long,
        value_name = "sqlite:PATH|memory",
        default_value = DEFAULT_STORE
    )]
    pub(crate) store: OsString,

    /// What the steps may use, a TOML file; without one they have no HTTP and no secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,

    /// Send this event, with an optional payload; it is kept until a step waits for it. STEP.NAME names
    /// the step too. Can be repeated
    #[arg(short, long, value_name = "NAME[=JSON]")]
    pub(crate) event: Vec<String>,

    /// Follow a waiting instance for so long (30s, 5min, 2h) before exiting as waiting
    #[arg(short, long, value_name = "DURATION")]
    pub(crate) wait: Option<String>,

    /// What is durable before it is told: `full` is on the disk and outlives a power cut; `normal` is faster, and a
    /// power cut can lose the last seconds, never an end of the process alone [default: full]
    #[arg(long, value_name = "full|normal", hide_possible_values = true)]
    pub(crate) durability: Option<DurabilityWord>,

    /// Meanwhile, remove instances that ended longer ago than this (30d, 12h), and code that nothing needs
    /// any more; without it, everything is kept
    #[arg(long, value_name = "DURATION")]
    pub(crate) retain: Option<String>,

    #[command(flatten)]
    pub(crate) code: CodeArgs,

    /// End with one JSON object on standard output, and write nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much is durable before it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DurabilityWord {
    /// What is told is on the disk
    Full,
    /// What is told is with the operating system
    Normal,
}

/// What its exit codes mean.
const MEANINGS: [(Exit, &str); 8] = [
    (Exit::Completed, "the instance completed"),
    (Exit::Failed, "the instance failed"),
    (Exit::Usage, "bad usage; nothing was created"),
    (Exit::Waiting, "the instance waits for an event"),
    (Exit::Cancelled, "the instance was cancelled"),
    (Exit::Refused, "the component was refused"),
    (Exit::Host, "the host failed (store, files, a bug)"),
    (
        Exit::Interrupted,
        "interrupted by a signal; `run` with the same --id goes on",
    ),
];

pub(super) fn after_help() -> String {
    format!(
        "Examples:
  Run an order, and see that it waits for an approval:
    hephaestus run order-flow.wasm --input @order.json --id a1
  Send the approval, and follow the order to its end:
    hephaestus run order-flow.wasm --id a1 --event 'approved={{\"by\":\"kim\"}}'
  Everything at once, for a script:
    hephaestus run order-flow.wasm -i - -e approved --json < order.json

Exit codes:
{}",
        exit::table(&MEANINGS)
    )
}
