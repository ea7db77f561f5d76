//! `cargo xtask build`: the host binary, the examples that are programs, and every guest as a component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::process::{self, human, say};
use crate::toolchain::{self, GuestToolchain};
use crate::workspace::{Guest, Workspace};

/// How a component begins: wasm's magic number, then the version and layer of components.
const COMPONENT_PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// Builds the guests, then the host: what needs the network most and fails most comes first.
pub(crate) fn all(workspace: &Workspace) -> Result<()> {
    guests(workspace)?;
    host(workspace)
}

/// Builds `<target>/release/hephaestus`, and the examples that embed the host beside it.
///
/// With the whole workspace selected, dependencies get the features that the tests and lints give them too, so that
/// nothing is compiled twice; with the host's package alone, wasmtime would be.
pub(crate) fn host(workspace: &Workspace) -> Result<()> {
    let started = Instant::now();
    say("building the host (the first time takes minutes: wasmtime is compiled)");
    let mut build = process::cargo();
    build.args(["build", "--release", "--workspace", "--bin", "hephaestus"]);
    for program in &workspace.programs {
        build.args(["--bin", program]);
    }
    process::run(build.current_dir(&workspace.root))?;
    say(format_args!(
        "host: {} ({})",
        workspace.binary().display(),
        human(started.elapsed())
    ));
    for program in &workspace.programs {
        say(format_args!("example: {}", workspace.program(program).display()));
    }
    Ok(())
}

/// Builds every guest and leaves `<target>/components/<name>.wasm`.
pub(crate) fn guests(workspace: &Workspace) -> Result<()> {
    if workspace.guests.is_empty() {
        say("no guests to build: no package under examples/ or tests/guests/ has the crate type cdylib");
        return Ok(());
    }
    let started = Instant::now();
    let toolchain = toolchain::provide(workspace)?;
    say(format_args!(
        "guest toolchain: {} ({})",
        toolchain.description,
        human(started.elapsed())
    ));

    let started = Instant::now();
    say(format_args!("building {} guests", workspace.guests.len()));
    let built = compile(workspace, &toolchain)?;
    fs::create_dir_all(workspace.components())?;
    for (name, module) in &built {
        let component = workspace.component(name);
        let news = if install(module, &component)? {
            "new"
        } else {
            "unchanged"
        };
        say(format_args!("component: {} ({news})", component.display()));
    }
    say(format_args!(
        "{} components ({})",
        built.len(),
        human(started.elapsed())
    ));
    Ok(())
}

/// Compiles all guests in one target folder of their own, so that a standard library is built once for all. One after
/// the other: together, each would get the features of the SDK that any of them asks for.
fn compile(workspace: &Workspace, toolchain: &GuestToolchain) -> Result<Vec<(String, PathBuf)>> {
    let compiled = workspace.guests.iter().map(|guest| {
        let mut build = cargo_for(workspace, toolchain, &guest.name);
        Ok((guest.name.clone(), module_of(&mut build, toolchain, guest)?))
    });
    compiled.collect()
}

/// Runs the command that compiles a guest, and returns the wasm file that it makes.
pub(crate) fn module_of(build: &mut Command, toolchain: &GuestToolchain, guest: &Guest) -> Result<PathBuf> {
    let name = &guest.name;
    let messages = messages_of(build).with_context(|| {
        let (used, variable) = (&toolchain.description, toolchain::VARIABLE);
        format!("{name} doesn't compile (see above) with {used}; {variable} chooses another toolchain")
    })?;
    let module = messages
        .iter()
        .find_map(|message| module_in(message, &guest.manifest));
    module.ok_or_else(|| anyhow!("cargo built {name} without making a wasm file of it"))
}

/// The command that compiles a guest.
fn cargo_for(workspace: &Workspace, toolchain: &GuestToolchain, package: &str) -> Command {
    let mut build = guest_cargo(workspace, toolchain);
    build.args(["--profile", "guest", "--package", package]);
    build.current_dir(&workspace.root);
    build
}

