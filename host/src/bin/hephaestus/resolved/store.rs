//! `--store`: where instances are kept.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::words::strip_prefix;
use crate::usage::UsageError;

/// Where instances are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    /// In memory: lost with the process.
    Memory,
    /// In this SQLite file.
    Sqlite(PathBuf),
}

impl StoreChoice {
    /// Whether nothing can be in it yet.
    pub(crate) fn is_new(&self) -> bool {
        match self {
            Self::Memory => true,
            Self::Sqlite(path) => !path.exists(),
        }
    }
}

impl fmt::Display for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

/// A store that is there already: the file of a SQLite database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreFile(PathBuf);

impl StoreFile {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// As `--store` names it.
    pub(crate) fn choice(&self) -> StoreChoice {
        StoreChoice::Sqlite(self.0.clone())
    }
}

impl fmt::Display for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Makes sense of the word behind `--store` where there must be something in it.
pub(super) fn read_store_file(text: &OsStr) -> Result<StoreFile, UsageError> {
    match read_store(text)? {
        StoreChoice::Memory => Err(UsageError::new(
            "--store",
            "`memory`, which is gone when its command ends",
            "`sqlite:PATH`, the file that `run` or another host keeps instances in",
            "name that file",
        )),
        StoreChoice::Sqlite(path) if path.exists() => Ok(StoreFile(path)),
        StoreChoice::Sqlite(path) => Err(UsageError::new(
            "--store",
            format!("no file {}", path.display()),
            "the file that `run` or another host keeps instances in",
            "name it like --store sqlite:orders.db; `run` without --store uses hephaestus.db in its folder",
        )),
    }
}

/// Makes sense of the word behind `--store`.
pub(super) fn read_store(text: &OsStr) -> Result<StoreChoice, UsageError> {
    let error = |fix: &str| {
        UsageError::new(
            "--store",
            format!("{:?}", text.to_string_lossy()),
            "`sqlite:PATH` or `memory`",
            fix.to_owned(),
        )
    };
    if text == "memory" {
        return Ok(StoreChoice::Memory);
    }
    let Some(path) = strip_prefix(text, "sqlite:") else {
        let shown = text.to_string_lossy();
        let looks_like_a_path = !shown.is_empty() && !shown.contains(':');
        return Err(if looks_like_a_path {
            error(&format!("if it is a file, say --store sqlite:{shown}"))
        } else {
            error("say one of these two")
        });
    };
    if path.is_empty() {
        return Err(error("name the file, like sqlite:hephaestus.db"));
    }
    if path == ":memory:" {
        return Err(error("say --store memory"));
    }
    if let Some(rest) = strip_prefix(&path, "//")
        && strip_prefix(&rest, "/").is_none()
    {
        let shown = rest.to_string_lossy();
        return Err(error(&format!("it is no URL: say --store sqlite:{shown}")));
    }
    let path = PathBuf::from(path);
    if path.is_dir() {
        return Err(error("that is a folder: name a file in it"));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(UsageError::new(
            "--store",
            format!("no folder {}", folder.display()),
            "the folder of the database to exist",
            "create it first, or name another one",
        )),
        _ => Ok(StoreChoice::Sqlite(path)),
    }
}
