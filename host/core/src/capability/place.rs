//! What a guest knows things of its host by: environment variables, and folders.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name of a variable, in bytes.
const MAX_VARIABLE_BYTES: usize = 128;

/// The longest path, in bytes.
const MAX_PATH_BYTES: usize = 256;

/// The name of an environment variable of a guest, like `LOG_LEVEL`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VariableName(String);

/// A folder as a guest names it: absolute, with `/`, without `.` and `..`, like `/data/in`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GuestPath(String);

/// A text that is not the name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not the name of an environment variable: expected 1 to {MAX_VARIABLE_BYTES} letters, digits and `_`, not beginning with a digit (like `LOG_LEVEL`)"
)]
pub struct InvalidVariable {
    /// What was found.
    pub text: String,
}

/// A text that is not a folder of a guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a folder of a guest: expected an absolute path without `.` and `..` (like `/data/in`)"
)]
pub struct InvalidGuestPath {
    /// What was found.
    pub text: String,
}

impl VariableName {
    /// Checks that `text` is the name of a variable.
    pub fn new(text: &str) -> Result<Self, InvalidVariable> {
        let is_name = text.len() <= MAX_VARIABLE_BYTES
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidVariable {
                text: text.chars().take(2 * MAX_VARIABLE_BYTES).collect(),
            })
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl GuestPath {
    /// Checks that `text` is a folder of a guest.
    pub fn new(text: &str) -> Result<Self, InvalidGuestPath> {
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        let is_path = text.len() <= MAX_PATH_BYTES
            && !text.contains(|c: char| c.is_control() || matches!(c, '\\' | '"'))
            && text
                .strip_prefix('/')
                .is_some_and(|rest| rest.is_empty() || rest.split('/').all(is_part));
        if is_path {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidGuestPath {
                text: text.chars().take(2 * MAX_PATH_BYTES).collect(),
            })
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this folder or lies under it.
    pub fn holds(&self, other: &Self) -> bool {
        let own = self.0.trim_end_matches('/');
        other
            .0
            .strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

macro_rules! text {
    ($name:ident, $error:ident) => {
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

text!(VariableName, InvalidVariable);
text!(GuestPath, InvalidGuestPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_plain_names() {
        for good in ["LOG_LEVEL", "_", "a1"] {
            assert!(VariableName::new(good).is_ok(), "{good:?}");
        }
        let long = "x".repeat(MAX_VARIABLE_BYTES + 1);
        for bad in ["", "1A", "A=B", "A B", "A-B", "ä", "A\0", &long] {
            assert!(VariableName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn folders_are_absolute_and_plain() {
        for good in ["/", "/data", "/data/in", "/.cache", "/a..b"] {
            assert!(GuestPath::new(good).is_ok(), "{good:?}");
        }
        let long = format!("/{}", "x".repeat(MAX_PATH_BYTES));
        for bad in [
            "",
            "data",
            "./data",
            "/data/",
            "//data",
            "/data/../etc",
            "/.",
            "/a\\b",
            "/a\"b",
            "/a\nb",
            &long,
        ] {
            assert!(GuestPath::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_folder_holds_what_lies_under_it() {
        let holds = |outer: &str, inner: &str| {
            GuestPath::new(outer)
                .unwrap()
                .holds(&GuestPath::new(inner).unwrap())
        };
        assert!(
            holds("/data", "/data") && holds("/data", "/data/in") && holds("/", "/data") && holds("/", "/")
        );
        assert!(!holds("/data", "/database") && !holds("/data/in", "/data") && !holds("/data", "/"));
    }
}
