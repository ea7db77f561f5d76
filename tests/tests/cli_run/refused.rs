//! Components and stores that are refused.

use std::fs;
use std::path::PathBuf;

use hephaestus_tests::place::Place;

fn file(place: &Place, name: &str, bytes: &[u8]) -> PathBuf {
    let path = place.path(name);
    fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn what_is_no_workflow_component_leaves_no_trace() {
    let place = Place::of("order-flow");
    let cases: [(&str, &[u8]); 4] = [
        ("order-text.wasm", b"just some text"),
        ("order-module.wasm", b"\0asm\x01\0\0\0"),
        ("order-component.wasm", b"\0asm\x0d\0\x01\0"),
        ("order-nothing.wasm", b""),
    ];
    for (name, bytes) in cases {
        let path = file(&place, name, bytes);
        let answer = place.run(&path, &[]).expect(5);
        assert!(answer.stderr.contains("expected"), "{name}: {answer:#?}");
        assert_eq!(answer.stdout, "");
        let error = place.run(&path, &["--json"]).expect(5).json();
        assert_eq!(error["error"]["code"], "component-refused");
    }
    assert_eq!(place.left_behind(), [""; 0]);
}

#[test]
fn an_unsound_graph_is_refused() {
    let place = Place::of("order-flow");
    let unsound = hephaestus_tests::hostile_described("unsound");
    let answer = place
        .run(file(&place, "order-unsound.wasm", &unsound), &[])
        .expect(5);
    assert!(answer.stderr.contains("graph is not sound"), "{answer:#?}");
    assert_eq!(place.left_behind(), [""; 0]);
}

#[test]
fn the_same_version_with_other_bytes_is_refused() {
    let place = Place::of("order-flow");
    let before = place
        .run_example(&["-i", "@order.json", "--id", "a1", "--json"])
        .expect(3)
        .json();
    // A custom section: other bytes, the same behaviour.
    let mut bytes = fs::read(hephaestus_tests::component("order-flow")).expect("the example");
    bytes.extend([0, 5, 4, b'n', b'o', b't', b'e']);
    let other = file(&place, "order-other.wasm", &bytes);
    for words in [&["--id", "b2"], &["--id", "a1"]] {
        let answer = place.run(&other, words).expect(5);
        assert!(
            answer.stderr.contains("already deployed with other code"),
            "{answer:#?}"
        );
        assert!(
            answer.stderr.contains("give the changed code a new version"),
            "{answer:#?}"
        );
    }
    let after = place.run_example(&["--id", "a1", "--json"]).expect(3).json();
    assert_eq!(before["history"], after["history"]);
}

#[test]
fn one_host_at_a_time_uses_a_store() {
    let place = Place::of("order-flow");
    let component = hephaestus_tests::component("order-flow");
    let mut first = place.start(&component, &["-i", "@order.json", "--id", "a1", "--wait", "60s"]);
    first.wait_for("waits for an event");
    let second = place
        .run_example(&["--id", "a1", "-e", "approved", "--json"])
        .expect(6);
    assert_eq!(second.json()["error"]["code"], "host-error");
    assert!(second.stderr.contains("in use"), "{second:#?}");
    first.signal("TERM");
    first.finish().expect(130);
    place.run_example(&["--id", "a1", "-e", "approved"]).expect(0);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::of("order-flow");
    place.run_example(&["-i", "@order-invalid.json"]).expect(0);
    // `user_version` in the header of the file; a store that was closed in good order has no log beside it.
    let database = place.path("hephaestus.db");
    let mut bytes = fs::read(&database).expect("the database");
    bytes[60..64].copy_from_slice(&4_000_000_u32.to_be_bytes());
    fs::write(&database, &bytes).expect("the database");
    let answer = place.run_example(&["-i", "@order-invalid.json"]).expect(6);
    assert!(answer.stderr.contains("format 4000000"), "{answer:#?}");
    assert_eq!(fs::read(&database).expect("the database"), bytes, "untouched");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::of("order-flow");
    let text = b"notes that somebody wants to keep, longer than the header of a database would be: 100 bytes, and then some";
    let path = file(&place, "order-notes.txt", text);
    place
        .run_example(&["-i", "@order.json", "--store", "sqlite:order-notes.txt"])
        .expect(6);
    assert_eq!(fs::read(path).expect("the notes"), text);
}
