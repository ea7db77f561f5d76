//! Tests of the command line as meant: what is read, and what each mistake is told.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;
use crate::args::{self, Command, RunArgs};

/// Resolves `hephaestus run flow.wasm` with more words, in a folder that has some files.
fn try_resolve(more: &[&str], stdin: &str) -> Result<RunOptions, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    file("flow.wasm", b"bytes of a component");
    file("order.json", br#"{"order": 1}"#);
    file("latin1.json", b"{\"a\": \"\xe9\"}");
    file("list.json", b"[1, 2]");
    let here = folder.path().display().to_string();
    let mut words: Vec<OsString> = ["hephaestus", "run"].map(OsString::from).into();
    if !more.contains(&"COMPONENT") {
        words.push(folder.path().join("flow.wasm").into());
    }
    words.extend(
        more.iter()
            .map(|word| word.replace("HERE", &here))
            .filter(|word| word != "COMPONENT")
            .map(OsString::from),
    );
    let run = run_args(&words);
    resolve(&run, "hephaestus".as_ref(), &mut stdin.as_bytes())
        .map_err(|error| error.to_string().replace(&here, "HERE"))
}

fn run_args(words: &[OsString]) -> RunArgs {
    match args::parse(words).expect("words that can be read").command {
        Command::Run(run) => run,
        other => panic!("`run`, not {other:?}"),
    }
}

