//! What is found in components of workflows, and which exit code says so.

use expect_test::expect;

use crate::Place;

fn order_flow() -> Place {
    let bytes = std::fs::read(hephaestus_tests::component("order-flow")).expect("the example");
    Place::with("order-flow.wasm", &bytes)
}

/// The page without its second section, which differs from one build to the next.
fn without_facts(page: &str) -> String {
    let mut sections: Vec<&str> = page.split("\n\n").collect();
    sections.remove(1);
    sections.join("\n\n")
}

#[test]
fn the_example_is_sound() {
    let answer = order_flow().check(&[]).expect(0);
    let page = &answer.stdout;
    assert!(page.starts_with("✓ sound  order-flow, version 1\n"), "{page}");
    assert!(
        page.contains("10, beginning with validate; approve waits for events\n"),
        "{page}"
    );
    assert!(
        page.contains("Each of the 8 possible runs was followed: all reach `done`."),
        "{page}"
    );
    assert_eq!(answer.stderr, "");
}

#[test]
fn the_example_is_sound_for_programs() {
    let object = order_flow().check(&["--json"]).expect(0).json();
    assert_eq!(object["verdict"], "sound");
    assert_eq!(object["workflow"]["name"], "order-flow");
    assert_eq!(object["workflow"]["waits"], serde_json::json!(["approve"]));
    assert_eq!(object["exploration"]["runs"], 8);
    assert_eq!(object["exploration"]["exhaustive"], true);
    assert_eq!(object["exploration"]["stuck"], serde_json::json!([]));
    assert_eq!(object["violations"], serde_json::json!([]));
    let digest = object["digest"].as_str().expect("a digest");
    assert!(digest.starts_with("sha256:"), "{digest}");
    let imports = object["workflow"]["imports"].to_string();
    assert!(imports.contains("hephaestus:workflow/context@"), "{imports}");
}

#[test]
fn what_is_asked_for_is_shown_beside_what_is_granted() {
    let caller = std::fs::read(hephaestus_tests::component("caller")).expect("a guest");
    let place = Place::with("caller.wasm", &caller);
    let answer = place.check(&["--current", "caller.wasm"]).expect(0);
    assert!(
        answer.stdout.contains("  - call: the secret `TOKEN`\n"),
        "{}",
        answer.stdout
    );
    let manifest = "[secrets]\nTOKEN = { env = \"T\" }\n[workflows.caller]\nsecrets = [\"TOKEN\"]\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hephaestus.toml");
    std::fs::write(&file, manifest).expect("written");
    let file = file.to_str().expect("UTF-8");
    let answer = place.check(&["--manifest", file]).expect(8);
    let page = answer
        .stdout
        .split_once("What it asks for:")
        .map_or("", |(_, rest)| rest);
    expect![[r#"

          ✗ not granted call: HTTP requests to `http://127.0.0.1:1`
          ✗ not granted call: HTTP requests to `http://ledger.internal`, in private networks too
          ✓ granted     call: the secret `TOKEN`

          To grant the rest, add to these tables of the manifest, values to their lists:
            [workflows.caller.steps.call]
            http = ["http://127.0.0.1:1"]
            http = [{ origin = "http://ledger.internal", private = true }]
    "#]]
    .assert_eq(&page.replace("\n  ", "\n"));
    let object = place.check(&["--manifest", file, "--json"]).expect(8).json();
    assert_eq!(object["review"]["asked"][2]["granted"], true);
    assert_eq!(object["review"]["asked"][0]["granted"], false);
}

#[test]
fn every_violation_is_shown() {
    let place = Place::with("unsound.wasm", &hephaestus_tests::hostile_described("unsound"));
    let answer = place.check(&[]).expect(5);
    let page = without_facts(&answer.stdout);
    expect![[r#"
        ✗ not sound  2 violations of the rules for graphs

          1. the workflow (bad-version)
             the version is 0
             fix: count versions from 1

          2. step `nowhere` (unknown-step)
             the workflow starts with `nowhere`, which is not a step
             fix: add the step, or name one of `act`, `after`, `done`
    "#]]
    .assert_eq(&page);
    assert_eq!(answer.stderr, "");
    let object = place.check(&["--json"]).expect(5).json();
    assert_eq!(object["verdict"], "unsound");
    let kinds: Vec<&str> = object["violations"]
        .as_array()
        .expect("violations")
        .iter()
        .filter_map(|violation| violation["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["bad-version", "unknown-step"]);
    assert_eq!(object["workflow"], serde_json::Value::Null);
}

#[test]
fn runs_that_get_stuck_are_told_and_have_a_code_of_their_own() {
    let place = Place::with("stuck.wasm", &hephaestus_tests::hostile_described("stuck"));
    let answer = place.check(&[]).expect(7);
    let story = without_facts(&answer.stdout);
    expect![[r#"
        ! may get stuck  hostile, version 1

          Each of the 4 possible runs was followed: 3 get stuck, in 2 ways.

          1. When `act` ends with `chosen` and chooses `done`, nothing is left to run
             and `done` is not reached:
             - `done` got `act.chosen`, but not `after.finished`: `after` never ran

          2. When `act` ends with `acted` and `after` with `finished`, nothing is left
             to run and `done` is not reached:
             - `done` got `after.finished`, but not `act.chosen`: `act` ended with
               `acted`
             1 more like it

          To repair it, let the event that leaves a join without an answer lead
          somewhere else, or give the step a join that can do without: `any[…]`, or
          `settled[…]`, which waits until nothing can come any more and is content with
          what came.
    "#]]
    .assert_eq(&story);
    let object = place.check(&["--json"]).expect(7).json();
    assert_eq!(object["verdict"], "may-get-stuck");
    assert_eq!(object["exploration"]["stuck"][0]["joins"][0]["step"], "done");
}

#[test]
fn a_file_can_have_any_name() {
    use std::ffi::OsStr;
    let bytes = std::fs::read(hephaestus_tests::component("raw-wit")).expect("the guest");
    #[cfg(unix)]
    let name = {
        use std::os::unix::ffi::OsStrExt;
        OsStr::from_bytes(b"\xff\x1b[2J -.wasm")
    };
    #[cfg(not(unix))]
    let name = OsStr::new("a file -.wasm");
    let place = Place::with(name, &bytes);
    let page = place.check(&[]).expect(0).stdout;
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
    assert_eq!(place.check(&["--json"]).expect(0).json()["verdict"], "sound");
}
