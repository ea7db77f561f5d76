//! The rules: each takes what it judges and returns its complaints, each with place, reason and remedy.

use std::collections::BTreeSet;

use crate::source::{Path, Source};

/// A file should have 150 to 400 lines; none has more than this.
const FILE_LINES: usize = 800;

/// A function should have 10 to 50 lines; none has more than this.
const FUNCTION_LINES: usize = 100;

/// What is longer than that today, by path or `path::function`: it may not grow, and leaves the list when it is short.
const LONGER: [(&str, usize); 0] = [];

/// Entries of the repository's root. Whatever begins with a dot is allowed too.
const TOP_LEVEL: [&str; 11] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "docs",
    "examples",
    "guest-sdk",
    "host",
    "tests",
    "wit",
];

/// Who must not name what: an invariant of the architecture.
struct Boundary {
    /// Files under these are bound.
    inside: &'static [&'static str],
    /// Files under these are not, though they are inside.
    except: &'static [&'static str],
    /// Paths that begin like this, or, from a leading `*`, that have this anywhere.
    forbidden: &'static [&'static str],
    /// What the architecture says.
    rule: &'static str,
}

const BOUNDARIES: [Boundary; 7] = [
    Boundary {
        inside: &["host/core/src"],
        except: &[],
        forbidden: &[
            "tokio",
            "wasmtime",
            "rusqlite",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
            "std::env",
            "std::io",
            "std::time::Instant",
            "std::time::SystemTime",
            "*Instant",
            "*SystemTime",
            "rand",
            "getrandom",
            "*now_v7",
            "*new_v4",
        ],
        rule: "the core is pure: no I/O, no clock, no randomness, no threads; take what you need as an argument",
    },
    Boundary {
        inside: &["host/src"],
        except: &["host/src/sandbox"],
        forbidden: &["wasmtime", "wasmtime_wasi", "wasmtime_wasi_http"],
        rule: "only host/src/sandbox names wasmtime; go through StepExecutor",
    },
    Boundary {
        inside: &["host/src"],
        except: &["host/src/store/sqlite"],
        forbidden: &["rusqlite", "libsqlite3_sys"],
        rule: "only host/src/store/sqlite names rusqlite; go through Store",
    },
    Boundary {
        inside: &["host/src", "host/core/src", "guest-sdk"],
        except: &["host/src/bin"],
        forbidden: &["anyhow", "std::process::exit", "std::process::abort"],
        rule: "only the binary uses anyhow and ends the process; return a typed error",
    },
    Boundary {
        inside: &["host/src/runner"],
        except: &[],
        forbidden: &["*sandbox", "*sqlite", "*memory"],
        rule: "the runner reaches guests through StepExecutor and persistence through Store",
    },
    Boundary {
        inside: &["host/src/runner"],
        except: &["host/src/runner/clock.rs"],
        forbidden: &[
            "std::time::Instant",
            "std::time::SystemTime",
            "std::time::UNIX_EPOCH",
        ],
        rule: "the runner reaches time through Clock, so that simulations can decide what time it is",
    },
    Boundary {
        inside: &["guest-sdk", "examples", "tests/guests"],
        except: &["examples/embed", "examples/embed-axum"],
        forbidden: &["hephaestus_host", "wasmtime", "tokio"],
        rule: "guests and their SDK know the WIT, never the host",
    },
];

/// Macros that print.
const PRINTING: [&str; 4] = ["print", "println", "eprint", "eprintln"];

/// Modules name only what the architecture lets them.
pub(crate) fn boundaries(source: &Source) -> Vec<String> {
    let under = |folders: &[&str]| folders.iter().any(|folder| is_under(&source.path, folder));
    let mut complaints = Vec::new();
    for boundary in BOUNDARIES
        .iter()
        .filter(|it| under(it.inside) && !under(it.except))
    {
        for path in source.paths() {
            if boundary.forbidden.iter().any(|pattern| names(&path, pattern)) {
                let found = path.segments.join("::");
                complaints.push(format!(
                    "{}:{}: names `{found}`, but {}",
                    source.path, path.line, boundary.rule
                ));
            }
        }
    }
    complaints
}

/// Whether a file is in a folder, or is the module of that name: `store/sqlite.rs` is under `store/sqlite`.
fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
}

fn names(path: &Path<'_>, pattern: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(anywhere) => path.segments.contains(&anywhere),
        None => {
            let wanted: Vec<&str> = pattern.split("::").collect();
            path.segments.starts_with(&wanted)
        }
    }
}

