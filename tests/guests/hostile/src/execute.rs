//! Steps that don't end, end badly, or return rubbish.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::bindings::exports::hephaestus::workflow::steps::{Completion, ErrorKind, Outcome, StepError};
use crate::bindings::hephaestus::workflow::{checkpoint, context, log};
use crate::look_around::look_around;
use crate::{hoard, input, spin, world};

/// How often this instance of the component was called.
static CALLS: AtomicU32 = AtomicU32::new(0);

const MIB: usize = 1 << 20;

pub fn execute(step: &str) -> Result<Outcome, StepError> {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    if step == "after" {
        return completed("finished", calls.to_string());
    }
    match input("misdeed").as_str() {
        "panic" => panic!("this step {} on purpose", "panics"),
        "exit" => std::process::exit(3),
        "spin" => spin(),
        "hoard" => hoard(),
        "recurse" => return completed("acted", recurse(1).to_string()),
        "sleep" => std::thread::sleep(Duration::from_secs(24 * 60 * 60)),
        "poll" => poll(),
        "storm" => storm(),
        "log-flood" => flood(|n| log::log(log::Level::Info, &format!("line {n}"), &[])),
        "print-flood" => flood(|n| println!("line {n}")),
        "endless-line" => flood(|_| print!("and on and on ")),
        "giant-log" => log::log(log::Level::Info, &"x".repeat(8 * MIB), &[]),
        "giant-result" => return completed("acted", format!("\"{}\"", "x".repeat(8 * MIB))),
        "large-result" => return completed("acted", format!("\"{}\"", "x".repeat(MIB))),
        "invalid-json" => return completed("acted", "{\"half\": ".into()),
        "bad-event" => return completed("Not An Event", "1".into()),
        "undeclared-event" => return completed("surprise", "1".into()),
        "error" => return Err(error(false)),
        "retryable-error" => return Err(error(true)),
        "whisper" => whisper(),
        "choose" => return completed("chosen", "1".into()),
        "keep-memory" => std::mem::forget(std::hint::black_box(vec![1_u8; 16 * MIB])),
        "look-around" => return completed("acted", look_around(&input("port"))),
        "checkpoint" => return completed("acted", use_checkpoint()),
        "giant-checkpoint" => return completed("acted", save(&format!("\"{}\"", "x".repeat(8 * MIB)))),
        "time" => return completed("acted", world::time()),
        "wait" => return completed("acted", world::wait()),
        "chance" => return completed("acted", world::chance()),
        "env" => return completed("acted", world::env()),
        "files" => return completed("acted", world::files()),
        "read-context" => return completed("acted", read_context()),
        _ => {}
    }
    completed("acted", calls.to_string())
}

fn completed(event: &str, result: String) -> Result<Outcome, StepError> {
    Ok(Outcome::Completed(Completion {
        event: event.into(),
        result: Some(result),
        metadata: Vec::new(),
    }))
}

fn error(retryable: bool) -> StepError {
    StepError {
        message: "the stars are wrong".into(),
        retryable,
        kind: ErrorKind::Other,
    }
}

#[expect(unconditional_recursion, reason = "the stack must overflow")]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 8]);
    recurse(depth + 1) + frame[3]
}

/// Waits for nothing, again and again.
fn poll() -> ! {
    loop {
        std::thread::sleep(Duration::ZERO);
    }
}

/// Calls the host without end.
fn storm() -> ! {
    loop {
        std::hint::black_box(context::attempt());
    }
}

fn flood(mut write: impl FnMut(u32)) {
    (0..200_000).for_each(&mut write);
}

/// Writes without ending the lines.
fn whisper() {
    print!("out");
    eprint!("err");
    std::io::stdout().flush().unwrap_or_default();
    log::log(log::Level::Warn, "logged", &[("key".into(), "value".into())]);
}

fn read_context() -> String {
    let instance = context::instance();
    let read = |step: &str| match context::result(step) {
        Ok(result) => format!("ok {}", result.unwrap_or_else(|| "nothing".into())),
        Err(error) => format!("{error:?}"),
    };
    let facts = [
        context::initial(),
        context::config().unwrap_or_default(),
        context::step(),
        context::attempt().to_string(),
        context::idempotency_key(),
        instance.id,
        instance.business_id,
        instance.workflow,
        instance.version.to_string(),
        read("before"),
        read("after"),
        read("nowhere"),
    ];
    let quoted: Vec<String> = facts.iter().map(|fact| format!("{fact:?}")).collect();
    format!("[{}]", quoted.join(", "))
}

/// Loads and saves, good and bad; tells each answer.
fn use_checkpoint() -> String {
    let load = || format!("{:?}", checkpoint::load());
    let answers = [
        load(),
        save(" [1, 2]\n"),
        load(),
        save("{\"half\": "),
        save("\"too large\""),
        save("\"one too many\""),
        save("\"not now\""),
        load(),
    ];
    let quoted: Vec<String> = answers.iter().map(|answer| format!("{answer:?}")).collect();
    format!("[{}]", quoted.join(", "))
}

fn save(progress: &str) -> String {
    format!("{:?}", checkpoint::save(progress))
}
