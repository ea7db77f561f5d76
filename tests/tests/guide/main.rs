//! The guide (`docs/guide`) does what it says: commands are run, and code is what the compiler sees.
//!
//! What a block of a page is, its language tells:
//!
//! - `console`: the lines after `$ ` are run by a shell, in a folder that the page has to itself, with the real binary;
//!   what follows each is compared with what it prints ([`console`]). A block that can't be run here stands below
//!   `<!-- not executed: why -->`, and the test says so.
//! - `rust`: compiled and run as a doctest, by the package `hephaestus-guide` (`tests/guide`).
//! - anything else (`rs`, `json`, `text`, …) stands below `<!-- part of FILE -->` and is verbatim part of that file of
//!   the repository, which is compiled or run by others.
//!
//! Two more comments prepare a page's folder: `<!-- component PATH is NAME -->` puts the component of an example or test
//! guest there, `<!-- file PATH is FILE -->` a file of the repository. Every other comment is an error, so that a
//! misspelt one is none that goes unnoticed.
//!
//! After a change of what commands print: `UPDATE_EXPECT=1 cargo test -p hephaestus-tests --test guide` writes it on the
//! pages, and fails once more. Read the difference.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test: what it doesn't expect fails it, and what it doesn't run it says"
)]

mod console;
mod page;
mod shape;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hephaestus_tests::{component, repository};

use crate::console::{Difference, Folder};
use crate::page::{Item, Page};

/// All pages, the index included.
fn pages() -> Vec<Page> {
    let folder = repository().join("docs/guide");
    let mut pages: Vec<Page> = fs::read_dir(&folder)
        .expect("the guide")
        .map(|entry| Page::read(&entry.expect("an entry").path()))
        .collect();
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(pages.len() > 1, "{} has no pages", folder.display());
    pages
}

#[track_caller]
fn demand_none(complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn commands_do_what_the_pages_show() {
    let mut complaints = Vec::new();
    for page in pages() {
        let differences = run(&page);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            correct(&page, &differences);
        }
        complaints.extend(differences.into_iter().map(|it| it.complaint));
    }
    demand_none(&complaints);
}

/// Runs all commands of a page, in a folder that it has to itself.
fn run(page: &Page) -> Vec<Difference> {
    let folder = Folder::new();
    let mut differences = Vec::new();
    for item in &page.items {
        match item {
            Item::Component { path, name } => folder.put(path, &component(name)),
            Item::File { path, file } => folder.put(path, &repository().join(file)),
            Item::Block(block) if block.language == "console" => match &block.not_executed {
                Some(reason) => eprintln!("{}:{} is not executed: {reason}", page.name, block.line),
                None => differences.extend(folder.run(&page.name, block)),
            },
            Item::Block(_) | Item::Unknown { .. } => {}
        }
    }
    differences
}

/// Writes on the page what the commands print now.
fn correct(page: &Page, differences: &[Difference]) {
    let path = repository().join("docs/guide").join(&page.name);
    let text = fs::read_to_string(&path).expect("a page");
    let mut lines: Vec<&str> = text.lines().collect();
    for (range, printed) in differences.iter().rev().filter_map(|it| it.correction.as_ref()) {
        lines.splice(range.start - 1..range.end - 1, printed.lines());
    }
    fs::write(&path, lines.join("\n") + "\n").expect("the page is written");
}

#[test]
fn the_claim_grows_from_page_to_page() {
    let stages = [
        ("2-steps.md", component("claim-steps")),
        ("3-graphs.md", component("claim-graph")),
        ("4-waiting.md", component("expense-claim")),
        // It leaves the claim: its bank is one that asks for a grant.
        ("6-capabilities.md", component("claim-bank")),
    ];
    let pages = pages();
    for (name, expected) in stages {
        let page = pages.iter().find(|page| page.name == name).expect("the page");
        let first = page.items.iter().find_map(|item| match item {
            Item::Component { name, .. } => Some(component(name)),
            _ => None,
        });
        assert_eq!(first, Some(expected), "{name} runs something else first");
    }
}

