//! `cargo xtask scaffold`: what somebody gets who begins with `hephaestus new`, made and tried as they would.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::build;
use crate::process::{self, human, say};
use crate::toolchain;
use crate::workspace::{Guest, Workspace};

/// What the crate is called, and its component.
const NAME: &str = "first-flow";

/// Makes the crate, looks at it as its author would (format, lints, tests), and builds its component.
pub(crate) fn make(workspace: &Workspace) -> Result<()> {
    let started = Instant::now();
    let folder = workspace.target.join("scaffold").join(NAME);
    let sdk = workspace.root.join("guest-sdk");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("failed to remove {}", folder.display()))?;
    }
    let mut new = std::process::Command::new(workspace.binary());
    process::run(new.arg("new").arg(&folder).arg("--sdk").arg(sdk))?;
    // The versions that everything else is tested with.
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("failed to copy Cargo.lock")?;

    // Beside the repository there is no configuration of rustfmt; here, the search for one ends with this.
    fs::write(workspace.target.join("scaffold/rustfmt.toml"), "").context("failed to write rustfmt.toml")?;

    let cargo = |arguments: &[&str]| {
        let mut command = process::cargo();
        command.args(arguments).current_dir(&folder);
        // A folder of its own: the crate's builds are another profile's, and wait for no lock that this run holds.
        command.env("CARGO_TARGET_DIR", workspace.target.join("scaffold/target"));
        process::run(&mut command)
    };
    cargo(&["fmt", "--check"])?;
    cargo(&["clippy", "--all-targets", "--", "-D", "warnings"])?;
    cargo(&["test"])?;
    component(workspace, &folder)?;
    say(format_args!(
        "a new crate is ready to be worked on ({})",
        human(started.elapsed())
    ));
    Ok(())
}

fn component(workspace: &Workspace, folder: &Path) -> Result<()> {
    let toolchain = toolchain::provide(workspace)?;
    let guest = Guest {
        name: NAME.to_owned(),
        manifest: folder.join("Cargo.toml"),
    };
    let mut cargo = build::guest_cargo(workspace, &toolchain);
    cargo.arg("--release").current_dir(folder);
    let module = build::module_of(&mut cargo, &toolchain, &guest)?;
    fs::create_dir_all(workspace.components())?;
    build::install(&module, &workspace.component(NAME))?;
    Ok(())
}
