//! What a component must look like from outside, and what those that don't are told.
//!
//! Everything here looks at bytes and names only.

use super::options::{SandboxLimits, bytes};
use crate::runner::LoadError;

/// The package of the contract.
const PACKAGE: &str = "hephaestus:workflow";
/// The version of it that this host speaks, and the fix releases of which it understands.
const VERSION: &str = "0.1.0";
/// What a workflow component exports.
const EXPORTS: [&str; 3] = ["definition", "routing", "steps"];
/// What it can import from the package, besides [`TYPES`].
const IMPORTS: [&str; 5] = ["checkpoint", "context", "grants", "log", "secrets"];
/// Holds no functions.
const TYPES: &str = "types";
/// What it can import besides.
const WASI_PACKAGES: [&str; 7] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];
/// The WASI that goes with it.
const WASI_VERSION: &str = "0.2.0";

const GUEST_FIX: &str =
    "build it for `wasm32-wasip2` with the guest SDK, or with bindings of `wit/workflow.wit`";

pub(super) fn refused(
    found: impl Into<String>,
    expected: impl Into<String>,
    fix: impl Into<String>,
) -> LoadError {
    LoadError::Refused {
        found: found.into(),
        expected: expected.into(),
        fix: fix.into(),
    }
}

/// Looks at the size and the first bytes.
pub(super) fn check_file(component: &[u8], limits: &SandboxLimits) -> Result<(), LoadError> {
    let expected = "a WebAssembly component";
    if component.len() > limits.component_bytes {
        return Err(refused(
            format!("a file of {} bytes", component.len()),
            format!("a component of at most {}", bytes(limits.component_bytes)),
            "build it with `strip = true` and `opt-level = \"s\"`, or raise the host's limit `component_bytes`",
        ));
    }
    match component {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(refused(
            "a core WebAssembly module",
            expected,
            "build it for `wasm32-wasip2`, or make a component of it with `wasm-tools component new`",
        )),
        [0, b'a', b's', b'm', ..] => Err(refused(
            "WebAssembly of a kind or version that this host doesn't know",
            expected,
            "build it with a released toolchain, or update the host",
        )),
        [] => Err(refused("an empty file", expected, GUEST_FIX)),
        _ => Err(refused(
            format!(
                "a file that is not WebAssembly, beginning with {:?}",
                beginning(component)
            ),
            expected,
            "check that the path names the built `.wasm` file",
        )),
    }
}

fn beginning(file: &[u8]) -> String {
    String::from_utf8_lossy(&file[..file.len().min(16)]).into_owned()
}

/// `package/interface@version`
struct Interface<'a> {
    package: &'a str,
    name: &'a str,
    version: &'a str,
}

impl<'a> Interface<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (package, rest) = text.split_once('/')?;
        let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
        Some(Self {
            package,
            name,
            version,
        })
    }

    /// Whether the version differs from `supported` in its last number at most.
    fn has_version_like(&self, supported: &str) -> bool {
        let series = |version: &'a str| version.rsplit_once('.').map(|(series, _)| series.to_owned());
        series(self.version).as_deref() == supported.rsplit_once('.').map(|(series, _)| series)
    }
}

/// Checks the names of a component's imports and exports.
pub(super) fn check_interfaces(imports: &[&str], exports: &[&str]) -> Result<(), LoadError> {
    check_version(imports, exports)?;
    check_exports(exports)?;
    check_imports(imports)
}

fn check_version(imports: &[&str], exports: &[&str]) -> Result<(), LoadError> {
    let other = exports
        .iter()
        .chain(imports)
        .filter_map(|name| Interface::parse(name))
        .find(|interface| interface.package == PACKAGE && !interface.has_version_like(VERSION));
    match other {
        None => Ok(()),
        Some(Interface { version: "", .. }) => Err(refused(
            format!("a component for {PACKAGE} without a version"),
            format!("{PACKAGE}@{VERSION}"),
            "build it with the SDK of that version, or with bindings of `wit/workflow.wit`",
        )),
        Some(Interface { version, .. }) => Err(refused(
            format!("a component for {PACKAGE}@{version}"),
            format!("{PACKAGE}@{VERSION}, which this host speaks"),
            format!("run it on a host that speaks {version}, or build it with the SDK of version {VERSION}"),
        )),
    }
}