/// Libraries don't print. Tests and guests may, and what tests are written with.
pub(crate) fn printing(source: &Source) -> Vec<String> {
    let library = ["host/src", "host/core/src", "guest-sdk/src"]
        .iter()
        .any(|it| is_under(&source.path, it));
    let test = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
    let may = ["host/src/bin", "guest-sdk/src/testing"];
    if !library || test || may.iter().any(|it| is_under(&source.path, it)) {
        return Vec::new();
    }
    macros(
        source,
        &PRINTING,
        "only the binary prints; return it, or use tracing",
    )
}

/// The files with unsafe code: the cache of machine code, which nobody can check, and SQLite's table of C functions.
const UNSAFE: [&str; 3] = [
    "host/src/sandbox/cache/mod.rs",
    "tests/vfs/src/shim.rs",
    "tests/vfs/src/shim/file.rs",
];

/// Unsafe code is where it was agreed upon. The compiler asks for a reason; this asks somebody who reads this list.
pub(crate) fn unsafe_code(source: &Source) -> Vec<String> {
    if UNSAFE.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let tokens = source.tokens();
    let found = tokens.iter().find(|token| token.text == "unsafe");
    let complaint = found.map(|token| {
        format!(
            "{}:{}: unsafe: there is a way without; if not, add the file to UNSAFE and say why",
            source.path, token.line
        )
    });
    complaint.into_iter().collect()
}

/// The macros: what stands there in quotes is code of guests, where an `expect` that isn't needed would be a warning.
/// Their own code is clippy's (`allow_attributes`).
const EXPANDS: &str = "guest-sdk/macros/src";

/// Nothing unfinished or switched off lands.
pub(crate) fn leftovers(source: &Source) -> Vec<String> {
    let mut complaints = macros(
        source,
        &["todo", "unimplemented", "dbg"],
        "finish it or take it out",
    );
    for (attribute, remedy) in [
        (
            "ignore",
            "a test that doesn't run proves nothing; repair it or remove it",
        ),
        (
            "allow",
            "use #[expect(.., reason = \"..\")], which complains when it is no longer needed",
        ),
    ] {
        let tokens = source.tokens();
        for window in tokens.windows(4) {
            let texts = [window[0].text, window[1].text, window[2].text, window[3].text];
            let outer = texts[..3] == ["#", "[", attribute];
            let inner = texts == ["#", "!", "[", attribute];
            let is_quoted = attribute == "allow" && is_under(&source.path, EXPANDS);
            if (outer || inner) && !is_quoted {
                complaints.push(format!(
                    "{}:{}: #[{attribute}]: {remedy}",
                    source.path, window[0].line
                ));
            }
        }
    }
    for (index, line) in source.comments.lines().enumerate() {
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        if let Some(word) = words.find(|word| ["FIXME", "TODO", "XXX", "HACK"].contains(word)) {
            complaints.push(format!(
                "{}:{}: {word}: do it now, or open an issue",
                source.path,
                index + 1
            ));
        }
    }
    complaints
}

fn macros(source: &Source, names: &[&str], remedy: &str) -> Vec<String> {
    let tokens = source.tokens();
    let calls = tokens
        .windows(2)
        .filter(|pair| pair[1].text == "!" && names.contains(&pair[0].text));
    calls
        .map(|pair| format!("{}:{}: {}!: {remedy}", source.path, pair[0].line, pair[0].text))
        .collect()
}

/// Files and functions stay short enough to be read in one sitting.
pub(crate) fn lengths(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    complaints.extend(too_long(
        &source.path,
        source.text.lines().count(),
        FILE_LINES,
        &LONGER,
    ));
    for (name, range) in source.functions() {
        let place = format!("{}::{name}", source.path);
        // Only lines with code: the expected text in a test is data, and a comment should never be too long to write.
        let body = source.code.lines().skip(range.start - 1).take(range.len());
        let lines = body.filter(|line| !line.trim().is_empty()).count();
        complaints.extend(too_long(&place, lines, FUNCTION_LINES, &LONGER));
    }
    complaints
}

fn too_long(place: &str, lines: usize, limit: usize, longer: &[(&str, usize)]) -> Option<String> {
    match longer.iter().find(|(known, _)| *known == place) {
        Some(_) if lines <= limit => Some(format!(
            "{place}: short enough now: take it out of LONGER in tidy/rules.rs"
        )),
        Some((_, today)) if lines > *today => Some(format!(
            "{place}: {lines} lines, grown from {today}: split it by idea"
        )),
        None if lines > limit => Some(format!(
            "{place}: {lines} lines, at most {limit}: split it by idea"
        )),
        _ => None,
    }
}

/// Every file says first what it is for.
pub(crate) fn heads(source: &Source) -> Vec<String> {
    // Samples for compile errors are read beside the error they provoke; it speaks for them.
    let sample = source.path.contains("/ui/");
    let first = source
        .text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if sample
        || first
            .strip_prefix("//!")
            .is_some_and(|text| !text.trim().is_empty())
    {
        return Vec::new();
    }
    vec![format!(
        "{}: begins without `//!`: say what it is for, what it may import, its invariants",
        source.path
    )]
}

