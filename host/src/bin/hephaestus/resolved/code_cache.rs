//! `--code-cache`: where compiled components are kept.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use hephaestus_host::sandbox::CodeCacheOptions;

use crate::usage::UsageError;

/// The variable that says it where the option doesn't.
const VARIABLE: &str = "HEPHAESTUS_CODE_CACHE";

/// In the user's cache folder.
const FOLDER: &str = "hephaestus/code";

/// What was typed, else what the variable says, else the user's cache folder. `None`: nowhere.
pub(crate) fn resolve(
    typed: Option<&OsStr>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<CodeCacheOptions>, UsageError> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let chosen = match typed {
        Some(typed) if typed.is_empty() => {
            return Err(UsageError::new(
                "--code-cache",
                "nothing",
                "a folder, or `off`",
                "name one, or leave the option out",
            ));
        }
        Some(typed) => Some(typed.to_owned()),
        None => variable(VARIABLE),
    };
    let folder = match chosen {
        Some(word) if word == "off" => None,
        Some(folder) => Some(PathBuf::from(folder)),
        None => user_folder(variable),
    };
    Ok(folder.map(CodeCacheOptions::new))
}

/// Where the XDG base directories say: a path that isn't absolute counts for nothing.
fn user_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join(Path::new(FOLDER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: Option<&str>, variables: &[(&str, &str)], expected: Option<&str>) {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let resolved = resolve(typed.map(OsStr::new), variable).expect("it can be read");
        assert_eq!(
            resolved.map(|options| options.folder),
            expected.map(PathBuf::from)
        );
    }

    #[test]
    fn the_option_goes_before_the_variable_and_that_before_the_user() {
        let home = ("HOME", "/home/kim");
        let cache = ("XDG_CACHE_HOME", "/var/cache/kim");
        let ours = (VARIABLE, "/srv/code");
        check(Some("here"), &[home, cache, ours], Some("here"));
        check(Some("off"), &[home, cache, ours], None);
        check(Some("./off"), &[home], Some("./off"));
        check(None, &[home, cache, ours], Some("/srv/code"));
        check(None, &[home, cache, (VARIABLE, "off")], None);
        check(
            None,
            &[home, cache, (VARIABLE, "")],
            Some("/var/cache/kim/hephaestus/code"),
        );
        check(
            None,
            &[home, ("XDG_CACHE_HOME", "not/absolute")],
            Some("/home/kim/.cache/hephaestus/code"),
        );
        check(None, &[], None);
    }

    #[test]
    fn an_empty_name_is_refused() {
        let error = resolve(Some(OsStr::new("")), |_| None).expect_err("it names nothing");
        assert!(
            error.to_string().starts_with("--code-cache: found nothing"),
            "{error}"
        );
    }
}
