//! What is asked of apt and dpkg: which packages, in which versions, and their files.
//!
//! Invariant: nothing of the system is written. apt's caches, and its package lists where the system's don't serve,
//! are in a folder of our own.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::super::PATIENCE;
use crate::process::{self, Unfinished};

/// The compiler. Its version decides that of everything built from the same source.
const COMPILER: &str = "rustc-web";

/// The compiler's native standard library, for procedural macros; it depends on the compiler's own libraries.
const NATIVE_STD: &str = "libstd-rust-web-dev";

/// The sources of the standard library.
const SOURCES: &str = "rust-web-src";

/// The C library for wasm.
const C_LIBRARY: &str = "wasi-libc";

/// Programs that the system has apt run around an update; some tidy up the system's caches.
const WITHOUT_HOOKS: &str = "\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
";

/// apt, confined to a folder of ours.
pub(super) struct Apt {
    work: PathBuf,
}

/// Packages to download: name to version.
type Plan = BTreeMap<String, String>;

/// Where apt finds its package lists.
#[derive(Clone, Copy)]
enum Lists {
    System,
    Own,
}

impl Apt {
    /// Prepares apt's folders under `work`.
    pub(super) fn new(work: &Path) -> Result<Self> {
        for folder in ["state/lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(work.join(folder))?;
        }
        fs::write(work.join("apt.conf"), WITHOUT_HOOKS)?;
        for program in ["apt-get", "apt-cache", "dpkg-deb", "dpkg-query"] {
            process::answer(Command::new(program).arg("--version"))
                .context("Debian's tools for packages are not here")?;
        }
        Ok(Self {
            work: work.to_owned(),
        })
    }

    /// Downloads the packages of a guest toolchain for a workspace that needs `rust_version`.
    ///
    /// The system's package lists are tried first. A fresh machine has none, or ones that name files which the
    /// archive has replaced since: then our own are fetched.
    pub(super) fn fetch(&self, rust_version: &str) -> Result<Vec<PathBuf>> {
        match self.fetch_from(Lists::System, rust_version) {
            Ok(files) => return Ok(files),
            // A dead network is as dead for package lists.
            Err(error) if matches!(error.downcast_ref(), Some(Unfinished::Silent(_))) => return Err(error),
            Err(error) => process::say(format_args!("the system's package lists don't serve: {error:#}")),
        }
        process::say("fetching package lists of our own");
        let mut update = self.command("apt-get", Lists::Own);
        update.args(["--quiet", "update"]);
        process::run_watched(
            "apt-get update",
            &mut update,
            PATIENCE,
            &[self.work.join("state")],
        )?;
        self.fetch_from(Lists::Own, rust_version)
            .context("even with fresh package lists")
    }

    fn fetch_from(&self, lists: Lists, rust_version: &str) -> Result<Vec<PathBuf>> {
        let plan = self.plan(lists, rust_version)?;
        let packages = self.work.join("packages");
        // An attempt that failed may have left a part of its files.
        fs::remove_dir_all(&packages)?;
        fs::create_dir(&packages)?;
        let words: Vec<String> = plan
            .iter()
            .map(|(name, version)| format!("{name}={version}"))
            .collect();
        process::say(format_args!("downloading {} packages (about 150 MB)", plan.len()));
        let mut download = self.command("apt-get", lists);
        download
            .args(["--quiet", "download"])
            .args(words)
            .current_dir(&packages);
        process::run_watched(
            "apt-get download",
            &mut download,
            PATIENCE,
            std::slice::from_ref(&packages),
        )?;
        super::entries(&packages)
    }

    /// Chooses packages and versions. Downloads nothing.
    fn plan(&self, lists: Lists, rust_version: &str) -> Result<Plan> {
        let compiler = self.candidate(lists, COMPILER)?;
        if !is_at_least(&compiler, rust_version) {
            bail!("apt's sources offer {COMPILER} {compiler}, but this workspace needs Rust {rust_version}");
        }
        let mut plan = Plan::new();
        for name in [COMPILER, NATIVE_STD, SOURCES] {
            plan.insert(name.to_owned(), compiler.clone());
        }
        plan.insert(C_LIBRARY.to_owned(), self.candidate(lists, C_LIBRARY)?);
        let mut wanted = VecDeque::from(self.dependencies(lists, NATIVE_STD, &compiler)?);
        while let Some(name) = wanted.pop_front() {
            let ours = name.starts_with("libstd-rust-web-") || name.starts_with("libllvm");
            if plan.contains_key(&name) || (!ours && self.is_installed(&name)) {
                continue;
            }
            // Packages of the compiler's source exist in several versions: theirs must be the compiler's.
            let version = if name.starts_with("libstd-rust-web-") {
                compiler.clone()
            } else {
                self.candidate(lists, &name)?
            };
            wanted.extend(self.dependencies(lists, &name, &version)?);
            plan.insert(name, version);
        }
        Ok(plan)
    }