/// The repository's root has the entries that were agreed upon.
pub(crate) fn top_level(entries: &[String]) -> Vec<String> {
    let known = |name: &str| name.starts_with('.') || TOP_LEVEL.contains(&name);
    let unknown = entries.iter().filter(|name| !known(name));
    unknown
        .map(|name| format!("{name}: not an agreed entry of the root; put it under one that is"))
        .collect()
}

/// Every guest, and every program among the examples, is run by a test: one that asks for it.
pub(crate) fn guests_are_run(guests: &[String], sources: &[Source]) -> Vec<String> {
    let in_guest =
        |source: &Source| is_under(&source.path, "tests/guests") || is_under(&source.path, "examples");
    let is_test = |source: &Source| source.path.contains("tests/") || source.path.ends_with("tests.rs");
    // These name guests without running them: this test's own samples, the demo, an example in a comment.
    let only_names = |source: &Source| {
        ["tests/tests/tidy", "tests/xtask", "tests/src"]
            .iter()
            .any(|folder| is_under(&source.path, folder))
    };
    let tests: Vec<_> = sources
        .iter()
        .filter(|it| is_test(it) && !in_guest(it) && !only_names(it))
        .collect();
    let run = |name: &str| {
        let asks = ["component", "example"].map(|what| format!("{what}(\"{name}\")"));
        tests
            .iter()
            .any(|source| asks.iter().any(|ask| source.text.contains(ask)))
    };
    let idle = guests.iter().filter(|name| !run(name));
    idle.map(|name| format!("guest {name}: no test runs it; write one that asks for component(\"{name}\") or example(\"{name}\")"))
        .collect()
}

