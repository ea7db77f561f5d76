//! The house rules that a program can check, applied to the repository. The rules themselves are in [`rules`], each
//! with a test that plants an offence and sees it found.

#![expect(clippy::expect_used, reason = "a test: what it can't read fails it")]

mod hostile;
mod rules;
mod source;

use std::fs;
use std::path::Path;

use hephaestus_tests::repository;

use crate::source::Source;

/// Every Rust file of the repository.
fn sources() -> Vec<Source> {
    let root = repository();
    let mut found = Vec::new();
    for folder in ["host", "guest-sdk", "examples", "tests"] {
        collect(&root.join(folder), &mut found);
    }
    assert!(
        found.len() > 50,
        "only {} files under {}: wrong folder?",
        found.len(),
        root.display()
    );
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    // Cargo marks its target folders, wherever they are.
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("a readable file");
            let relative = path.strip_prefix(repository()).expect("inside the repository");
            found.push(Source::new(&relative.to_string_lossy().replace('\\', "/"), &text));
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[track_caller]
fn demand_none(complaints: Vec<String>) {
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[track_caller]
fn demand_of_all(rule: fn(&Source) -> Vec<String>) {
    demand_none(sources().iter().flat_map(rule).collect());
}

#[test]
fn modules_name_only_what_the_architecture_lets_them() {
    demand_of_all(rules::boundaries);
}

#[test]
fn libraries_do_not_print() {
    demand_of_all(rules::printing);
}

#[test]
fn unsafe_code_is_where_it_was_agreed_upon() {
    demand_of_all(rules::unsafe_code);
}

#[test]
fn nothing_unfinished_is_left() {
    demand_of_all(rules::leftovers);
}

#[test]
fn files_and_functions_are_short() {
    demand_of_all(rules::lengths);
}

#[test]
fn every_file_says_what_it_is_for() {
    demand_of_all(rules::heads);
}

#[test]
fn the_root_has_the_agreed_entries() {
    let root = repository();
    // What git ignores here: build output, and databases of those who try things out.
    let ignored =
        |name: &str| root.join(name).join("CACHEDIR.TAG").exists() || name.starts_with("hephaestus.db");
    demand_none(rules::top_level(
        &names(root)
            .into_iter()
            .filter(|name| !ignored(name))
            .collect::<Vec<_>>(),
    ));
}

#[test]
fn every_guest_is_run_by_a_test() {
    let mut guests = Vec::new();
    for folder in ["examples", "tests/guests"] {
        let folder = repository().join(folder);
        guests.extend(
            names(&folder)
                .into_iter()
                .filter(|name| folder.join(name).join("Cargo.toml").exists()),
        );
    }
    demand_none(rules::guests_are_run(&guests, &sources()));
}

#[test]
fn every_decision_is_numbered_and_listed() {
    let folder = repository().join("docs/adr");
    let index = fs::read_to_string(folder.join("README.md")).expect("docs/adr/README.md lists the decisions");
    demand_none(rules::decisions(&names(&folder), &index));
}
