//! Where things are: the answers of `cargo metadata`, so that every way to move the target folder is honoured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::process;

/// Folders whose library packages of crate type `cdylib` are guests.
const GUEST_FOLDERS: [&str; 2] = ["examples", "tests/guests"];

/// The folder whose programs embed the host: they are built and tested with it.
const PROGRAM_FOLDER: &str = "examples";

/// The workspace that this xtask was started in.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Everything that becomes a component, by name.
    pub(crate) guests: Vec<Guest>,
    /// The examples that are programs, by name.
    pub(crate) programs: Vec<String>,
    /// The oldest Rust that the workspace accepts, as `1.95`.
    pub(crate) rust_version: String,
}

/// A package that is compiled to a component.
pub(crate) struct Guest {
    /// The package's name, and the component's.
    pub(crate) name: String,
    /// Its `Cargo.toml`, by which cargo's messages are told apart.
    pub(crate) manifest: PathBuf,
}

impl Workspace {
    /// Asks cargo. Needs no network and no lock.
    pub(crate) fn find() -> Result<Self> {
        let text =
            process::answer(process::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Value) -> Result<Self> {
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        let packages = metadata["packages"]
            .as_array()
            .ok_or_else(|| anyhow!("cargo metadata lists no packages"))?;
        let (mut guests, mut programs) = (Vec::new(), Vec::new());
        for package in packages {
            let manifest = PathBuf::from(text(package, "manifest_path")?);
            if manifest.starts_with(root.join(PROGRAM_FOLDER)) {
                programs.extend(programs_of(package));
            }
            if is_in_guest_folder(&root, &manifest) && has_cdylib(package) {
                guests.push(Guest {
                    name: text(package, "name")?.to_owned(),
                    manifest,
                });
            }
        }
        guests.sort_by(|a, b| a.name.cmp(&b.name));
        programs.sort();
        let host = packages
            .iter()
            .find(|package| package["name"] == "hephaestus-host");
        let host = host.ok_or_else(|| anyhow!("this workspace has no package hephaestus-host"))?;
        Ok(Self {
            target: PathBuf::from(text(metadata, "target_directory")?),
            rust_version: text(host, "rust_version")?.to_owned(),
            root,
            guests,
            programs,
        })
    }

    /// The host binary that `cargo xtask build` leaves.
    pub(crate) fn binary(&self) -> PathBuf {
        self.program("hephaestus")
    }

    /// The folder of the programs that `cargo xtask build` leaves.
    pub(crate) fn program_folder(&self) -> PathBuf {
        self.target.join("release")
    }

    /// A program that `cargo xtask build` leaves.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.program_folder()
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The folder of the components that `cargo xtask build` leaves.
    pub(crate) fn components(&self) -> PathBuf {
        self.target.join("components")
    }

    /// The component of the guest with this name.
    pub(crate) fn component(&self, name: &str) -> PathBuf {
        self.components().join(format!("{name}.wasm"))
    }
}

fn is_in_guest_folder(root: &Path, manifest: &Path) -> bool {
    GUEST_FOLDERS
        .iter()
        .any(|folder| manifest.starts_with(root.join(folder)))
}

fn has_cdylib(package: &Value) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets
        .flat_map(|target| target["crate_types"].as_array().into_iter().flatten())
        .any(|kind| kind == "cdylib")
}

/// The names of a package's programs.
fn programs_of(package: &Value) -> Vec<String> {
    let targets = package["targets"].as_array().into_iter().flatten();
    let is_program = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.into_iter().any(|kind| kind == "bin")
    };
    let names = targets.filter(is_program).map(|target| target["name"].as_str());
    names.flatten().map(str::to_owned).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key]
        .as_str()
        .ok_or_else(|| anyhow!("cargo metadata has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, folder: &str, crate_type: &str) -> Value {
        json!({
            "name": name,
            "rust_version": "1.95",
            "manifest_path": format!("/w/{folder}/Cargo.toml"),
            "targets": [{ "name": name, "kind": [crate_type], "crate_types": [crate_type] }],
        })
    }

    #[test]
    fn guests_are_the_cdylibs_of_the_guest_folders_and_programs_are_among_the_examples() {
        let workspace = Workspace::from_metadata(&json!({
            "workspace_root": "/w",
            "target_directory": "/elsewhere",
            "packages": [
                package("raw-wit", "tests/guests/raw-wit", "cdylib"),
                package("order-flow", "examples/order-flow", "cdylib"),
                package("embed", "examples/embed", "bin"),
                package("plugin", "plugin", "cdylib"),
                package("xtask", "tests/xtask", "bin"),
                package("hephaestus-host", "host", "lib"),
            ],
        }))
        .expect("well-formed");
        let names: Vec<_> = workspace.guests.iter().map(|guest| guest.name.as_str()).collect();
        assert_eq!(names, ["order-flow", "raw-wit"]);
        assert_eq!(workspace.programs, ["embed"]);
        assert_eq!(
            workspace.component("raw-wit"),
            Path::new("/elsewhere/components/raw-wit.wasm")
        );
        assert_eq!(workspace.rust_version, "1.95");
    }
}
