//! `hephaestus graph` as people and tools use it: the real binary on real components.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::path::Path;
use std::process::{Output, Stdio};

use expect_test::expect;
use serde_json::Value;

fn graph(component: &Path, words: &[&str]) -> Output {
    hephaestus_tests::hephaestus()
        .arg("graph")
        .arg(component)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("the command runs")
}

#[track_caller]
fn drawn(name: &str, words: &[&str]) -> String {
    let output = graph(&hephaestus_tests::component(name), words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_example_in_eighty_columns() {
    let drawing = drawn("order-flow", &[]);
    assert_eq!(
        drawing,
        drawn("order-flow", &["--format", "ascii"]),
        "the default"
    );
    expect![[r#"
        order-flow, version 1  10 steps, 16 transitions

        ●─┬─╮         validate  valid   → reserve, charge
        ○ │ │                   invalid → refuse
        │ ●─│─┬─╮     reserve   reserved     → approve, release
        ├─○ │ │ │               out-of-stock → refund, refuse
        │ ├─●─┤ │     charge    charged  → approve, refund
        ├─│─○─│─┤               declined → release, refuse
        │ │   ● │     approve   when all[reserve.reserved, charge.charged]
        │ │   │ │               waits for approved, rejected, timeout
        │ │   ○─│─╮             approved → ship
        ├─┼───○─┤ │             rejected → release, refund, refuse
        │ ├───○─┤ │             timeout  → release, refund, expire
        │ │   │ │ ●   ship      up to 4 attempts
        │ │   │ │ ○             finished → done
        │ ├╌╌╌│╌┼╌○             failed   → release, refund, give-up
        │ │   │ ● │   release   when all[reserve.reserved, any[charge.declined,
        │ │   │ │ │                  approve.rejected, approve.timeout, ship.failed]]
        │ │   │ ○ │             finished → done
        │ ●   │   │   refund    when all[charge.charged, any[reserve.out-of-stock,
        │ │   │   │                  approve.rejected, approve.timeout, ship.failed]]
        │ ○   │   │             finished → done
        ●     │   │   refuse    when settled[validate.invalid, reserve.out-of-stock,
        │     │   │                  charge.declined, approve.rejected]
        ○     │   │             finished → done
              ●   │   expire    finished → done
                  ●   give-up   finished → done
        ■             done
    "#]]
    .assert_eq(&drawing);
}

#[test]
fn the_example_for_mermaid_and_graphviz() {
    let mermaid = drawn("order-flow", &["--format", "mermaid"]);
    assert!(mermaid.contains("\nflowchart TD\n"), "{mermaid}");
    assert!(mermaid.contains(r#"-. "failed" .->"#), "{mermaid}");
    let dot = drawn("order-flow", &["-f", "dot"]);
    assert!(
        dot.starts_with("digraph \"order-flow\" {\n") && dot.ends_with("}\n"),
        "{dot}"
    );
    assert!(
        dot.contains(r#""ship" -> "give-up" [label="failed", style=dashed];"#),
        "{dot}"
    );
}

#[test]
fn the_example_for_programs() {
    let text = drawn("order-flow", &["--format", "json"]);
    assert_eq!(text.lines().count(), 1, "one line");
    let object: Value = serde_json::from_str(&text).expect("JSON");
    let nodes = object["nodes"].as_array().expect("nodes");
    let edges = object["edges"].as_array().expect("edges");
    assert_eq!((nodes.len(), edges.len()), (11, 27));
    let ship = nodes.iter().find(|node| node["step"] == "ship").expect("a step");
    assert_eq!(ship["retry"]["max_attempts"], 4);
    let release = nodes
        .iter()
        .find(|node| node["step"] == "release")
        .expect("a step");
    let join = "all[reserve.reserved, any[charge.declined, approve.rejected, approve.timeout, ship.failed]]";
    assert_eq!(release["join"], join);
}

#[test]
fn dynamic_transitions_say_so() {
    let drawing = drawn("hostile", &[]);
    assert!(drawing.contains("chosen → some of after, done"), "{drawing}");
    let text = drawn("hostile", &["-f", "json"]);
    let object: Value = serde_json::from_str(&text).expect("JSON");
    let dynamic = object["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .filter(|edge| edge["dynamic"] == true);
    assert_eq!(dynamic.count(), 2);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&[u8], &str); 3] = [
        (b"just some text", "not WebAssembly"),
        (b"\0asm\x01\0\0\0", "a core WebAssembly module"),
        (
            &hephaestus_tests::hostile_described("unsound"),
            "graph is not sound",
        ),
    ];
    for (bytes, part) in cases {
        let file = folder.path().join("file.wasm");
        std::fs::write(&file, bytes).expect("a file");
        let output = graph(&file, &[]);
        assert_eq!(output.status.code(), Some(5));
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(part), "{stderr}");
        let output = graph(&file, &["-f", "json"]);
        let object: Value = serde_json::from_slice(&output.stdout).expect("an object");
        assert_eq!(object["error"]["code"], "component-refused");
    }
    let output = graph(folder.path(), &["-f", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let object: Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(object["error"]["code"], "bad-usage");
    let output = graph(&folder.path().join("file.wasm"), &["-f", "svg"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("ascii, mermaid, dot, json"), "{stderr}");
}
