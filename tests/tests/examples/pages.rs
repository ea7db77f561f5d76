//! The pages that show the examples: what they quote is what is there, and the commands they show work.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use hephaestus_tests::{binary, component, example, repository};
use tempfile::TempDir;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).expect("a file of the repository")
}

#[test]
fn the_readme_shows_the_order_workflow() {
    for (file, begin) in [
        ("examples/order-flow/src/lib.rs", "workflow! {\n"),
        ("examples/order-flow/src/stock.rs", "/// Puts the goods aside.\n"),
    ] {
        let code = read(file);
        let item = &code[code.find(begin).expect("the item")..];
        let end = item.find("\n}\n").expect("its end");
        assert!(
            read("README.md").contains(&format!("```rust\n{}\n}}\n```\n", &item[..end])),
            "README.md, \"What a workflow looks like\", has another {begin:?} than {file}: copy it there"
        );
    }
}

#[test]
fn every_example_has_a_paragraph() {
    let page = read("examples/README.md");
    for entry in fs::read_dir(repository().join("examples")).expect("the examples") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        if entry.path().is_dir() {
            assert!(
                page.contains(&format!("\n## [{name}](")),
                "examples/README.md says nothing about {name}: give it a paragraph, and the commands"
            );
        }
    }
}

#[test]
fn the_commands_of_the_readme_work() {
    try_commands("README.md", 4);
}

#[test]
fn the_commands_of_the_examples_page_work() {
    try_commands("examples/README.md", 10);
}

/// Runs what a page shows after `$`, in order, as if in the repository's root after a build.
fn try_commands(page: &str, at_least: usize) {
    let text = read(page);
    let shown = text.lines().filter_map(|line| line.strip_prefix("$ "));
    // The first builds everything, which somebody has done. The last is a server, with tests of its own.
    let others = ["cargo xtask ", "alias ", "target/release/embed-axum "];
    let is_run = |command: &&str| !others.iter().any(|other| command.starts_with(other));
    let commands: Vec<&str> = shown.filter(is_run).collect();
    assert!(
        commands.len() >= at_least,
        "{page} shows {at_least} commands at least: {commands:#?}"
    );
    let root = root_after_build();
    for command in commands {
        let mut shell = Command::new("sh");
        let line = format!("alias hephaestus=target/release/hephaestus\n{command}");
        shell.arg("-c").arg(line).current_dir(root.path());
        shell.env(hephaestus_tests::CODE_CACHE, hephaestus_tests::code_cache());
        let output = shell.output().expect("the shell starts");
        assert_eq!(
            output.status.code(),
            Some(exit_code(command)),
            "{page}: {command}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// What the comment after the command says; else 0.
fn exit_code(command: &str) -> i32 {
    let said = command.split_once("exit code ").map(|(_, code)| code.trim());
    said.map_or(0, |code| code.parse().expect("a number"))
}

/// A folder with the examples, and with what `cargo xtask build` leaves, where it leaves it; but a database of its own.
fn root_after_build() -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    let link = |place: &str, file: &Path| {
        let place = root.path().join(place);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        symlink(file, place).expect("a link");
    };
    link("examples", &repository().join("examples"));
    link("target/release/hephaestus", &binary());
    link("target/release/embed", &example("embed"));
    for name in [
        "order-flow",
        "approval-reminder",
        "fan-out-report",
        "expense-claim",
    ] {
        link(&format!("target/components/{name}.wasm"), &component(name));
    }
    root
}
