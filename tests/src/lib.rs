//! What the whole-system tests share: finding the components and the programs that `cargo xtask build` leaves, and
//! [running commands](place) in a folder of their own.
//!
//! What was built is looked up at `HEPHAESTUS_COMPONENTS` (a folder), `HEPHAESTUS_BIN` (a file) and
//! `HEPHAESTUS_EXAMPLES` (a folder) if these are set, as `cargo xtask test` does; else in the target folder that the
//! running test was built in. A missing one fails the test and names the command that builds it: no test skips itself.
//!
//! Tests that are started by hand use what the last build left. After a change to the host or to a guest:
//! `cargo xtask build`.

pub mod place;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The component of an example or test guest, by the name of its package.
///
/// ```no_run
/// let component = std::fs::read(hephaestus_tests::component("order-flow"));
/// ```
///
/// # Panics
///
/// If it was not built.
pub fn component(name: &str) -> PathBuf {
    let folder = from_environment("HEPHAESTUS_COMPONENTS").unwrap_or_else(|| target().join("components"));
    demand(
        folder.join(format!("{name}.wasm")),
        "cargo xtask build --guests-only",
    )
}

/// The guest `hostile` as a component that describes itself in another way: see its `describe.rs`.
///
/// # Panics
///
/// If it was not built, or knows no such ways.
pub fn hostile_described(mode: &str) -> Vec<u8> {
    const PREFIX: &str = "hostile-describe-mode:";
    let path = component("hostile");
    let mut bytes = std::fs::read(&path).unwrap_or_default();
    let width = "good......".len();
    let found = bytes
        .windows(PREFIX.len())
        .position(|window| window == PREFIX.as_bytes());
    let Some(at) = found.filter(|_| mode.len() <= width) else {
        panic!("{} has no place for the mode {mode}", path.display());
    };
    let at = at + PREFIX.len();
    bytes[at..at + width].copy_from_slice(format!("{mode:.<width$}").as_bytes());
    bytes
}

/// The path of the binary `hephaestus`.
///
/// # Panics
///
/// If it was not built.
pub fn binary() -> PathBuf {
    let file = from_environment("HEPHAESTUS_BIN").unwrap_or_else(|| program("hephaestus"));
    demand(file, "cargo xtask build")
}

/// The path of an example that is a program, by its name.
///
/// # Panics
///
/// If it was not built.
pub fn example(name: &str) -> PathBuf {
    let file = match from_environment("HEPHAESTUS_EXAMPLES") {
        Some(folder) => folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)),
        None => program(name),
    };
    demand(file, "cargo xtask build")
}

fn program(name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target().join("release").join(file)
}

/// A command that runs the binary `hephaestus`, with none of the variables that would change what it does or prints.
///
/// # Panics
///
/// If it was not built.
pub fn hephaestus() -> Command {
    let mut command = Command::new(binary());
    let ours = |name: &str| name.starts_with("HEPHAESTUS_") || ["RUST_LOG", "RUST_BACKTRACE"].contains(&name);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
        command.env_remove(name);
    }
    command.env(CODE_CACHE, code_cache());
    command
}

/// The variable that says where `hephaestus` keeps compiled components.
pub const CODE_CACHE: &str = "HEPHAESTUS_CODE_CACHE";

/// A value of it: a folder that all tests share. Without it they would use the one of the user who runs them.
pub fn code_cache() -> PathBuf {
    target().join("code-cache")
}

/// The root of the repository, where `examples/` and the other folders are.
pub fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

fn from_environment(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The target folder: cargo puts test programs in `<target>/<profile>/deps`.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(3).map(Path::to_owned).unwrap_or_default()
}

fn demand(file: PathBuf, command: &str) -> PathBuf {
    assert!(
        file.is_file(),
        "{} is missing: run `{command}` first, or `cargo xtask test`",
        file.display()
    );
    file
}
