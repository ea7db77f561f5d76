//! The values of secrets: read when a step asks, so that a rotated one counts at once, and never kept.

use std::fs::File;
use std::io::{self, Read};

use super::grants::SecretSource;

/// The largest secret, in bytes.
pub const MAX_SECRET_BYTES: u64 = 64 << 10;

/// A secret that is granted can't be had. The words are for the guest too: they tell nothing of the operator's machine
/// but what the guest can see anyway.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretUnavailable {
    /// It isn't there.
    #[error("it isn't where the manifest says")]
    Missing,
    /// What is there is too large, or not UTF-8, or not a plain file.
    #[error("what is there is not a text of at most {MAX_SECRET_BYTES} bytes")]
    NotText,
    /// It can't be read.
    #[error("it can't be read ({0})")]
    Unreadable(io::ErrorKind),
}

impl SecretSource {
    /// Reads the value. From a file, without the newline at its end. Blocks for as long as the file system does.
    pub fn read(&self) -> Result<String, SecretUnavailable> {
        match self {
            Self::Env(variable) => std::env::var(variable).map_err(|error| match error {
                std::env::VarError::NotPresent => SecretUnavailable::Missing,
                std::env::VarError::NotUnicode(_) => SecretUnavailable::NotText,
            }),
            Self::File(path) => {
                // Asked before it is opened: opening a pipe waits for its other end.
                if !std::fs::metadata(path).map_err(unavailable)?.is_file() {
                    return Err(SecretUnavailable::NotText);
                }
                let mut text = String::new();
                let file = File::open(path).map_err(unavailable)?;
                file.take(MAX_SECRET_BYTES + 1)
                    .read_to_string(&mut text)
                    .map_err(unavailable)?;
                if text.len() as u64 > MAX_SECRET_BYTES {
                    return Err(SecretUnavailable::NotText);
                }
                if text.ends_with('\n') {
                    text.pop();
                    if text.ends_with('\r') {
                        text.pop();
                    }
                }
                Ok(text)
            }
        }
    }
}

fn unavailable(error: io::Error) -> SecretUnavailable {
    match error.kind() {
        io::ErrorKind::NotFound => SecretUnavailable::Missing,
        io::ErrorKind::InvalidData => SecretUnavailable::NotText,
        kind => SecretUnavailable::Unreadable(kind),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TOKEN");
        let source = SecretSource::File(path.clone());
        assert!(matches!(source.read(), Err(SecretUnavailable::Missing)));
        for (written, expected) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("", ""),
            (" a", " a"),
        ] {
            fs::write(&path, written).unwrap();
            assert_eq!(source.read().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_text_is_not_handed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TOKEN");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        let file = SecretSource::File(path.clone());
        assert!(matches!(file.read(), Err(SecretUnavailable::NotText)));
        fs::write(&path, "x".repeat(MAX_SECRET_BYTES as usize + 1)).unwrap();
        assert!(matches!(file.read(), Err(SecretUnavailable::NotText)));
        let is_folder = SecretSource::File(folder.path().to_owned());
        assert!(matches!(is_folder.read(), Err(SecretUnavailable::NotText)));
    }

    #[test]
    fn a_variable_that_is_not_set_is_missing() {
        let source = SecretSource::Env("HEPHAESTUS_TEST_SURELY_NOT_SET".into());
        assert!(matches!(source.read(), Err(SecretUnavailable::Missing)));
    }
}
