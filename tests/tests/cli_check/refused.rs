//! Files that hold no workflow, and command lines that make no sense.

use crate::Place;

/// Checks that a file is refused, with a message that has these parts.
#[track_caller]
fn check(name: &str, bytes: &[u8], parts: &[&str]) {
    let place = Place::with(name, bytes);
    let answer = place.check(&[]).expect(5);
    assert_eq!(answer.stdout, "");
    for part in parts {
        assert!(answer.stderr.contains(part), "{part:?} in {answer:#?}");
    }
    let error = place.check(&["--json"]).expect(5).json();
    assert_eq!(error["error"]["code"], "component-refused");
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

#[test]
fn what_is_no_component() {
    check("nothing.wasm", b"", &["an empty file", "a WebAssembly component"]);
    check(
        "text.wasm",
        b"just some text",
        &["not WebAssembly", "just some text"],
    );
    check("bytes.wasm", b"\xff\xfe\x00\x1b[2J", &["not WebAssembly"]);
    check(
        "module.wasm",
        b"\0asm\x01\0\0\0",
        &["a core WebAssembly module", "wasm32-wasip2"],
    );
}

#[test]
fn components_that_are_no_workflow() {
    check(
        "empty.wasm",
        b"\0asm\x0d\0\x01\0",
        &["exports nothing", "`definition`"],
    );
    let mut cut = std::fs::read(hephaestus_tests::component("raw-wit")).expect("the guest");
    cut.truncate(cut.len() / 2);
    check("cut.wasm", &cut, &["can't be compiled"]);
}

#[test]
fn definitions_that_cannot_be_had() {
    let describe = hephaestus_tests::hostile_described;
    check(
        "panic.wasm",
        &describe("panic"),
        &["`describe` failed (trap)", "no definition for you"],
    );
    check(
        "unread.wasm",
        &describe("unread"),
        &["Not A Name", "JSON", "join"],
    );
}

#[test]
fn files_that_are_not_there() {
    let place = Place::with("order.wasm", b"");
    for (name, part) in [("none.wasm", "no such file"), (".", "folder")] {
        let other = Place {
            file: place.folder.path().join(name),
            ..Place::with("unused", b"")
        };
        let answer = other.check(&[]).expect(2);
        assert!(answer.stderr.contains(part), "{answer:#?}");
        assert_eq!(
            other.check(&["--json"]).expect(2).json()["error"]["code"],
            "bad-usage"
        );
    }
}

#[test]
fn words_that_do_not_exist() {
    let place = Place::with("order.wasm", b"");
    let answer = place.check(&["--store", "memory", "--json"]).expect(2);
    assert_eq!(answer.json()["error"]["code"], "bad-usage");
    assert!(answer.stderr.contains("--store"), "{answer:#?}");
}
