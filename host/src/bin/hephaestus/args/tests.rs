//! Tests of the command line as typed.

use std::ffi::OsString;

use clap::CommandFactory;

use super::{Cli, Command, asks_for_json, parse};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn help_of_run() -> String {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    let run = cli.find_subcommand_mut("run").expect("`run` is a subcommand");
    run.clone().term_width(100).render_help().to_string()
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_documentation_shows_the_help_text_as_it_is() {
    let document = include_str!("../../../../../docs/cli.md");
    let help = help_of_run();
    assert!(
        document.contains(help.trim_end()),
        "docs/cli.md must contain this text between its fences:\n{help}"
    );
}

#[test]
fn help_stays_within_a_hundred_columns() {
    for line in help_of_run().lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn everything_that_can_be_typed_is_read() {
    let line = "hephaestus run flow.wasm -i {} --id a1 --store memory -e a=1 --event b -w 30s --json -vv";
    let cli = parse(&words(line)).expect("a full command line");
    let Command::Run(run) = cli.command;
    assert_eq!(cli.verbose, 2);
    assert_eq!(run.component, std::path::PathBuf::from("flow.wasm"));
    assert_eq!(run.input, Some("{}".into()));
    assert_eq!(run.id.as_deref(), Some("a1"));
    assert_eq!(run.store, OsString::from("memory"));
    assert_eq!(run.event, ["a=1", "b"]);
    assert_eq!(run.wait.as_deref(), Some("30s"));
    assert!(run.json);
}

#[test]
fn standard_input_and_negative_numbers_are_inputs_not_options() {
    for input in ["-", "-1"] {
        let cli = parse(&words(&format!("hephaestus run flow.wasm --input {input}"))).expect("an input");
        let Command::Run(run) = cli.command;
        assert_eq!(run.input, Some(input.into()));
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    for line in [
        "hephaestus",
        "hephaestus walk",
        "hephaestus run",
        "hephaestus run a.wasm b.wasm",
        "hephaestus run a.wasm --nonsense",
        "hephaestus run a.wasm --id",
        "hephaestus run a.wasm --id a --id b",
    ] {
        let error = parse(&words(line)).expect_err(line);
        assert!(error.use_stderr(), "{line}");
    }
}

#[test]
fn json_is_asked_for_by_the_word_alone_and_not_behind_two_dashes() {
    assert!(asks_for_json(&words("hephaestus run --json --nonsense")));
    assert!(!asks_for_json(&words("hephaestus run -- --json")));
    assert!(!asks_for_json(&words("--json run")));
}