/// Every decision has a number of its own and is listed with a link.
pub(crate) fn decisions(files: &[String], index: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut numbers = BTreeSet::new();
    for name in files.iter().filter(|name| *name != "README.md") {
        let number = name.split('-').next().unwrap_or_default();
        if number.len() != 4 || number.parse::<u16>().is_err() || !name.ends_with(".md") {
            complaints.push(format!("docs/adr/{name}: name it NNNN-title.md"));
        }
        if !numbers.insert(number) {
            complaints.push(format!("docs/adr/{name}: the number {number} is given twice"));
        }
        if !index.contains(&format!("({name})")) {
            complaints.push(format!("docs/adr/{name}: docs/adr/README.md doesn't list it"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Complaints of a rule about a planted file, and none about the innocent one.
    #[track_caller]
    fn check(rule: fn(&Source) -> Vec<String>, path: &str, guilty: &str, innocent: &str) {
        assert_eq!(rule(&Source::new(path, guilty)).len(), 1, "{guilty}");
        assert_eq!(rule(&Source::new(path, innocent)), Vec::<String>::new());
    }

    #[test]
    fn the_core_is_pure() {
        let innocent = "use std::time::Duration; // std::fs\nlet tokio = \"std::net\";";
        for guilty in [
            "use tokio::sync::mpsc;",
            "use std::{fmt, fs};",
            "let a = std::net::TcpStream::connect(b);",
            "use std::time::{Duration, Instant};",
            "use std::time; time::SystemTime::now();",
            "use rand::Rng;",
            "Uuid::now_v7();",
            "std::thread::spawn(f);",
        ] {
            check(boundaries, "host/core/src/a.rs", guilty, innocent);
        }
    }

    #[test]
    fn backends_are_named_only_where_they_live() {
        for (path, guilty) in [
            ("host/src/runner/local/a.rs", "use wasmtime::Store;"),
            ("host/src/bin/hephaestus/a.rs", "use wasmtime_wasi::WasiCtx;"),
            ("host/src/store/memory.rs", "use rusqlite::Connection;"),
            ("host/src/runner/a.rs", "use crate::sandbox::Executor;"),
            ("host/src/runner/a.rs", "use crate::store::{Store, sqlite};"),
            ("host/src/runner/a.rs", "std::time::SystemTime::now();"),
            ("guest-sdk/src/a.rs", "use hephaestus_host::Host;"),
            ("host/src/store/a.rs", "fn f() -> anyhow::Result<()> {}"),
            ("host/src/a.rs", "std::process::exit(1);"),
        ] {
            check(boundaries, path, guilty, "use crate::store::Store;");
        }
        for (path, right) in [
            ("host/src/sandbox/a.rs", "use wasmtime::Store;"),
            ("host/src/store/sqlite/a.rs", "use rusqlite::Connection;"),
            ("host/src/store/sqlite.rs", "use rusqlite::Connection;"),
            (
                "host/src/bin/hephaestus/a.rs",
                "use anyhow::Result; std::process::exit(1);",
            ),
            ("host/src/runner/clock.rs", "use std::time::SystemTime;"),
            ("host/tests/a.rs", "use wasmtime::Engine;"),
        ] {
            assert_eq!(boundaries(&Source::new(path, right)), Vec::<String>::new());
        }
    }

    #[test]
    fn libraries_do_not_print() {
        check(
            printing,
            "host/src/runner/a.rs",
            "println!(\"a\");",
            "writeln!(f, \"println!\")?;",
        );
        for may in ["host/src/bin/hephaestus/a.rs", "guest-sdk/src/testing/a.rs"] {
            assert!(printing(&Source::new(may, "println!()")).is_empty());
        }
    }

    #[test]
    fn unsafe_code_is_found() {
        let innocent = "#![forbid(unsafe_code)] // unsafe\nlet unsafety = \"unsafe\";";
        check(
            unsafe_code,
            "host/src/a.rs",
            "fn f() { unsafe { g() } }",
            innocent,
        );
        assert!(unsafe_code(&Source::new(UNSAFE[0], "unsafe {}")).is_empty());
    }

    #[test]
    fn nothing_unfinished_lands() {
        let innocent =
            "//! A TODOlist. `todo!()`\n#[expect(dead_code, reason = \"r\")] let allow = \"// FIXME\";";
        for guilty in [
            "todo!();",
            "unimplemented!(\"later\")",
            "dbg!(a);",
            "#[ignore]\nfn f() {}",
            "#[ignore = \"slow\"] fn f() {}",
            "#[allow(dead_code)] fn f() {}",
            "#![allow(dead_code)]",
            "// FIXME: later",
            "/* TODO */",
        ] {
            check(leftovers, "host/src/a.rs", guilty, innocent);
        }
        let quoted = "quote!(#[allow(dead_code)])";
        check(leftovers, "guest-sdk/macros/src/a.rs", "// FIXME", quoted);
        check(leftovers, "guest-sdk/src/a.rs", quoted, "");
    }

    #[test]
    fn files_and_functions_are_short() {
        check(lengths, "a.rs", &"//\n".repeat(801), &"//\n".repeat(800));
        let function = |lines: usize| format!("fn f() {{\n{}}}\n", "a();\n".repeat(lines - 2));
        check(lengths, "a.rs", &function(101), &function(100));
        let data = format!("fn f() {{\na(\"{}\");\n// Why.\n}}\n", "b\n".repeat(200));
        assert_eq!(lengths(&Source::new("a.rs", &data)), Vec::<String>::new());
    }

    #[test]
    fn what_is_too_long_today_can_only_shrink() {
        let judge = |lines| too_long("a.rs", lines, 800, &[("a.rs", 900)]).unwrap_or_default();
        assert!(judge(901).contains("grown from 900"));
        assert_eq!(judge(900), "");
        assert_eq!(judge(801), "");
        assert!(judge(800).contains("take it out"));
    }

    #[test]
    fn files_say_what_they_are_for() {
        check(
            heads,
            "host/src/a.rs",
            "use a::b;\n//! Late.",
            "//! What it is for.\nuse a::b;",
        );
        check(heads, "host/src/a.rs", "//!\n", "//! Said.");
    }

    #[test]
    fn the_root_is_kept_in_order() {
        let complaints = top_level(&["host", "wit", ".ci", "notes.md"].map(str::to_owned));
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].starts_with("notes.md:"), "{complaints:?}");
    }

    #[test]
    fn guests_without_a_test_are_found() {
        let sources = [
            Source::new("tests/tests/a.rs", "component(\"used\"), example(\"run\")"),
            Source::new("tests/guests/idle/src/lib.rs", "\"idle\""),
            Source::new("host/src/a.rs", "\"idle\""),
            Source::new("tests/xtask/src/demo.rs", "\"idle\""),
        ];
        let complaints = guests_are_run(&["used", "run", "idle"].map(str::to_owned), &sources);
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].contains("idle"), "{complaints:?}");
    }

    #[test]
    fn decisions_are_numbered_and_listed() {
        let files = ["0002-b.md", "0001-a.md", "README.md"].map(str::to_owned);
        assert_eq!(decisions(&files, "(0001-a.md) (0002-b.md)"), Vec::<String>::new());
        assert_eq!(decisions(&files, "(0001-a.md)").len(), 1, "not listed");
        assert_eq!(decisions(&["a.md".to_owned()], "(a.md)").len(), 1, "no number");
        let twice = ["0001-a.md", "0001-b.md"].map(str::to_owned);
        assert_eq!(
            decisions(&twice, "(0001-a.md) (0001-b.md)").len(),
            1,
            "a number given twice"
        );
    }
}
