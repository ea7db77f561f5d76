//! What went wrong in a guest, as a [`Failure`]: which kind, and a text that a person can act on.

use std::time::Duration;

use hephaestus_core::engine::{Failure, FailureKind};
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::options::{SandboxLimits, bytes, span};
use crate::runner::{OutputLine, OutputSource};

/// How many functions of a backtrace are shown.
const FRAMES: usize = 5;

/// Frames that lead every backtrace of a Rust panic and say nothing.
const PANIC_MACHINERY: [&str; 8] = [
    "abort",
    "__rust",
    "rust_panic",
    "std::panicking",
    "std::process::abort",
    "std::sys",
    "core::panicking",
    "alloc::alloc",
];

/// What is known about a call that failed, besides its error.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    /// Whether the guest existed, or failed to come into being.
    pub(super) instantiated: bool,
    /// Whether it was refused memory during the call.
    pub(super) was_denied_memory: bool,
    /// How often it called the host.
    pub(super) host_calls: u64,
    pub(super) budget: Duration,
    pub(super) limits: &'a SandboxLimits,
    pub(super) output: &'a [OutputLine],
}

/// The failure behind an error that wasmtime returned.
pub(super) fn classify(error: &wasmtime::Error, circumstances: &Circumstances<'_>) -> Failure {
    let trap = error.downcast_ref::<Trap>().copied();
    let limits = circumstances.limits;
    if trap == Some(Trap::Interrupt) && circumstances.host_calls > limits.host_calls {
        let message = format!("called the host more than {} times", limits.host_calls);
        return Failure::new(FailureKind::Trap, message);
    }
    if trap == Some(Trap::Interrupt) {
        return deadline(circumstances.budget);
    }
    // A guest that was refused memory, coped, and panicked for another reason has told that reason.
    let gave_up = trap == Some(Trap::UnreachableCodeReached) && panic_message(circumstances.output).is_none();
    if circumstances.was_denied_memory && (gave_up || trap.is_none()) {
        let limit = bytes(limits.memory_bytes);
        return Failure::new(
            FailureKind::MemoryLimit,
            format!("asked for more than {limit} of memory"),
        );
    }
    if is_hostcall_fuel_exhausted(error) {
        let limit = bytes(limits.output_bytes);
        let message = format!("handed over more than {limit} in one call");
        return Failure::new(FailureKind::OutputLimit, message);
    }
    if error
        .root_cause()
        .to_string()
        .contains("resource table has no free keys")
    {
        let message = format!("held more than {} objects of the host at once", limits.handles);
        return Failure::new(FailureKind::Trap, message);
    }
    if error.is::<I32Exit>() {
        let message = "called `exit`: a step ends by returning an outcome or an error";
        return Failure::new(FailureKind::Trap, message);
    }
    if trap.is_none() && !circumstances.instantiated {
        return Failure::new(
            FailureKind::Host,
            format!("failed to instantiate the component: {error:#}"),
        );
    }
    Failure::new(FailureKind::Trap, describe_trap(error, circumstances.output))
}

/// The failure of a call that had to be cut off.
pub(super) fn deadline(budget: Duration) -> Failure {
    Failure::new(FailureKind::Deadline, format!("no end after {}", span(budget)))
}

/// wasmtime keeps the type of this error to itself; its text is covered by a test of a guest that returns too much.
fn is_hostcall_fuel_exhausted(error: &wasmtime::Error) -> bool {
    error
        .root_cause()
        .to_string()
        .contains("fuel allocated for hostcalls")
}

fn describe_trap(error: &wasmtime::Error, output: &[OutputLine]) -> String {
    let cause = panic_message(output).unwrap_or_else(|| {
        // The kind of the failure says that it is a trap.
        let text = error.root_cause().to_string();
        text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
    });
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(useful_frames)
        .unwrap_or_default();
    if frames.is_empty() {
        cause
    } else {
        format!("{cause}; in {}", frames.join(" < "))
    }
}

