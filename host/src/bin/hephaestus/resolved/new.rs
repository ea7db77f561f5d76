//! `hephaestus new`, as meant.

use std::fs;
use std::path::{Path, PathBuf};

use hephaestus_host::core::WorkflowName;

use crate::args::NewArgs;
use crate::usage::UsageError;

/// What `hephaestus new` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NewOptions {
    /// The folder to make.
    pub(crate) folder: PathBuf,
    /// What the crate and its workflow are called.
    pub(crate) name: WorkflowName,
    /// Where the SDK comes from.
    pub(crate) sdk: Sdk,
}

/// Where the SDK comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sdk {
    /// The registry: the version that this program is.
    Registry,
    /// A folder, absolute.
    Folder(PathBuf),
}

/// What is a name and can't be the crate's: the template has something else of it, the crate needs what it would hide,
/// or it means something already.
const TAKEN: [&str; 38] = [
    "alloc",
    "approve",
    "bool",
    "carry_out",
    "char",
    "check",
    "core",
    "done",
    "f32",
    "f64",
    "failed",
    "hephaestus",
    "hephaestus_core",
    "hephaestus_guest",
    "hephaestus_guest_macros",
    "hephaestus_host",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "order",
    "proc_macro",
    "reject",
    "serde",
    "serde_json",
    "std",
    "step",
    "str",
    "test",
    "tests",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

/// Makes sense of what was typed. `program` is the file that runs.
pub(crate) fn resolve(args: &NewArgs, program: Option<&Path>) -> Result<NewOptions, UsageError> {
    // `.` and its like name a folder that has a name of its own.
    let found = match args.folder.file_name() {
        None => args.folder.canonicalize().ok(),
        Some(_) => None,
    };
    let name = name(found.as_deref().unwrap_or(&args.folder))?;
    if args.folder.symlink_metadata().is_ok() && !is_empty(&args.folder) {
        return Err(UsageError::new(
            "NAME",
            format!("{}, which is there already and not empty", args.folder.display()),
            "the name of a folder to make, or an empty folder",
            "choose another name, or remove it",
        ));
    }
    let sdk = match &args.sdk {
        Some(folder) => Sdk::Folder(sdk(folder)?),
        None => program.and_then(of_checkout).map_or(Sdk::Registry, Sdk::Folder),
    };
    Ok(NewOptions {
        folder: args.folder.clone(),
        name,
        sdk,
    })
}

/// Whether it is a folder with nothing in it but, perhaps, a fresh repository: as good as none.
fn is_empty(folder: &Path) -> bool {
    let is_git = |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == ".git");
    fs::read_dir(folder).is_ok_and(|mut entries| entries.all(is_git))
}

fn name(folder: &Path) -> Result<WorkflowName, UsageError> {
    let found = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    let refused = |expected: &str, fix: String| UsageError::new("NAME", format!("{found:?}"), expected, fix);
    let expected = "lower-case words of letters and digits joined by `-`, beginning with a letter";
    let name = WorkflowName::new(&found).map_err(|_| refused(expected, suggestion(&found)))?;
    let ident = snake(&name);
    let is_keyword = KEYWORDS.contains(&ident.as_str());
    if is_keyword || TAKEN.contains(&ident.as_str()) {
        let reason = if is_keyword { "a keyword of Rust" } else { "taken" };
        return Err(refused(
            "a name that a crate and a function can have",
            format!("choose another one, like `{name}-flow`: `{ident}` is {reason}"),
        ));
    }
    Ok(name)
}

/// The name of the function, and of the crate in Rust.
pub(crate) fn snake(name: &WorkflowName) -> String {
    name.as_str().replace('-', "_")
}

fn suggestion(found: &str) -> String {
    let mut kebab = String::new();
    for letter in found.chars() {
        if letter.is_uppercase() && kebab.ends_with(|before: char| before.is_ascii_lowercase()) {
            kebab.push('-');
        }
        kebab.extend(
            letter
                .to_lowercase()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }),
        );
    }
    let words = kebab.split('-').filter(|word| !word.is_empty());
    match WorkflowName::new(&words.collect::<Vec<_>>().join("-")) {
        Ok(name) => format!("call it `{name}`"),
        Err(_) => "call it `my-workflow`, say".into(),
    }
}

