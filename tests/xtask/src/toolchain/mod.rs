//! The guest toolchain: what compiles a crate to a component of `wasm32-wasip2`.
//!
//! Tried in this order, the first that works is used:
//! 1. `installed`: the active toolchain has the target;
//! 2. an assembled Debian toolchain of an earlier run, so that without a network only the first run waits for rustup;
//! 3. `rustup`: `rustup target add wasm32-wasip2`;
//! 4. `debian`: one is assembled under the target folder ([`debian`]).
//!
//! `HEPHAESTUS_GUEST_TOOLCHAIN` forces one of the three names. No way waits for a dead network for longer than
//! [`PATIENCE`] without a sign of life.

mod debian;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The target that guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// The variable that forces a way.
pub(crate) const VARIABLE: &str = "HEPHAESTUS_GUEST_TOOLCHAIN";

/// How long a program that talks to the network may show no sign of life.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `cargo build` needs in order to compile guests.
pub(crate) struct GuestToolchain {
    /// What it is, for people.
    pub(crate) description: String,
    /// Further arguments for `cargo build`.
    pub(crate) arguments: Vec<OsString>,
    /// Environment variables to set.
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

/// One way to get a guest toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Installed,
    Rustup,
    Debian,
}

impl Way {
    const ALL: [Self; 3] = [Self::Installed, Self::Rustup, Self::Debian];

    fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        let Some(way) = Self::ALL.into_iter().find(|way| way.name() == name) else {
            let names = Self::ALL.map(Self::name).join(", ");
            bail!("{VARIABLE} is `{name}`, expected one of {names}; unset it to have the first that works");
        };
        Ok(way)
    }

    fn provide(self, workspace: &Workspace) -> Result<GuestToolchain> {
        match self {
            Self::Installed => installed(),
            Self::Rustup => rustup(),
            Self::Debian => debian::provide(workspace),
        }
    }
}

/// Finds a guest toolchain, or makes one.
pub(crate) fn provide(workspace: &Workspace) -> Result<GuestToolchain> {
    if let Some(forced) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let way = Way::parse(&forced.to_string_lossy())?;
        return way.provide(workspace).with_context(|| {
            format!(
                "the guest toolchain `{}`, which {VARIABLE} demands, is not to be had",
                way.name()
            )
        });
    }
    let mut failures = Vec::new();
    for way in Way::ALL {
        if way == Way::Rustup
            && let Some(toolchain) = debian::assembled(workspace)
        {
            return Ok(toolchain);
        }
        match way.provide(workspace) {
            Ok(toolchain) => return Ok(toolchain),
            Err(error) => failures.push((way, format!("{error:#}"))),
        }
    }
    bail!(advice(&failures))
}

/// Why nothing worked, and what people can do about it.
fn advice(failures: &[(Way, String)]) -> String {
    let mut text = format!("nothing here can compile guests to {TARGET}. What was tried:\n");
    for (way, reason) in failures {
        text.push_str(&format!("  {}: {}\n", way.name(), reason.replace('\n', "\n    ")));
    }
    text.push_str(&format!(
        "Ways to fix it, any one will do:\n\
         \x20 - with a network: `rustup target add {TARGET}`, then run this again\n\
         \x20 - without rustup's server, on Debian 12 or newer: let apt reach its sources (they must offer rustc-web), then run this again\n\
         \x20 - choose a toolchain that has the target: `RUSTUP_TOOLCHAIN=<name> cargo xtask build`\n\
         Set {VARIABLE} to installed, rustup or debian to try just one of them."
    ));
    text
}

/// The active toolchain, if it has the target's standard library.
fn installed() -> Result<GuestToolchain> {
    let libraries =
        process::answer(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    let libraries = Path::new(libraries.trim());
    if !has_standard_library(libraries) {
        bail!(
            "the active toolchain has no standard library for {TARGET} ({} is missing)",
            libraries.display()
        );
    }
    Ok(GuestToolchain {
        description: format!("the active Rust toolchain, which has {TARGET}"),
        arguments: Vec::new(),
        environment: Vec::new(),
    })
}

fn has_standard_library(folder: &Path) -> bool {
    let is_std = |name: &str| name.starts_with("libstd-") && name.ends_with(".rlib");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name())
        .any(|name| name.to_str().is_some_and(is_std))
}

/// Adds the target to the active toolchain with rustup.
fn rustup() -> Result<GuestToolchain> {
    let home = process::answer(Command::new("rustup").args(["show", "home"]))
        .context("rustup doesn't work here (is it installed?)")?;
    let home = Path::new(home.trim());
    let downloads: Vec<PathBuf> = ["downloads", "tmp"].map(|folder| home.join(folder)).into();
    process::say(format_args!("rustup target add {TARGET}"));
    let mut add = Command::new("rustup");
    add.args(["target", "add", TARGET])
        .env("RUSTUP_MAX_RETRIES", "1")
        .env("RUST_BACKTRACE", "0");
    process::run_watched("rustup target add", &mut add, PATIENCE, &downloads)?;
    installed().context("rustup has added the target, but not to the rustc in use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_have_the_documented_names() {
        for way in Way::ALL {
            assert_eq!(Way::parse(way.name()).expect("its own name"), way);
        }
        let error = Way::parse("conda").expect_err("unknown").to_string();
        assert!(
            error.contains("`conda`") && error.contains("installed, rustup, debian"),
            "{error}"
        );
    }

    #[test]
    fn the_advice_says_what_failed_and_what_to_do() {
        let text = advice(&[(Way::Rustup, "no network".to_owned())]);
        assert!(text.contains("rustup: no network"), "{text}");
        assert!(
            text.contains("rustup target add wasm32-wasip2") && text.contains(VARIABLE),
            "{text}"
        );
    }
}