#[test]
fn who_types_what_the_pages_show_has_the_whole_claim() {
    let example = repository().join("examples/expense-claim/src/lib.rs");
    let code = fs::read_to_string(example).expect("the example");
    let pages: Vec<String> = pages().into_iter().map(|page| page.text).collect();
    let is_shown = |line: &str| pages.iter().any(|page| page.contains(line));
    let missing: Vec<String> = code
        .lines()
        .filter(|line| !line.starts_with("//!") && !is_shown(line))
        .map(|line| format!("no page shows: {line}"))
        .collect();
    demand_none(&missing);
}

#[test]
fn code_is_part_of_the_files_that_it_is_taken_from() {
    let mut complaints = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            let place = format!("{}:{}", page.name, block.line);
            match (block.language.as_str(), &block.part_of) {
                ("console" | "rust", _) => {}
                (_, None) => complaints.push(format!(
                    "{place}: say which file it is from, with <!-- part of FILE --> above it"
                )),
                (_, Some(file)) => {
                    let path = repository().join(file);
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    if text.is_empty() {
                        complaints.push(format!("{place}: there is no file {file}"));
                    } else if !contains(&text, &block.text) {
                        complaints.push(format!("{place}: this is not part of {file} any more"));
                    }
                }
            }
        }
    }
    demand_none(&complaints);
}

/// Whether whole lines of `text` are those of `part`. A line `…` or `// …` in `part` leaves out what it likes.
fn contains(text: &str, part: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let pieces: Vec<Vec<&str>> = part
        .lines()
        .collect::<Vec<_>>()
        .split(|line| ["// …", "…"].contains(&line.trim()))
        .map(<[&str]>::to_vec)
        .collect();
    let mut from = 0;
    pieces.iter().filter(|piece| !piece.is_empty()).all(|piece| {
        let found = lines[from..]
            .windows(piece.len())
            .position(|window| window == piece.as_slice());
        if let Some(at) = found {
            from += at + piece.len();
        }
        found.is_some()
    })
}

#[test]
fn parts_are_whole_lines_in_their_order() {
    let text = "a\nb\nc\nd";
    assert!(contains(text, "b\nc"));
    assert!(contains(text, "a\n// …\nd"));
    assert!(!contains(text, "d\n// …\na"));
    assert!(!contains(text, "a\nc"));
    assert!(!contains("fn a() {}", "a()"));
}

#[test]
fn comments_are_understood() {
    let mut complaints = Vec::new();
    for page in pages() {
        for item in &page.items {
            if let Item::Unknown { line, comment } = item {
                complaints.push(format!("{}:{line}: what is <!-- {comment} -->?", page.name));
            }
        }
    }
    demand_none(&complaints);
}

#[test]
fn complete_code_is_compiled() {
    let doctests = fs::read_to_string(repository().join("tests/guide/src/lib.rs")).expect("the doctests");
    let mut complaints = Vec::new();
    for page in pages() {
        let has_code = page.blocks().any(|block| block.language == "rust");
        if has_code && !doctests.contains(&format!("/{}\"", page.name)) {
            complaints.push(format!(
                "{}: tests/guide/src/lib.rs doesn't include it",
                page.name
            ));
        }
    }
    demand_none(&complaints);
}

#[test]
fn the_index_lists_every_page_and_links_lead_somewhere() {
    let pages = pages();
    let mut complaints = Vec::new();
    let mut listed = BTreeSet::new();
    for page in &pages {
        for link in &page.links {
            let file = link.split('#').next().unwrap_or_default();
            if page.name == "README.md" {
                listed.insert(file.to_owned());
            }
            let leads = file.is_empty() || repository().join("docs/guide").join(Path::new(file)).exists();
            if !leads {
                complaints.push(format!("{}: the link to {link} leads nowhere", page.name));
            }
        }
    }
    for page in pages.iter().filter(|page| page.name != "README.md") {
        if !listed.contains(&page.name) {
            complaints.push(format!("{}: README.md doesn't list it", page.name));
        }
    }
    demand_none(&complaints);
}
