//! What operators do with a store: `hephaestus list`, `history`, `cancel`, `retry`, `delete`, `store`. The real binary, real
//! components, real files; beside a host that runs, and after it.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod cancel;
mod delete;
mod history;
mod list;
mod retry;
mod store;

use std::fs;
use std::path::Path;

use hephaestus_tests::component;
use hephaestus_tests::place::{Answer, Place, Running};
use serde_json::Value;

/// An order that waits for its approval, as `orderid::<id>`; its instance id.
fn waiting_order(place: &Place, id: &str) -> String {
    let words = ["-i", "@order.json", "--id", id, "--json"];
    instance(&place.run_example(&words).expect(3).json())
}

/// A house that waits for the wages of its caretaker, as `house::<id>`; its instance id.
fn house(place: &Place, id: &str, input: &str) -> String {
    let words = ["-i", input, "--id", id, "--json"];
    let answer = place.run(component("caretaker"), &words);
    instance(&answer.json())
}

fn instance(report: &Value) -> String {
    report["instance"].as_str().expect("an id").to_owned()
}

/// A host that follows a waiting order, and holds the store.
fn host(place: &Place, id: &str) -> Running {
    let words = ["-i", "@order.json", "--id", id, "--wait", "60s"];
    let mut host = place.start(component("order-flow"), &words);
    host.wait_for("waits for an event");
    host
}

/// Breaks the summary of an instance, as a bad disk might: its JSON doesn't begin as it should.
fn break_summary(file: &Path, instance: &str) {
    let mut bytes = fs::read(file).expect("the database");
    // The entry of its creation begins alike.
    let summary = format!("{{\"instance\":\"{instance}\",\"business_id\"");
    let at = bytes
        .windows(summary.len())
        .position(|window| window == summary.as_bytes());
    bytes[at.expect("the summary is in the file, as text")] = b'[';
    fs::write(file, bytes).expect("the database");
}

/// Checks that a command is refused as bad usage with these words, also in JSON.
#[track_caller]
fn is_refused(place: &Place, words: &[&str], parts: &[&str]) {
    let answer = place.hephaestus(words).expect(2);
    assert_eq!(answer.stdout, "");
    has_parts(&answer.stderr, parts);
    let mut words = words.to_vec();
    words.push("--json");
    let object = place.hephaestus(&words).expect(2).json();
    assert_eq!(object["error"]["code"], "bad-usage");
    has_parts(object["error"]["message"].as_str().expect("a message"), parts);
}

#[track_caller]
fn has_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

/// Runs the last command that a text shows.
fn run_last_command(place: &Place, answer: &Answer) -> Answer {
    let command = answer.stdout.lines().last().expect("a command").trim();
    place.shell(command)
}

#[test]
fn nothing_is_made_where_no_store_is() {
    for command in ["list", "history a1", "cancel a1", "retry a1", "delete a1"] {
        let place = Place::of("order-flow");
        let mut words: Vec<_> = command.split(' ').collect();
        is_refused(
            &place,
            &words,
            &["--store", "no file hephaestus.db", "sqlite:orders.db"],
        );
        words.extend(["--store", "sqlite:none.db"]);
        is_refused(&place, &words, &["--store", "no file none.db"]);
        words.pop();
        words.push("memory");
        is_refused(&place, &words, &["--store", "`memory`", "sqlite:PATH"]);
        assert_eq!(place.left_behind(), [""; 0], "{command} made something");
    }
}

#[test]
fn an_instance_that_is_not_there_is_told_and_how_to_find_those_that_are() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    let unknown = [
        "a9",
        "orderid::a9",
        "01975c8e-0000-7000-8000-000000000001",
        "01975c8e",
    ];
    for command in ["history", "cancel", "retry", "delete"] {
        for name in unknown {
            let parts = ["INSTANCE", name, "hephaestus.db", "list"];
            is_refused(&place, &[command, name], &parts);
        }
        is_refused(
            &place,
            &[command, "no name"],
            &["INSTANCE", "no name", "orderid::a1"],
        );
    }
}

#[test]
fn what_changes_an_instance_says_who_holds_the_store() {
    let place = Place::of("order-flow");
    let host = host(&place, "a1");
    for verb in ["cancel", "retry", "delete"] {
        let answer = place.hephaestus(&[verb, "a1", "--json"]).expect(6);
        let holder = format!("process {}", host.id());
        has_parts(
            &answer.stderr,
            &[
                &holder,
                "stop that one first",
                "`list` and `history` work beside it",
            ],
        );
        assert_eq!(answer.json()["error"]["code"], "host-error");
    }
    host.signal("TERM");
    host.finish().expect(130);
    place.hephaestus(&["cancel", "a1"]).expect(0);
}

#[test]
fn a_file_that_is_no_store_is_left_as_it_is() {
    let place = Place::of("order-flow");
    fs::write(
        place.path("order-notes.db"),
        "not a database, but somebody's notes",
    )
    .expect("a file");
    for command in ["list", "history a1", "cancel a1", "retry a1", "delete a1"] {
        let mut words: Vec<_> = command.split(' ').collect();
        words.extend(["--store", "sqlite:order-notes.db"]);
        let answer = place.hephaestus(&words).expect(6);
        has_parts(&answer.stderr, &["order-notes.db", "is not a Hephaestus store"]);
    }
    let notes = fs::read_to_string(place.path("order-notes.db")).expect("the notes");
    assert_eq!(notes, "not a database, but somebody's notes");
}
