//! A guest toolchain assembled from Debian's own packages: without root, without touching the system.
//!
//! Debian builds its browsers with `rustc-web`, a recent rustc whose LLVM knows wasm. It has no standard library for
//! `wasm32-wasip2`, so cargo builds that from `rust-web-src` (`-Zbuild-std`), which wants `RUSTC_BOOTSTRAP=1`. The C
//! library comes from `wasi-libc`, the linkers from the active toolchain.
//!
//! Debian's C library is from 2022 and has no sockets: guests that use `std::net` don't link. Guests have the network
//! through the interfaces of WASI that they are granted, which need no C library.
//!
//! Invariant: the final folder is complete or absent. It is assembled beside its place and renamed into it.

mod apt;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{GuestToolchain, TARGET};
use crate::process;
use crate::workspace::Workspace;
use apt::Apt;

/// Changes when the assembled folder's content does: a folder of another recipe is assembled anew.
const RECIPE: &str = "1";

/// Written last, so that its presence says that the folder is complete.
const STAMP: &str = "recipe";

/// How the folders begin that toolchains are assembled in; the id of the process follows.
const UNFINISHED: &str = "unfinished-";

/// The C start files and library that rustc links guests with.
const C_RUNTIME: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// The toolchain of an earlier run, if it is complete and still fits.
pub(super) fn assembled(workspace: &Workspace) -> Option<GuestToolchain> {
    let folder = place(workspace);
    let fits = fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == RECIPE);
    if !fits {
        return None;
    }
    let sysroot = Sysroot::at(&folder).ok()?;
    sysroot.demand(&workspace.rust_version).ok()?;
    toolchain(&sysroot).ok()
}

/// The toolchain of an earlier run, or one that is assembled now.
pub(super) fn provide(workspace: &Workspace) -> Result<GuestToolchain> {
    // Asked first: a missing linker should not cost anyone a download of 150 MB.
    linkers()?;
    if let Some(toolchain) = assembled(workspace) {
        return Ok(toolchain);
    }
    let place = place(workspace);
    let parent = workspace.target.join("guest-toolchain");
    remove_leftovers(&parent);
    let work = parent.join(format!("{UNFINISHED}{}", std::process::id()));
    fs::create_dir_all(&work).with_context(|| format!("failed to create {}", work.display()))?;
    let result = assemble(&work, &workspace.rust_version).and_then(|folder| put_in_place(&folder, &place));
    // Downloads and an unfinished folder are worth nothing to a later run; failing to remove them harms nobody.
    let _ = fs::remove_dir_all(&work);
    result?;
    toolchain(&Sysroot::at(&place)?)
}

fn place(workspace: &Workspace) -> PathBuf {
    workspace.target.join("guest-toolchain").join("debian")
}

/// Removes what interrupted runs have left, unless the process that made it is still there.
fn remove_leftovers(parent: &Path) {
    for folder in entries(parent).unwrap_or_default() {
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let process = name.strip_prefix(UNFINISHED);
        if process.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            // It only takes space, so what can't be removed is no reason to stop.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

/// Downloads and unpacks everything into a folder under `work` and tries it.
fn assemble(work: &Path, rust_version: &str) -> Result<PathBuf> {
    process::say("assembling a guest toolchain from Debian's packages (once; 1 to 2 minutes)");
    let folder = work.join("root");
    for package in Apt::new(work)?.fetch(rust_version)? {
        process::answer(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&folder))?;
    }
    let sysroot = Sysroot::at(&folder)?;
    add_c_runtime(&folder)?;
    leave_out_unused(&folder)?;
    sysroot.demand(rust_version)?;
    fs::write(folder.join(STAMP), RECIPE)?;
    Ok(folder)
}

fn put_in_place(folder: &Path, place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place).with_context(|| format!("failed to remove the old {}", place.display()))?;
    }
    fs::rename(folder, place).with_context(|| format!("failed to move the toolchain to {}", place.display()))
}

