//! The host's log, on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::output::progress::Screen;
use crate::usage::UsageError;

/// The variable that sets what is logged, in the syntax of tracing's `EnvFilter`.
const VARIABLE: &str = "HEPHAESTUS_LOG";

/// Begins to log: what `HEPHAESTUS_LOG` says, else what `-v` says, else warnings.
pub(crate) fn start(verbose: u8, screen: &Screen) -> Result<(), UsageError> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            UsageError::new(
                VARIABLE,
                format!("{text:?} ({error})"),
                "a filter",
                format!("like {VARIABLE}=debug"),
            )
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
        .with_ansi(screen.style().is_enabled())
        .with_writer(move || writer.clone())
        .finish();
    // It fails only where somebody logs already, which is as good.
    let _ = subscriber.try_init();
    Ok(())
}