    /// The version of a package that apt would install.
    fn candidate(&self, lists: Lists, name: &str) -> Result<String> {
        let policy = process::answer(self.command("apt-cache", lists).args(["policy", name]))?;
        match candidate_in(&policy) {
            Some(version) => Ok(version.to_owned()),
            None => bail!("apt's sources offer no {name}"),
        }
    }

    /// The names of the packages that a package depends on.
    fn dependencies(&self, lists: Lists, name: &str, version: &str) -> Result<Vec<String>> {
        let package = format!("{name}={version}");
        Ok(depends_in(&process::answer(
            self.command("apt-cache", lists).args(["show", &package]),
        )?))
    }

    fn is_installed(&self, name: &str) -> bool {
        let mut query = Command::new("dpkg-query");
        query.args(["--show", "--showformat=${db:Status-Status}\\n", name]);
        // An unknown package is an error of dpkg-query, and not installed.
        process::answer(&mut query).is_ok_and(|states| states.lines().any(|state| state == "installed"))
    }

    fn command(&self, program: &str, lists: Lists) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.work.join("apt.conf"));
        let mut option = |name: &str, value: &str| {
            command.arg("-o").arg(format!("{name}={value}"));
        };
        option("Dir::Cache", &self.work.join("cache").to_string_lossy());
        if let Lists::Own = lists {
            option("Dir::State", &self.work.join("state").to_string_lossy());
            option("Dir::State::status", "/var/lib/dpkg/status");
        }
        option("Acquire::Retries", "0");
        for method in ["http", "https"] {
            option(
                &format!("Acquire::{method}::Timeout"),
                &PATIENCE.as_secs().to_string(),
            );
        }
        // Else root's apt warns that its user `_apt` can't write to a folder of ours.
        option("APT::Sandbox::User", "root");
        command.env("LC_ALL", "C");
        command
    }
}

/// The candidate in the output of `apt-cache policy`.
fn candidate_in(policy: &str) -> Option<&str> {
    let version = policy
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("Candidate: "))?;
    (version != "(none)").then_some(version)
}

/// The first alternative of each dependency in the output of `apt-cache show`.
fn depends_in(stanza: &str) -> Vec<String> {
    let depends = stanza
        .lines()
        .find_map(|line| line.strip_prefix("Depends: "))
        .unwrap_or_default();
    let names = depends
        .split(',')
        .filter_map(|dependency| dependency.split(['|', '(', ':']).next());
    names
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether a version such as `1.96.0+dfsg1-1` is at least `wanted`, which is major and minor.
pub(super) fn is_at_least(found: &str, wanted: &str) -> bool {
    major_minor(found) >= major_minor(wanted)
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_read_from_the_policy() {
        let policy =
            "rustc-web:\n  Installed: (none)\n  Candidate: 1.96.0+dfsg1-1~deb12u2\n  Version table:\n";
        assert_eq!(candidate_in(policy), Some("1.96.0+dfsg1-1~deb12u2"));
        assert_eq!(
            candidate_in("x:\n  Installed: (none)\n  Candidate: (none)\n"),
            None
        );
        assert_eq!(candidate_in(""), None);
    }

    #[test]
    fn dependencies_are_read_from_the_stanza() {
        let stanza =
            "Package: p\nPre-Depends: dpkg\nDepends: libc6 (>= 2.34), a:any | b, libllvm22\nBreaks: c\n";
        assert_eq!(depends_in(stanza), ["libc6", "a", "libllvm22"]);
        assert!(depends_in("Package: p\n").is_empty());
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(is_at_least("1.96.0+dfsg1-1~deb12u2", "1.95"));
        assert!(is_at_least("1.100.0", "1.95"));
        assert!(!is_at_least("1.85.0+dfsg3-1~deb12u3", "1.95"));
        assert!(!is_at_least("unknown", "1.95"));
    }
}
