//! What is read in more than one place: words that may not be UTF-8, and what the system says about files.

use std::ffi::{OsStr, OsString};
use std::io;

/// What went wrong, in words that don't depend on the system.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::InvalidData => "not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// A text is not UTF-8.
pub(super) fn not_utf8() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// What follows `prefix`, where the rest may not be UTF-8 (paths).
pub(super) fn strip_prefix(text: &OsStr, prefix: &str) -> Option<OsString> {
    if let Some(text) = text.to_str() {
        return text.strip_prefix(prefix).map(OsString::from);
    }
    strip_bytes(text, prefix)
}

#[cfg(unix)]
fn strip_bytes(text: &OsStr, prefix: &str) -> Option<OsString> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let rest = text.as_bytes().strip_prefix(prefix.as_bytes())?;
    Some(OsString::from_vec(rest.to_vec()))
}

#[cfg(not(unix))]
fn strip_bytes(_text: &OsStr, _prefix: &str) -> Option<OsString> {
    None
}
