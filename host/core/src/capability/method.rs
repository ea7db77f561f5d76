//! Which HTTP methods are meant.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name of a method, in bytes.
const MAX_METHOD_BYTES: usize = 32;

/// Some HTTP methods, or all. Names are compared as they are sent: methods are case-sensitive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct HttpMethods(
    /// Empty: all.
    BTreeSet<String>,
);

/// A text that is not the name of an HTTP method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an HTTP method that can be granted: expected one like `GET` or `POST`, in capitals; `CONNECT` never is"
)]
pub struct InvalidMethod {
    /// What was found.
    pub text: String,
}

impl HttpMethods {
    /// All methods.
    pub const fn all() -> Self {
        Self(BTreeSet::new())
    }

    /// Checks names; none: all methods.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, InvalidMethod> {
        let check = |name: String| {
            let is_method = (1..=MAX_METHOD_BYTES).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
                && name != "CONNECT";
            if is_method {
                Ok(name)
            } else {
                Err(InvalidMethod {
                    text: name.chars().take(2 * MAX_METHOD_BYTES).collect(),
                })
            }
        };
        let names = names.into_iter().map(Into::into).map(check);
        Ok(Self(names.collect::<Result<_, _>>()?))
    }

    /// Whether these are all methods.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this method is one of them.
    pub fn covers(&self, method: &str) -> bool {
        self.is_all() || self.0.contains(method)
    }

    /// Whether all of these are among them.
    pub fn includes(&self, others: &Self) -> bool {
        self.is_all() || (!others.is_all() && others.0.is_subset(&self.0))
    }

    /// Their names; empty for all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// As in a list: "GET, HEAD"; empty for all.
impl fmt::Display for HttpMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, name) in self.names().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{name}")?;
        }
        Ok(())
    }
}

impl TryFrom<Vec<String>> for HttpMethods {
    type Error = InvalidMethod;
    fn try_from(names: Vec<String>) -> Result<Self, InvalidMethod> {
        Self::new(names)
    }
}

impl From<HttpMethods> for Vec<String> {
    fn from(methods: HttpMethods) -> Self {
        methods.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(names: &[&str]) -> HttpMethods {
        HttpMethods::new(names.iter().copied()).unwrap()
    }

    #[test]
    fn none_named_are_all() {
        assert!(HttpMethods::all().covers("PATCH"));
        assert!(methods(&["GET", "HEAD"]).covers("HEAD"));
        assert!(!methods(&["GET", "HEAD"]).covers("POST"));
        assert!(!methods(&["GET"]).covers("get"));
        for (grant, asked, enough) in [
            (methods(&[]), methods(&[]), true),
            (methods(&[]), methods(&["GET"]), true),
            (methods(&["GET"]), methods(&[]), false),
            (methods(&["GET", "POST"]), methods(&["POST"]), true),
            (methods(&["GET"]), methods(&["GET", "POST"]), false),
        ] {
            assert_eq!(grant.includes(&asked), enough, "{grant} includes {asked}");
        }
    }

    #[test]
    fn what_is_no_method_is_refused() {
        let long = "X".repeat(MAX_METHOD_BYTES + 1);
        for bad in ["", "get", "GET ", "GET\n", "CONNECT", "G/T", &long] {
            assert!(HttpMethods::new([bad]).is_err(), "{bad:?}");
        }
        for good in ["GET", "M-SEARCH"] {
            assert!(HttpMethods::new([good]).is_ok(), "{good:?}");
        }
    }
}
