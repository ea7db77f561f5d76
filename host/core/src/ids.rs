//! Identifiers. None is drawn here: the caller brings the randomness.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
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

impl InstanceId {
    /// When it was created, as the id itself says: milliseconds since 1970. `None`: its UUID is of a version that
    /// doesn't tell.
    pub fn created_ms(self) -> Option<u64> {
        // The first 48 bits (RFC 9562, 5.7).
        (self.0.get_version_num() == 7).then(|| u64::try_from(self.0.as_u128() >> 80).unwrap_or_default())
    }
}

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
        // `u32` would read `+1` too.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
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
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
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

impl Serialize for BusinessValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<BusinessValue> for String {
    fn from(value: BusinessValue) -> String {
        value.0.as_ref().to_owned()
    }
}

/// What people call an instance: `orderid::abc123`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
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

impl Serialize for BusinessId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<BusinessId> for String {
    fn from(id: BusinessId) -> String {
        id.to_string()
    }
}

/// SHA-256 of a component's bytes: which code, exactly. Shown as `sha256:<64 hex digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first twelve hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().skip("sha256:".len()).take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // One text and not 64 characters: it is in each summary that is stored.
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 0xf)];
        }
        f.write_str("sha256:")?;
        f.write_str(std::str::from_utf8(&hex).map_err(|_| fmt::Error)?)
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

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UUID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

    #[test]
    fn digests_are_read_and_shown() {
        let text = format!("sha256:{}", "0f".repeat(32));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest, Digest([15; 32]));
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.short(), "0f0f0f0f0f0f");
        assert_eq!(text.to_uppercase().replace("SHA", "sha").parse(), Ok(digest));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let hex = |digits: &str| format!("sha256:{digits}");
        for text in [
            String::new(),
            "0f".repeat(32),
            hex(""),
            hex(&"0f".repeat(31)),
            hex(&"0f".repeat(33)),
            hex(&"0g".repeat(32)),
            hex(&"+f".repeat(32)),
            // 64 bytes, but not on the boundaries of characters.
            hex(&format!("0{}f", "é".repeat(31))),
            hex(&"é".repeat(32)),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[test]
    fn business_values_are_plain_or_a_uuid() {
        let longest = "a".repeat(MAX_FREE_ID_BYTES);
        for text in ["abc123", "0", UUID, &longest] {
            assert_eq!(BusinessValue::new(text).unwrap().as_str(), text);
        }
        let too_long = "a".repeat(MAX_FREE_ID_BYTES + 1);
        let upper = UUID.to_uppercase();
        let braced = format!("{{{UUID}}}");
        for text in [
            "", "A", "a-b", "a_b", "é", "a b", "a::b", &too_long, &upper, &braced,
        ] {
            assert!(BusinessValue::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn business_ids_have_two_halves() {
        let id: BusinessId = "orderid::abc123".parse().unwrap();
        assert_eq!((id.key.as_str(), id.value.as_str()), ("orderid", "abc123"));
        assert_eq!(id.to_string(), "orderid::abc123");
        for text in [
            "",
            "orderid",
            "orderid:abc",
            "::abc",
            "orderid::",
            "a::b::c",
            "Order::a",
            "a:: b",
        ] {
            assert!(text.parse::<BusinessId>().is_err(), "{text}");
        }
    }

    #[test]
    fn timers_are_named_within_their_instance() {
        let text = format!("{UUID}/7");
        let timer: TimerId = text.parse().unwrap();
        assert_eq!((timer.number, timer.to_string()), (7, text));
        for text in [
            "",
            "/",
            "7",
            "x/7",
            &format!("{UUID}/"),
            &format!("{UUID}/+7"),
            &format!("{UUID}/4294967296"),
        ] {
            assert!(text.parse::<TimerId>().is_err(), "{text}");
        }
    }

    #[test]
    fn free_ids_are_bounded_and_printable() {
        assert_eq!(EventId::new("payment 7/é").unwrap().as_str(), "payment 7/é");
        assert!(RequestId::new(&"x".repeat(MAX_FREE_ID_BYTES)).is_ok());
        for text in [
            "",
            "a\nb",
            "a\u{7f}",
            "a\u{85}",
            &"x".repeat(MAX_FREE_ID_BYTES + 1),
            &"é".repeat(65),
        ] {
            assert!(EventId::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn ids_read_from_json_are_checked() {
        assert!(serde_json::from_str::<EventId>(r#""""#).is_err());
        assert!(serde_json::from_str::<BusinessValue>(r#""A""#).is_err());
        assert!(serde_json::from_str::<BusinessId>(r#""a""#).is_err());
        assert!(serde_json::from_str::<Digest>(r#""sha256:""#).is_err());
        assert!(serde_json::from_str::<InstanceId>(r#""7""#).is_err());
        let id: InstanceId = serde_json::from_str(&format!("\"{UUID}\"")).unwrap();
        assert_eq!(id.to_string(), UUID);
    }

    proptest! {
        #[test]
        fn digests_round_trip(bytes: [u8; 32]) {
            prop_assert_eq!(Digest(bytes).to_string().parse(), Ok(Digest(bytes)));
        }

        #[test]
        fn no_text_makes_an_id_panic(text in any::<String>(), tail in "\\PC{0,70}") {
            for text in [text, format!("sha256:{tail}"), format!("a::{tail}"), format!("{UUID}/{tail}")] {
                let digest = text.parse::<Digest>();
                prop_assert!(digest.is_err() || digest.map(|it| it.to_string()) == Ok(text.to_lowercase()));
                let business_id = text.parse::<BusinessId>();
                prop_assert!(business_id.is_err() || business_id.map(|it| it.to_string()) == Ok(text.clone()));
                let _ = (text.parse::<TimerId>(), text.parse::<InstanceId>(), EventId::new(&text));
            }
        }
    }
}
