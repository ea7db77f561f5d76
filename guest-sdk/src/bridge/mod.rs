//! Lines that libraries write: records of the crate `log` and events of the crate `tracing` become log lines of the
//! attempt, each behind the feature of its name. Only in components: natively the program chooses who listens.

#[cfg(feature = "log")]
mod log;
#[cfg(feature = "tracing")]
mod tracing;

use crate::Level;
use crate::context::Source;
use crate::context::host::Host;

/// The facts of a line.
type Fields = Vec<(String, String)>;

/// Begins to listen, once per guest instance. Whoever was installed before stays.
pub(crate) fn install() {
    static INSTALLED: std::sync::Once = std::sync::Once::new();
    INSTALLED.call_once(|| {
        #[cfg(feature = "log")]
        log::install();
        #[cfg(feature = "tracing")]
        tracing::install();
    });
}

/// Hands a line to the host; `target` is where it comes from.
fn write(level: Level, message: &str, mut fields: Fields, target: &str) {
    fields.push(("target".to_owned(), target.to_owned()));
    Host.log(level, message, fields);
}