fn add_c_runtime(folder: &Path) -> Result<()> {
    let from = folder.join("usr/lib/wasm32-wasi");
    let to = folder
        .join("usr/lib/rustlib")
        .join(TARGET)
        .join("lib/self-contained");
    fs::create_dir_all(&to)?;
    for file in C_RUNTIME {
        fs::copy(from.join(file), to.join(file))
            .with_context(|| format!("the package wasi-libc has no {file}"))?;
    }
    Ok(())
}

/// Removes four fifths of the sources: `-Zbuild-std` reads `library/` only.
fn leave_out_unused(folder: &Path) -> Result<()> {
    for sources in entries(&folder.join("usr/src"))? {
        for entry in entries(&sources)?
            .iter()
            .filter(|entry| !entry.ends_with("library"))
        {
            if entry.is_dir() {
                fs::remove_dir_all(entry)?;
            }
        }
    }
    fs::remove_dir_all(folder.join("usr/share"))?;
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// How cargo uses the assembled folder.
fn toolchain(sysroot: &Sysroot) -> Result<GuestToolchain> {
    let mut path = linkers()?;
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    Ok(GuestToolchain {
        description: format!(
            "rustc-web from Debian's packages, without std::net, in {}",
            sysroot.folder.display()
        ),
        arguments: vec!["-Zbuild-std=std,panic_abort".into()],
        environment: vec![
            ("RUSTC", sysroot.rustc().into()),
            ("LD_LIBRARY_PATH", sysroot.library_path()?),
            ("RUSTC_BOOTSTRAP", "1".into()),
            ("PATH", std::env::join_paths(path)?),
        ],
    })
}

/// The active toolchain's folders that hold `wasm-component-ld` and `wasm-ld`, which Debian's packages lack.
fn linkers() -> Result<Vec<PathBuf>> {
    let sysroot = process::answer(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = process::answer(Command::new("rustc").arg("-vV"))?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_default();
    let programs = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin");
    let folders = vec![programs.clone(), programs.join("gcc-ld")];
    for (folder, program) in folders.iter().zip(["wasm-component-ld", "wasm-ld"]) {
        if !folder.join(program).is_file() {
            bail!(
                "the active Rust toolchain has no {program} in {}; toolchains that rustup installs have one",
                folder.display()
            );
        }
    }
    Ok(folders)
}

/// The unpacked packages.
struct Sysroot {
    folder: PathBuf,
    /// Where the compiler's shared libraries are, as `usr/lib/x86_64-linux-gnu`.
    libraries: PathBuf,
}

impl Sysroot {
    /// Finds the compiler's libraries, whose folder is named after the machine's architecture.
    fn at(folder: &Path) -> Result<Self> {
        let has_driver = |folder: &PathBuf| {
            let names = fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name());
            names
                .into_iter()
                .any(|name| name.to_string_lossy().starts_with("librustc_driver-"))
        };
        let Some(libraries) = entries(&folder.join("usr/lib"))?.into_iter().find(has_driver) else {
            bail!("no librustc_driver under {}", folder.join("usr/lib").display());
        };
        Ok(Self {
            folder: folder.to_owned(),
            libraries,
        })
    }

    fn rustc(&self) -> PathBuf {
        self.folder.join("usr/bin/rustc")
    }

    fn library_path(&self) -> Result<OsString> {
        let usr_lib = self.folder.join("usr/lib");
        // Some of LLVM's libraries live outside /usr in older releases.
        let lib = self
            .libraries
            .strip_prefix(&usr_lib)
            .map(|name| self.folder.join("lib").join(name))?;
        Ok(std::env::join_paths([self.libraries.clone(), usr_lib, lib])?)
    }

    /// Runs the compiler, and refuses one that the workspace is too new for.
    fn demand(&self, rust_version: &str) -> Result<()> {
        let mut rustc = Command::new(self.rustc());
        rustc
            .arg("--version")
            .env("LD_LIBRARY_PATH", self.library_path()?);
        let answer = process::answer(&mut rustc).context("the unpacked compiler doesn't run")?;
        let found = answer.split_whitespace().nth(1).unwrap_or_default();
        if !apt::is_at_least(found, rust_version) {
            bail!("Debian's compiler is version {found}, but this workspace needs {rust_version}");
        }
        Ok(())
    }
}
