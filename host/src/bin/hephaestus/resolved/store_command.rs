//! `hephaestus store`, as meant.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::store::{StoreFile, read_store_file};
use super::words::strip_prefix;
use crate::args::{StoreArgs, StoreCommand, StoreCommandArgs};
use crate::invocation::Invocation;
use crate::usage::UsageError;

/// What `hephaestus store` is to do.
#[derive(Debug)]
pub(crate) struct StoreOptions {
    /// With which one.
    pub(crate) store: StoreFile,
    /// What.
    pub(crate) task: StoreTask,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
    /// How to go on from here.
    pub(crate) invocation: Invocation,
}

/// What can be done with a store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoreTask {
    /// Look whether everything fits together.
    Check,
    /// Copy it to this file, which is not there yet.
    Backup(PathBuf),
    /// Give back the room that isn't used.
    Vacuum,
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &StoreCommandArgs, program: &OsStr) -> Result<StoreOptions, UsageError> {
    let StoreArgs { store, json } = args.command.store();
    let file = read_store_file(store)?;
    let task = match &args.command {
        StoreCommand::Check { .. } => StoreTask::Check,
        StoreCommand::Backup { to, .. } => StoreTask::Backup(read_target(to)?),
        StoreCommand::Vacuum { .. } => StoreTask::Vacuum,
    };
    Ok(StoreOptions {
        store: file,
        task,
        json: *json,
        invocation: Invocation::new(program, store),
    })
}

/// A file to make. It may be named as `--store` names it.
fn read_target(to: &Path) -> Result<PathBuf, UsageError> {
    let path = strip_prefix(to.as_os_str(), "sqlite:").map_or_else(|| to.to_owned(), PathBuf::from);
    let refused = |found: String, fix: &str| UsageError::new("TO", found, "the name of a file to make", fix);
    if path.symlink_metadata().is_ok() {
        let found = format!("{}, which is there already", path.display());
        return Err(refused(found, "choose another name, or move it away"));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let found = format!("no folder {}", folder.display());
            Err(refused(found, "create it first, or name another one"))
        }
        _ if path.file_name().is_none() => Err(refused(format!("{:?}", to.display()), "name a file")),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_where_nothing_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("there.db");
        std::fs::write(&file, "").expect("a file");
        let read = |path: &str| {
            let path = path.replace("HERE", &folder.path().display().to_string());
            read_target(Path::new(&path)).map_err(|error| error.to_string())
        };
        let new = folder.path().join("new.db");
        assert_eq!(read("HERE/new.db").as_ref(), Ok(&new));
        assert_eq!(read("sqlite:HERE/new.db").as_ref(), Ok(&new));
        for (path, part) in [
            ("HERE/there.db", "which is there already"),
            ("HERE", "which is there already"),
            ("HERE/none/new.db", "none"),
            ("", "a file"),
        ] {
            let error = read(path).expect_err(path);
            assert!(error.starts_with("TO: ") && error.contains(part), "{error}");
        }
    }
}