fn check_exports(exports: &[&str]) -> Result<(), LoadError> {
    let is_exported = |wanted: &str| {
        exports
            .iter()
            .filter_map(|name| Interface::parse(name))
            .any(|interface| interface.package == PACKAGE && interface.name == wanted)
    };
    let missing: Vec<&str> = EXPORTS
        .into_iter()
        .filter(|wanted| !is_exported(wanted))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let found = match exports {
        [] => "a component that exports nothing".to_owned(),
        exports => {
            format!(
                "a component without {}; it exports {}",
                list(&missing),
                list(exports)
            )
        }
    };
    let expected = format!("the exports {} of {PACKAGE}@{VERSION}", list(&EXPORTS));
    Err(refused(found, expected, GUEST_FIX))
}

fn check_imports(imports: &[&str]) -> Result<(), LoadError> {
    let is_known = |name: &&str| match Interface::parse(name) {
        Some(interface) if interface.package == PACKAGE => {
            IMPORTS.contains(&interface.name) || interface.name == TYPES
        }
        Some(interface) => {
            WASI_PACKAGES.contains(&interface.package) && interface.has_version_like(WASI_VERSION)
        }
        None => false,
    };
    let unknown: Vec<&str> = imports.iter().copied().filter(|name| !is_known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(refused(
        format!("a component that imports {}", list(&unknown)),
        format!(
            "imports of {PACKAGE}@{VERSION} ({}) and of WASI 0.2 only",
            list(&IMPORTS)
        ),
        "remove what needs them from the guest, or compose the component with one that provides them",
    ))
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD_EXPORTS: [&str; 3] = [
        "hephaestus:workflow/definition@0.1.0",
        "hephaestus:workflow/routing@0.1.0",
        "hephaestus:workflow/steps@0.1.0",
    ];

    fn interfaces(imports: &[&str], exports: &[&str]) -> String {
        match check_interfaces(imports, exports) {
            Ok(()) => "fine".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_fix_release_of_the_contract_is_fine() {
        let imports = ["hephaestus:workflow/log@0.1.7", "wasi:io/poll@0.2.9"];
        assert_eq!(interfaces(&imports, &GOOD_EXPORTS), "fine");
    }

    #[test]
    fn another_version_is_named() {
        expect_test::expect![[r#"the component is refused: a component for hephaestus:workflow@0.2.0; expected hephaestus:workflow@0.1.0, which this host speaks; run it on a host that speaks 0.2.0, or build it with the SDK of version 0.1.0"#]]
            .assert_eq(&interfaces(&["hephaestus:workflow/context@0.2.0"], &GOOD_EXPORTS));
    }

    #[test]
    fn missing_exports_are_named() {
        expect_test::expect![[r#"the component is refused: a component without `routing`, `steps`; it exports `hephaestus:workflow/definition@0.1.0`; expected the exports `definition`, `routing`, `steps` of hephaestus:workflow@0.1.0; build it for `wasm32-wasip2` with the guest SDK, or with bindings of `wit/workflow.wit`"#]]
            .assert_eq(&interfaces(&[], &GOOD_EXPORTS[..1]));
    }

    #[test]
    fn unknown_imports_are_all_named() {
        expect_test::expect![[r#"the component is refused: a component that imports `wasi:keyvalue/store@0.2.0`, `wasi:cli/stdout@0.3.0`, `acme`; expected imports of hephaestus:workflow@0.1.0 (`checkpoint`, `context`, `grants`, `log`, `secrets`) and of WASI 0.2 only; remove what needs them from the guest, or compose the component with one that provides them"#]]
            .assert_eq(&interfaces(
                &["wasi:keyvalue/store@0.2.0", "wasi:cli/stdout@0.3.0", "acme", "wasi:cli/stdout@0.2.3"],
                &GOOD_EXPORTS,
            ));
    }

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let found = |file: &[u8]| match check_file(file, &SandboxLimits::default()) {
            Ok(()) => "fine".into(),
            Err(LoadError::Refused { found, .. }) => found,
            Err(other) => other.to_string(),
        };
        assert_eq!(found(b"\0asm\x0d\0\x01\0"), "fine");
        assert_eq!(found(b"\0asm\x01\0\0\0"), "a core WebAssembly module");
        assert_eq!(
            found(b"\0asm\x0c\0\x01\0"),
            "WebAssembly of a kind or version that this host doesn't know"
        );
        assert_eq!(found(b""), "an empty file");
        assert_eq!(
            found(b"(component)"),
            "a file that is not WebAssembly, beginning with \"(component)\""
        );
    }
}
