//! What can be wrong with a manifest.

use std::io;
use std::path::{Path, PathBuf};

use hephaestus_core::capability::{GuestPath, SecretName};
use hephaestus_core::definition::nearest;

/// A manifest can't be read. Nothing of it counts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file can't be read.
    #[error("failed to read the manifest {}: {source}; name an existing file in UTF-8", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML, or something in it is not understood.
    #[error("line {line}, column {column}: {found}{hint}")]
    Syntax {
        /// Where, from 1.
        line: usize,
        /// Where, in characters from 1.
        column: usize,
        /// What was found, and what was expected.
        found: String,
        /// What may have been meant; empty, or a sentence.
        hint: String,
    },
    /// A secret is granted, but the manifest doesn't say where its value is.
    #[error(
        "{place} grants the secret `{secret}`, but nothing says where its value is: add `{secret} = {{ env = \"{secret}\" }}` or `{secret} = {{ file = \"PATH\" }}` under [secrets], or name a `secrets-folder` with a file of that name"
    )]
    NoSource {
        /// The secret.
        secret: SecretName,
        /// The table that grants it.
        place: String,
    },
    /// No environment variable can have this name.
    #[error(
        "the secret `{secret}` comes from the environment variable {variable:?}, which is no name of one"
    )]
    BadVariable {
        /// The secret.
        secret: SecretName,
        /// The name.
        variable: String,
    },
    /// A folder that steps are shown holds what it must not.
    #[error(
        "steps are shown the folder {}, in which is {what}, {}: who may use the one decides about the other; show them another folder",
        folder.display(), inner.display()
    )]
    Overlap {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        inner: PathBuf,
        /// What that is, in words.
        what: &'static str,
    },
    /// One table shows two folders under one name.
    #[error(
        "{place} shows two folders to the guest as `{guest}`: leave one of them out, or give it another name"
    )]
    SameFolder {
        /// The name.
        guest: GuestPath,
        /// The table.
        place: String,
    },
    /// One of these, in this file.
    #[error("the manifest {} is refused: {problem}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<ManifestError>,
    },
}

impl ManifestError {
    pub(super) fn in_file(self, path: &Path) -> Self {
        Self::InFile {
            path: path.to_owned(),
            problem: Box::new(self),
        }
    }

    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let found = error.message().trim_end().replace('\n', "; ");
        Self::at(text, at, found, hint(error.message()))
    }

    /// Something at this byte of the text.
    pub(super) fn at(text: &str, byte: usize, found: String, hint: String) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self::Syntax {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            found,
            hint,
        }
    }
}

/// "did you mean", where serde lists what there is: "unknown field `x`, expected one of `y`, `z`". Should its words
/// change, a hint is missing, and a test says so.
fn hint(message: &str) -> String {
    let Some((unknown, expected)) = message
        .strip_prefix("unknown field `")
        .or_else(|| message.strip_prefix("unknown variant `"))
        .and_then(|rest| rest.split_once('`'))
    else {
        return String::new();
    };
    let known = expected.split('`').skip(1).step_by(2);
    nearest(unknown, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
