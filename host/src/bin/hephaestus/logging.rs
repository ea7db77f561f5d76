//! The host's log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::output::progress::Screen;

/// The variable that sets what is logged, in the syntax of tracing's `EnvFilter`.
const VARIABLE: &str = "HEPHAESTUS_LOG";

/// Begins to log: what `HEPHAESTUS_LOG` says, else what `-v` says, else warnings.
pub(crate) fn start(verbose: u8, screen: &Screen) -> Result<(), String> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            format!("{VARIABLE}: found {text:?} ({error}); expected a filter; like {VARIABLE}=debug")
        })?,
        _ => EnvFilter::new(match verbose {
            0 => "warn",
            1 => "warn,hephaestus=info,hephaestus_host=info",
            2 => "info,hephaestus=debug,hephaestus_host=debug",
            _ => "debug,hephaestus=trace,hephaestus_host=trace",
        }),
    };
    let writer = screen.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(move || writer.clone())
        .finish();
    subscriber.try_init().map_err(|error| error.to_string())
}
