//! The names of secrets. Never their values.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest name of a secret, in bytes.
pub const MAX_SECRET_NAME_BYTES: usize = 128;

/// The name of a secret, like `STOCK_TOKEN` or `db-password`. It can be the name of a file, and leads nowhere else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(Arc<str>);

/// A text that is not the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not the name of a secret: expected 1 to {MAX_SECRET_NAME_BYTES} letters, digits, `_` and `-`, beginning with a letter or `_` (like `STOCK_TOKEN`)"
)]
pub struct InvalidSecretName {
    /// What was found.
    pub text: String,
}

impl SecretName {
    /// Checks that `text` is the name of a secret.
    pub fn new(text: &str) -> Result<Self, InvalidSecretName> {
        let is_valid = text.len() <= MAX_SECRET_NAME_BYTES
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if is_valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidSecretName {
                text: text.chars().take(2 * MAX_SECRET_NAME_BYTES).collect(),
            })
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SecretName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for SecretName {
    type Err = InvalidSecretName;
    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        Self::new(text)
    }
}

impl TryFrom<String> for SecretName {
    type Error = InvalidSecretName;
    fn try_from(text: String) -> Result<Self, InvalidSecretName> {
        Self::new(&text)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> String {
        name.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for good in ["STOCK_TOKEN", "db-password", "_", "a1"] {
            assert_eq!(SecretName::new(good).unwrap().as_str(), good);
        }
        let long = "x".repeat(MAX_SECRET_NAME_BYTES + 1);
        for bad in ["", "1a", "-a", "../a", "a/b", "a.b", "a b", "ä", "A\n", &long] {
            assert!(SecretName::new(bad).is_err(), "{bad:?}");
        }
    }
}
