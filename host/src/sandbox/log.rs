//! The `log` interface: structured lines, kept with the attempt that wrote them.

use super::bindings::hephaestus::workflow::log::{Host, Level};
use super::ctx::Capabilities;
use crate::runner::LogLevel;

impl Host for Capabilities<'_> {
    fn log(&mut self, level: Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let level = match level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.output.log(level, &message, fields);
        Ok(())
    }
}