/// `cargo build` for components, with the toolchain for them.
pub(crate) fn guest_cargo(workspace: &Workspace, toolchain: &GuestToolchain) -> Command {
    let mut build = process::cargo();
    build.args(["build", "--lib", "--target", toolchain::TARGET]);
    build.args(["--message-format", "json-render-diagnostics"]);
    build.arg("--target-dir").arg(workspace.target.join("guests"));
    build
        .args(&toolchain.arguments)
        .envs(toolchain.environment.iter().cloned());
    // Flags for the machine's own compiler and linker mean nothing to wasm's; incremental builds exclude lto.
    build
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_INCREMENTAL", "0");
    build
}

/// Runs cargo and returns its messages; diagnostics and progress go to the terminal.
fn messages_of(build: &mut Command) -> Result<Vec<Value>> {
    let line = process::shell_line(build);
    let output = build
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed: {}", output.status);
    }
    let lines = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| line.starts_with(b"{"));
    lines
        .map(|line| serde_json::from_slice(line).context("cargo's message is not JSON"))
        .collect()
}

/// The wasm file that this message of cargo announces for the package with this manifest.
fn module_in(message: &Value, manifest: &Path) -> Option<PathBuf> {
    let announced = message["reason"] == "compiler-artifact"
        && message["manifest_path"]
            .as_str()
            .is_some_and(|path| Path::new(path) == manifest);
    let files = message["filenames"].as_array().filter(|_| announced)?;
    files
        .iter()
        .filter_map(Value::as_str)
        .map(PathBuf::from)
        .find(|file| file.extension().is_some_and(|e| e == "wasm"))
}

/// Puts a built file in its place if that would change it, and says whether it did.
///
/// Whoever reads the component sees the old or the new one, never half of it.
pub(crate) fn install(module: &Path, component: &Path) -> Result<bool> {
    let bytes = fs::read(module).with_context(|| format!("failed to read {}", module.display()))?;
    if !bytes.starts_with(&COMPONENT_PREAMBLE) {
        bail!(
            "{} is not a component; the linker in use is not wasm-component-ld",
            module.display()
        );
    }
    if fs::read(component).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let new = component.with_extension(format!("{}.new", std::process::id()));
    fs::write(&new, &bytes).with_context(|| format!("failed to write {}", new.display()))?;
    fs::rename(&new, component).with_context(|| format!("failed to replace {}", component.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_module_is_found_among_cargos_messages() {
        let manifest = Path::new("/w/examples/order-flow/Cargo.toml");
        let artifact = json!({
            "reason": "compiler-artifact",
            "manifest_path": manifest,
            "filenames": ["/t/liborder_flow.rlib", "/t/order_flow.wasm"],
        });
        assert_eq!(
            module_in(&artifact, manifest),
            Some(PathBuf::from("/t/order_flow.wasm"))
        );
        assert_eq!(
            module_in(&artifact, Path::new("/w/examples/other/Cargo.toml")),
            None
        );
        assert_eq!(module_in(&json!({ "reason": "build-finished" }), manifest), None);
    }

    #[test]
    fn only_components_are_installed_and_only_when_they_differ() {
        let folder = std::env::temp_dir().join(format!("xtask-install-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        let (module, component) = (folder.join("m"), folder.join("c.wasm"));
        let write = |content: &[u8]| {
            fs::write(&module, content).expect("written");
            install(&module, &component)
        };
        let core_module = write(b"\0asm\x01\0\0\0");
        let steps = [&b"one"[..], b"one", b"two"];
        let changed =
            steps.map(|tail| write(&[&COMPONENT_PREAMBLE[..], tail].concat()).expect("a component"));
        let left = fs::read_dir(&folder).expect("folder").count();
        fs::remove_dir_all(&folder).expect("cleaned up");
        assert!(
            core_module
                .expect_err("a core module")
                .to_string()
                .contains("not a component")
        );
        assert_eq!(changed, [true, false, true]);
        assert_eq!(left, 2, "no temporary file is left");
    }
}
