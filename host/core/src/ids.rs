//! Identifiers. None is drawn here: the caller brings the randomness.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::BusinessKeyName;

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: expected {expected}")]
pub struct InvalidId {
    /// Which kind of identifier was read.
    pub what: &'static str,
    /// The form it should have.
    pub expected: &'static str,
    /// What was found, shortened.
    pub text: String,
}

impl InvalidId {
    fn new(what: &'static str, expected: &'static str, text: &str) -> Self {
        Self {
            what,
            expected,
            text: text.chars().take(120).collect(),
        }
    }
}

/// Names one instance: a UUID, version 7, so that ids sort by the time of creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceId(pub Uuid);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for InstanceId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text)
            .map(Self)
            .map_err(|_| InvalidId::new("an instance id", "a UUID", text))
    }
}

/// Names one timer of one instance. Numbers are never used twice within an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId {
    /// The instance it belongs to.
    pub instance: InstanceId,
    /// Counts the instance's timers, from 1.
    pub number: u32,
}

impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.instance, self.number)
    }
}

impl FromStr for TimerId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new("a timer id", "`<instance id>/<number>`", text);
        let (instance, number) = text.split_once('/').ok_or_else(invalid)?;
        Ok(Self {
            instance: instance.parse().map_err(|_| invalid())?,
            number: number.parse().map_err(|_| invalid())?,
        })
    }
}

/// The longest free-form id accepted, in bytes.
pub const MAX_FREE_ID_BYTES: usize = 128;

macro_rules! free_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the length (1 to 128 bytes) and that there are no control characters.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                if text.is_empty() || text.len() > MAX_FREE_ID_BYTES || text.chars().any(char::is_control) {
                    return Err(InvalidId::new($what, "1 to 128 bytes without control characters", text));
                }
                Ok(Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

free_id! {
    /// Chosen by the sender of an event: sending the same id again is a no-op.
    EventId, "an event id"
}
free_id! {
    /// Chosen by the starter of an instance: a repeat returns the same instance, even after it ended.
    RequestId, "a request id"
}

/// The second half of a business id, the part that the caller chooses: `[a-z0-9]+` or a UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessValue(Arc<str>);

impl BusinessValue {
    /// Checks the form: 1 to 128 of `[a-z0-9]`, or a UUID in its hyphenated lower-case form.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let uuid = || Uuid::parse_str(text).is_ok_and(|uuid| uuid.hyphenated().to_string() == text);
        if text.len() <= MAX_FREE_ID_BYTES && (plain || uuid()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new(
                "a business value",
                "1 to 128 of `a-z` and `0-9`, or a lower-case UUID",
                text,
            ))
        }
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for BusinessValue {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string().into())
    }
}

impl fmt::Display for BusinessValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for BusinessValue {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

impl TryFrom<String> for BusinessValue {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::new(&text)
    }
}

impl From<BusinessValue> for String {
    fn from(value: BusinessValue) -> String {
        value.0.as_ref().to_owned()
    }
}

/// What people call an instance: `orderid::abc123`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessId {
    /// The workflow's business key.
    pub key: BusinessKeyName,
    /// The caller's value for it.
    pub value: BusinessValue,
}

impl fmt::Display for BusinessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.key, self.value)
    }
}

impl FromStr for BusinessId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new("a business id", "`key::value` (like `orderid::abc123`)", text);
        let (key, value) = text.split_once("::").ok_or_else(invalid)?;
        Ok(Self {
            key: key.parse().map_err(|_| invalid())?,
            value: value.parse().map_err(|_| invalid())?,
        })
    }
}

impl TryFrom<String> for BusinessId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<BusinessId> for String {
    fn from(id: BusinessId) -> String {
        id.to_string()
    }
}

/// SHA-256 of a component's bytes: which code, exactly. Shown as `sha256:<64 hex digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first twelve hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().skip("sha256:".len()).take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new("a digest", "`sha256:` and 64 hex digits", text);
        let hex = text.strip_prefix("sha256:").ok_or_else(invalid)?;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}
