//! What makes no sense is refused before anything is created.

use hephaestus_tests::place::{Answer, Place};

/// Checks that a command line is refused, by a message with these parts, and leaves nothing.
#[track_caller]
fn check(words: &[&str], parts: &[&str]) {
    let place = Place::of("order-flow");
    let answer = place.run_example(words).expect(2);
    assert_eq!(answer.stdout, "");
    has_parts(&answer, parts);
    assert_eq!(place.left_behind(), [""; 0], "nothing was created");

    let mut with_json = words.to_vec();
    with_json.push("--json");
    let answer = place.run_example(&with_json).expect(2);
    let object = answer.json();
    assert_eq!(object["error"]["code"], "bad-usage");
    let message = object["error"]["message"].as_str().expect("a message");
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    assert_eq!(place.left_behind(), [""; 0], "nothing was created");
}

#[track_caller]
fn has_parts(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.stderr.contains(part), "{part:?} in {answer:#?}");
    }
}

#[test]
fn inputs() {
    check(&["-i", "@none.json"], &["--input", "none.json", "no such file"]);
    check(&["-i", "{"], &["--input", "not valid JSON"]);
    check(&["-i", "[]"], &["--input", "an array", "one JSON object"]);
}

#[test]
fn an_input_that_no_instance_can_carry_creates_no_database() {
    let place = Place::of("order-flow");
    let text = format!(r#"{{"x": "{}"}}"#, "x".repeat(1 << 20));
    std::fs::write(place.path("order-large.json"), text).expect("a file");
    let answer = place.run_example(&["-i", "@order-large.json"]).expect(2);
    has_parts(&answer, &["--input", "1048585 bytes", "at most 1048576"]);
    assert_eq!(place.left_behind(), [""; 0], "nothing was created");
}

#[test]
fn ids_stores_and_durations() {
    check(&["--id", "A-1"], &["--id", "A-1", "a-z"]);
    check(&["--store", "orders.db"], &["--store", "sqlite:orders.db"]);
    check(&["--store", "sqlite:no/such/folder.db"], &["--store", "no/such"]);
    check(&["--wait", "soon"], &["--wait", "soon", "30s"]);
}

#[test]
fn events() {
    check(&["-e", "Approved"], &["--event", "kebab-case"]);
    check(&["-e", "approved=yes"], &["--event", "not valid JSON"]);
    check(&["-e", "failed"], &["--event", "reserved"]);
    let accepted = "approve.approved, approve.rejected, approve.timeout";
    check(&["-e", "shipped"], &["--event", "`shipped`", accepted]);
    check(&["-e", "ship.approved"], &["--event", "`ship`", accepted]);
    check(
        &["-e", "shipped", "--id", "a1"],
        &["--event", "`shipped`", accepted],
    );
}

#[test]
fn words_that_do_not_exist() {
    check(&["--nonsense"], &["--nonsense"]);
}

#[test]
fn a_bad_event_for_an_active_instance_changes_nothing() {
    let place = Place::of("order-flow");
    let before = place
        .run_example(&["-i", "@order.json", "--id", "a1", "--json"])
        .expect(3)
        .json();
    place.run_example(&["--id", "a1", "-e", "shipped"]).expect(2);
    place
        .run_example(&["--id", "a1", "-e", "approved", "-e", "ship.approved"])
        .expect(2);
    let after = place.run_example(&["--id", "a1", "--json"]).expect(3).json();
    assert_eq!(before["history"], after["history"]);
}

#[test]
fn files_that_are_not_there() {
    let place = Place::of("order-flow");
    let answer = place.run("none.wasm", &[]).expect(2);
    has_parts(&answer, &["COMPONENT.WASM", "none.wasm", "no such file"]);
    let answer = place.run(".", &[]).expect(2);
    has_parts(&answer, &["COMPONENT.WASM", "folder"]);
    assert_eq!(place.left_behind(), [""; 0]);
}