fn resolved(more: &[&str]) -> RunOptions {
    try_resolve(more, r#"{"from": "stdin"}"#).expect("a command line that makes sense")
}

fn check_error(more: &[&str], expected: Expect) {
    let error = try_resolve(more, "nonsense").expect_err("a command line that makes no sense");
    expected.assert_eq(&error);
}

#[test]
fn without_options_everything_has_a_default() {
    let options = resolved(&[]);
    assert_eq!(options.component, b"bytes of a component");
    assert_eq!(options.input, None);
    assert_eq!(options.id, None);
    assert_eq!(options.store, StoreChoice::Sqlite("hephaestus.db".into()));
    assert_eq!(options.events, []);
    assert_eq!(options.wait, Duration::ZERO);
    assert!(!options.json);
}

#[test]
fn an_input_comes_as_text_or_from_a_file_or_from_standard_input() {
    let input = |word| resolved(&["--input", word]).input.expect("an input").to_string();
    assert_eq!(input(r#"{"a":1}"#), r#"{"a":1}"#);
    assert_eq!(input("  {} "), "{}");
    assert_eq!(input("@HERE/order.json"), r#"{"order": 1}"#);
    assert_eq!(input("-"), r#"{"from": "stdin"}"#);
}

#[test]
fn a_store_is_a_file_or_memory() {
    let store = |word| resolved(&["--store", word]).store;
    assert_eq!(store("memory"), StoreChoice::Memory);
    assert_eq!(store("sqlite:a b.db"), StoreChoice::Sqlite("a b.db".into()));
    assert_eq!(store("sqlite:/tmp/x.db").to_string(), "sqlite:/tmp/x.db");
}

#[test]
fn an_event_may_have_a_step_and_a_payload() {
    let options = resolved(&["-e", "approved", "-e", r#"approve.rejected={"why": "a=b.c"}"#]);
    let [plain, full] = options.events.as_slice() else {
        panic!("two events: {:?}", options.events);
    };
    assert_eq!(
        (plain.to_string(), plain.payload.is_none()),
        ("approved".to_owned(), true)
    );
    assert_eq!(full.to_string(), "approve.rejected");
    assert_eq!(
        full.payload.as_ref().map(ToString::to_string).as_deref(),
        Some(r#"{"why": "a=b.c"}"#)
    );
}

#[test]
fn a_wait_has_a_unit() {
    assert_eq!(resolved(&["--wait", "1min 30s"]).wait, Duration::from_secs(90));
}

#[test]
fn instances_are_kept_for_ever_and_durably_unless_it_is_said_otherwise() {
    let options = resolved(&[]);
    assert_eq!(
        (options.retain, options.sqlite().synchronous),
        (None, Synchronous::Full)
    );
    let options = resolved(&["--retain", "30d", "--durability", "normal"]);
    assert_eq!(options.retain, Some(Duration::from_hours(30 * 24)));
    assert_eq!(options.sqlite().synchronous, Synchronous::Normal);
    assert!(
        options
            .invocation
            .with_id("a1")
            .ends_with(" --durability normal --retain 30d --id a1"),
        "{:?}",
        options.invocation
    );
    check_error(
        &["--retain", "30"],
        expect![[
            r#"--retain: found "30" (time unit needed, for example 30sec or 30ms); expected a duration with its unit; like --retain 30d or --retain 12h"#
        ]],
    );
    check_error(
        &["--store", "memory", "--durability", "full"],
        expect![
            "--durability: found it beside `--store memory`, where nothing is durable; expected a store that is a file; leave it out, or say --store sqlite:PATH"
        ],
    );
}

#[test]
fn ids_that_are_refused() {
    check_error(
        &["--id", "Order 1"],
        expect![[
            r#"--id: found "Order 1"; expected 1 to 128 of `a-z` and `0-9`, or a lower-case UUID; choose another value, or leave --id out to get a new one"#
        ]],
    );
    check_error(
        &["--id", "orderid::a1"],
        expect![[
            r#"--id: found "orderid::a1"; expected 1 to 128 of `a-z` and `0-9`, or a lower-case UUID; leave out the key: --id a1"#
        ]],
    );
}

#[test]
fn stores_that_are_refused() {
    check_error(
        &["--store", "orders.db"],
        expect![[
            r#"--store: found "orders.db"; expected `sqlite:PATH` or `memory`; if it is a file, say --store sqlite:orders.db"#
        ]],
    );
    check_error(
        &["--store", "postgres://db"],
        expect![[
            r#"--store: found "postgres://db"; expected `sqlite:PATH` or `memory`; say one of these two"#
        ]],
    );
    check_error(
        &["--store", "sqlite:"],
        expect![[
            r#"--store: found "sqlite:"; expected `sqlite:PATH` or `memory`; name the file, like sqlite:hephaestus.db"#
        ]],
    );
    check_error(
        &["--store", "sqlite::memory:"],
        expect![[
            r#"--store: found "sqlite::memory:"; expected `sqlite:PATH` or `memory`; say --store memory"#
        ]],
    );
    check_error(
        &["--store", "sqlite://orders.db"],
        expect![[
            r#"--store: found "sqlite://orders.db"; expected `sqlite:PATH` or `memory`; it is no URL: say --store sqlite:orders.db"#
        ]],
    );
    check_error(
        &["--store", "sqlite:HERE"],
        expect![[
            r#"--store: found "sqlite:HERE"; expected `sqlite:PATH` or `memory`; that is a folder: name a file in it"#
        ]],
    );
    check_error(
        &["--store", "sqlite:HERE/no/such.db"],
        expect![
            "--store: found no folder HERE/no; expected the folder of the database to exist; create it first, or name another one"
        ],
    );
}

#[test]
fn inputs_that_are_refused() {
    check_error(
        &["--input", "{\"a\": }"],
        expect![
            "--input: found in the text: not valid JSON: expected value at line 1 column 7; expected one JSON object; give the text, @FILE, or - for standard input"
        ],
    );
    check_error(
        &["--input", "@HERE/list.json"],
        expect![
            "--input: found an array in HERE/list.json; expected one JSON object; put the value into an object, like {\"value\": …}"
        ],
    );
    check_error(
        &["--input", "@HERE/missing.json"],
        expect![
            "--input: found that HERE/missing.json can't be read (there is no such file); expected a JSON object in UTF-8; give the text, @FILE, or - for standard input"
        ],
    );
    check_error(
        &["--input", "@HERE/latin1.json"],
        expect![
            "--input: found that HERE/latin1.json can't be read (not UTF-8); expected a JSON object in UTF-8; give the text, @FILE, or - for standard input"
        ],
    );
    check_error(
        &["--input", "-"],
        expect![
            "--input: found in standard input: not valid JSON: expected ident at line 1 column 2; expected one JSON object; give the text, @FILE, or - for standard input"
        ],
    );
}

#[test]
fn events_that_are_refused() {
    check_error(
        &["--event", "Approved"],
        expect![[
            r#"--event: found "Approved"; expected NAME, NAME=JSON or STEP.NAME=JSON, with kebab-case names; like --event approved or --event 'approved={"by":"kim"}'"#
        ]],
    );
    check_error(
        &["--event", "approved=yes"],
        expect![
            "--event: found a payload of `approved` that is not valid JSON: expected value at line 1 column 1; expected one JSON value behind `=`; text needs its quotes twice: --event 'approved=\"text\"'"
        ],
    );
    check_error(
        &["--event", "failed"],
        expect![
            "--event: found `failed`, which is reserved; expected an event that a step accepts; only the host says that a step failed"
        ],
    );
}

#[test]
fn durations_and_components_that_are_refused() {
    check_error(
        &["--wait", "30"],
        expect![[
            r#"--wait: found "30" (time unit needed, for example 30sec or 30ms); expected a duration with its unit; like --wait 30s, --wait 5min or --wait 2h"#
        ]],
    );
    check_error(
        &["COMPONENT", "HERE/none.wasm"],
        expect![
            "COMPONENT.WASM: found that HERE/none.wasm can't be read (there is no such file); expected a file with a WebAssembly component; build the workflow for wasm32-wasip2 and name the .wasm file"
        ],
    );
    check_error(
        &["COMPONENT", "HERE"],
        expect![
            "COMPONENT.WASM: found that HERE is a folder; expected a file with a WebAssembly component; build the workflow for wasm32-wasip2 and name the .wasm file"
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_component_without_end_is_not_read_for_ever() {
    check_error(
        &["COMPONENT", "/dev/zero"],
        expect![
            "COMPONENT.WASM: found more than 268435456 bytes in /dev/zero; expected a file with a WebAssembly component; build the workflow for wasm32-wasip2 and name the .wasm file"
        ],
    );
}

#[test]
fn a_pipe_is_not_drained_when_something_else_is_wrong() {
    let mut stdin = b"{}".as_slice();
    let words = ["hephaestus", "run", "flow.wasm", "-i", "-", "--id", "NO"].map(OsString::from);
    let run = run_args(&words);
    resolve(&run, "hephaestus".as_ref(), &mut stdin).expect_err("a bad id");
    assert_eq!(stdin, b"{}");
}

#[test]
fn what_to_type_next_repeats_what_matters() {
    let options = resolved(&[
        "--store",
        "sqlite:my orders.db",
        "-i",
        "{}",
        "-w",
        "5min",
        "-e",
        "approved",
    ]);
    let command = options.invocation.with_event("a1", "approved");
    let words: Vec<&str> = command.split(' ').collect();
    assert!(
        words[2].ends_with("flow.wasm") && Path::new(words[2]).is_absolute(),
        "{command}"
    );
    assert_eq!(
        command.replace(words[2], "flow.wasm"),
        "hephaestus run flow.wasm --store 'sqlite:my orders.db' --wait 5min --id a1 --event approved"
    );
}