/// A folder with the SDK in it, absolute.
fn sdk(folder: &Path) -> Result<PathBuf, UsageError> {
    let refused = |found: String| {
        UsageError::new(
            "--sdk",
            found,
            "the guest-sdk/ folder of a checkout, with the package hephaestus-guest",
            "name that folder",
        )
    };
    let absolute =
        fs::canonicalize(folder).map_err(|error| refused(format!("{} ({error})", folder.display())))?;
    if is_sdk(&absolute) {
        Ok(absolute)
    } else {
        Err(refused(format!(
            "{}, which has no such package",
            folder.display()
        )))
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .any(|line| line.trim() == "name = \"hephaestus-guest\"")
}

/// The SDK beside the program's own source: it lies in `<checkout>/target/<profile>/`.
fn of_checkout(program: &Path) -> Option<PathBuf> {
    let folders = program.ancestors().skip(1).take(3);
    let mut sdks = folders.map(|folder| folder.join("guest-sdk"));
    sdks.find(|sdk| is_sdk(sdk))
}

/// What no function can be called without `r#`.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::{NewArgs, NewOptions, Sdk, resolve};

    fn typed(name: &str) -> Result<NewOptions, String> {
        let nowhere = std::env::temp_dir().join("hephaestus-nowhere");
        let args = NewArgs {
            folder: nowhere.join(name),
            sdk: None,
        };
        resolve(&args, None).map_err(|error| error.to_string())
    }

    #[test]
    fn the_folder_names_the_crate() {
        let options = typed("order-intake").expect("a good name");
        assert_eq!(options.name.as_str(), "order-intake");
        assert_eq!(options.sdk, Sdk::Registry);
    }

    #[test]
    fn a_bad_name_is_told_a_good_one() {
        for (bad, fix) in [
            ("OrderIntake", "call it `order-intake`"),
            ("order_intake", "call it `order-intake`"),
            ("Orders & more", "call it `orders-more`"),
            ("7", "call it `my-workflow`, say"),
            ("match", "like `match-flow`: `match` is a keyword of Rust"),
            ("test", "like `test-flow`: `test` is taken"),
            ("carry-out", "`carry_out` is taken"),
        ] {
            let error = typed(bad).expect_err(bad);
            assert!(
                error.contains(fix) && error.contains(&format!("{bad:?}")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let folder = std::env::temp_dir();
        let folder = folder.join(format!("taken-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let args = NewArgs {
            folder: folder.clone(),
            sdk: None,
        };
        let empty = resolve(&args, None);
        std::fs::write(folder.join("file"), "").expect("a file");
        let full = resolve(&args, None);
        std::fs::remove_dir_all(&folder).expect("cleaned up");
        assert!(empty.is_ok(), "{empty:?}");
        assert!(full.is_err_and(|error| error.to_string().contains("which is there already")));
    }

    #[test]
    fn an_empty_folder_gives_its_own_name() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("order-intake");
        std::fs::create_dir_all(folder.join("inner")).expect("folders");
        let resolved = |folder: std::path::PathBuf| {
            let args = NewArgs { folder, sdk: None };
            resolve(&args, None).map_err(|error| error.to_string())
        };
        let full = resolved(folder.join("inner/..")).expect_err("a folder with something in it");
        assert!(full.contains("which is there already"), "{full}");
        std::fs::rename(folder.join("inner"), folder.join(".git")).expect("renamed");
        let options = resolved(folder.join(".git/.."));
        let options = options.expect("a fresh repository is as good as empty");
        assert_eq!(options.name.as_str(), "order-intake");
    }

    #[test]
    fn a_folder_without_the_sdk_is_refused() {
        let args = NewArgs {
            folder: "somewhere-else".into(),
            sdk: Some(std::env::temp_dir()),
        };
        let error = resolve(&args, None).expect_err("no SDK there").to_string();
        assert!(
            error.starts_with("--sdk: ") && error.contains("no such package"),
            "{error}"
        );
    }
}
