//! `examples/embed`, and the pages that show its code.

use std::path::Path;
use std::process::{Command, Output};

fn embed(component: &Path, database: &Path) -> Output {
    let mut command = Command::new(hephaestus_tests::example("embed"));
    command.arg(component).arg(database).env_remove("RUST_BACKTRACE");
    command.output().expect("it starts")
}

#[test]
fn an_order_is_shipped_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (component, database) = (
        hephaestus_tests::component("order-flow"),
        folder.path().join("orders.db"),
    );
    for _ in 0..2 {
        let output = embed(&component, &database);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        assert!(text.starts_with("on its way: tracking-"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn what_is_no_component_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = hephaestus_tests::repository().join("README.md");
    let output = embed(&text, &folder.path().join("orders.db"));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("embed: the component is refused: "), "{text}");
}

/// The crate page includes the file itself, and runs it.
#[test]
fn the_readme_shows_the_code_that_runs() {
    let read = |path: &str| {
        let path = hephaestus_tests::repository().join(path);
        std::fs::read_to_string(path).expect("a file of the repository")
    };
    let code = read("examples/embed/src/order.rs");
    let function = code.find("/// ").map(|begin| &code[begin..]);
    let shown = format!("```rust\n{}```\n", function.expect("a documented function"));
    assert!(
        read("README.md").contains(&shown),
        "README.md, \"Embed it\", has another program than examples/embed/src/order.rs: copy it there"
    );
    let lines = code.lines().count() + read("examples/embed/src/main.rs").lines().count();
    assert!(
        lines < 60,
        "the whole program fits on a page; it has {lines} lines"
    );
}
