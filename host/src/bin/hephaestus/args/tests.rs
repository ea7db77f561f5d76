//! Tests of the command line as typed.

use std::ffi::OsString;

use clap::CommandFactory;

use super::{Cli, Command, GraphFormat, RunArgs, StatusWord, asks_for_json, parse};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

const COMMANDS: [&str; 12] = [
    "run",
    "check",
    "graph",
    "new",
    "list",
    "history",
    "cancel",
    "retry",
    "delete",
    "store check",
    "store backup",
    "store vacuum",
];

fn help_of(command: &str) -> String {
    found(command).term_width(100).render_help().to_string()
}

fn found(command: &str) -> clap::Command {
    let mut cli = Cli::command().term_width(100);
    cli.build();
    let mut found = &mut cli;
    for word in command.split(' ') {
        found = found.find_subcommand_mut(word).expect("a subcommand");
    }
    found.clone()
}

#[track_caller]
fn run(line: &str) -> RunArgs {
    match parse(&words(line)).expect("words that can be read").command {
        Command::Run(run) => run,
        other => panic!("`run`, not {other:?}"),
    }
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_documentation_shows_the_help_text_as_it_is() {
    let document = include_str!("../../../../../docs/cli.md");
    for help in COMMANDS.map(help_of) {
        assert!(
            document.contains(help.trim_end()),
            "docs/cli.md must contain this text between its fences:\n{help}"
        );
    }
}

#[test]
fn help_stays_within_a_hundred_columns() {
    for command in COMMANDS.map(found) {
        // Before clap breaks them, too: a line that is broken by hand is not broken again.
        let written = command.get_after_help().expect("examples").to_string();
        let shown = command.term_width(100).render_help().to_string();
        for line in written.lines().chain(shown.lines()) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn everything_that_can_be_typed_is_read() {
    let line = "hephaestus run flow.wasm -i {} --id a1 --store memory -e a=1 --event b -w 30s --json -vv";
    assert_eq!(parse(&words(line)).expect("a full command line").verbose, 2);
    let run = run(line);
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
        let run = run(&format!("hephaestus run flow.wasm --input {input}"));
        assert_eq!(run.input, Some(input.into()));
    }
}

#[test]
fn a_graph_has_four_formats() {
    let formats = [
        ("", GraphFormat::Ascii),
        ("--format ascii", GraphFormat::Ascii),
        ("-f mermaid", GraphFormat::Mermaid),
        ("--format dot", GraphFormat::Dot),
        ("--format=json", GraphFormat::Json),
    ];
    for (option, format) in formats {
        let line = format!("hephaestus graph flow.wasm {option}");
        let command = parse(&words(&line)).expect("words that can be read").command;
        assert_eq!(command.wants_json(), format == GraphFormat::Json);
        match command {
            Command::Graph(graph) => assert_eq!(graph.format, format),
            other => panic!("`graph`, not {other:?}"),
        }
    }
}

#[test]
fn commands_on_a_store_have_one_way_to_say_which_and_how() {
    for command in [
        "list",
        "history a1",
        "cancel a1",
        "retry a1",
        "delete a1",
        "store check",
        "store backup b.db",
        "store vacuum",
    ] {
        for (option, json) in [("", false), ("--json", true)] {
            let line = format!("hephaestus {command} --store sqlite:a.db {option}");
            let cli = parse(&words(&line)).expect(command);
            assert_eq!(cli.command.wants_json(), json, "{command}");
        }
    }
}

#[test]
fn statuses_are_words_behind_one_another() {
    let line = "hephaestus list --status waiting failed,active --limit 7";
    match parse(&words(line)).expect("words that can be read").command {
        Command::List(list) => {
            let expected = [StatusWord::Waiting, StatusWord::Failed, StatusWord::Active];
            assert_eq!((list.status.as_slice(), list.limit), (&expected[..], 7));
        }
        other => panic!("`list`, not {other:?}"),
    }
}

#[test]
fn a_check_is_for_people_or_for_programs() {
    for (line, json) in [("check flow.wasm", false), ("check flow.wasm --json", true)] {
        let cli = parse(&words(&format!("hephaestus {line}"))).expect("words that can be read");
        assert_eq!(cli.command.wants_json(), json);
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
        "hephaestus check",
        "hephaestus check a.wasm --store memory",
        "hephaestus graph",
        "hephaestus graph a.wasm --format svg",
        "hephaestus list a1",
        "hephaestus list --limit 10001",
        "hephaestus history",
        "hephaestus history a1 --after -1",
        "hephaestus cancel",
        "hephaestus delete a1 a2",
        "hephaestus store",
        "hephaestus store backup",
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
    assert!(asks_for_json(&words(
        "hephaestus graph a.wasm --format=json --nonsense"
    )));
    assert!(asks_for_json(&words("hephaestus graph -f json --nonsense")));
    assert!(!asks_for_json(&words("hephaestus graph -f dot --nonsense json")));
}