/// The innermost functions, without the machinery of panics. Names only: no addresses, no files.
fn useful_frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let names = backtrace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name())
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    names
        .skip_while(|name| PANIC_MACHINERY.iter().any(|prefix| name.starts_with(prefix)))
        .take(FRAMES)
        .collect()
}

/// What a Rust guest said when it panicked; `None` for other traps.
fn panic_message(output: &[OutputLine]) -> Option<String> {
    let lines: Vec<&str> = output
        .iter()
        .filter(|line| line.source == OutputSource::Stderr)
        .map(|line| line.message.as_str())
        .collect();
    let at = lines.iter().rposition(|line| line.contains(" panicked at "))?;
    let (_, place) = lines[at].split_once(" panicked at ")?;
    let place = place.trim_end_matches(':');
    let said: Vec<&str> = lines[at + 1..]
        .iter()
        .copied()
        .take_while(|line| !line.starts_with("note: "))
        .collect();
    Some(format!("panicked at {place}: {}", said.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::LogLevel;

    fn stderr(text: &str) -> Vec<OutputLine> {
        let line = |message: &str| OutputLine {
            source: OutputSource::Stderr,
            level: LogLevel::Warn,
            message: message.into(),
            fields: Vec::new(),
        };
        text.lines().map(line).collect()
    }

    fn kind_of(error: wasmtime::Error, instantiated: bool, was_denied_memory: bool) -> FailureKind {
        kind_with(error, instantiated, was_denied_memory, &[])
    }

    fn kind_with(
        error: wasmtime::Error,
        instantiated: bool,
        was_denied_memory: bool,
        output: &[OutputLine],
    ) -> FailureKind {
        let circumstances = Circumstances {
            host_calls: 0,
            instantiated,
            was_denied_memory,
            budget: Duration::from_secs(30),
            limits: &SandboxLimits::default(),
            output,
        };
        classify(&error, &circumstances).kind
    }

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        let output = stderr(
            "hello\n\nthread '<unnamed>' (1) panicked at src/lib.rs:7:9:\nindex out of bounds\nnote: run with X",
        );
        let expected = "panicked at src/lib.rs:7:9: index out of bounds";
        assert_eq!(panic_message(&output).as_deref(), Some(expected));
        assert_eq!(panic_message(&stderr("panicky\nwords")), None);
    }

    #[test]
    fn traps_have_their_kinds() {
        let kind = |trap: Trap, denied| kind_of(trap.into(), true, denied);
        assert_eq!(kind(Trap::Interrupt, false), FailureKind::Deadline);
        assert_eq!(kind(Trap::UnreachableCodeReached, false), FailureKind::Trap);
        assert_eq!(kind(Trap::UnreachableCodeReached, true), FailureKind::MemoryLimit);
        assert_eq!(kind(Trap::StackOverflow, true), FailureKind::Trap);
    }

    #[test]
    fn a_panic_after_a_denial_was_coped_with_is_a_trap() {
        let output = stderr("thread 'x' panicked at src/lib.rs:7:9:\nno such order");
        let trap = || Trap::UnreachableCodeReached.into();
        assert_eq!(kind_with(trap(), true, true, &output), FailureKind::Trap);
        let output = stderr("memory allocation of 1048576 bytes failed");
        assert_eq!(kind_with(trap(), true, true, &output), FailureKind::MemoryLimit);
    }

    #[test]
    fn what_happens_before_the_guest_exists_is_told_apart() {
        let error = || wasmtime::Error::msg("no");
        assert_eq!(kind_of(error(), false, false), FailureKind::Host);
        assert_eq!(kind_of(error(), false, true), FailureKind::MemoryLimit);
        assert_eq!(kind_of(error(), true, false), FailureKind::Trap);
    }

    #[test]
    fn the_deadline_is_named() {
        assert_eq!(deadline(Duration::from_secs(30)).message, "no end after 30 s");
    }
}
