//! JSON as text that was validated once. Guests and the store exchange it without parsing it again.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A text that is not one JSON value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {reason}")]
pub struct InvalidJson {
    /// What the parser says, with line and column.
    pub reason: String,
}

/// A JSON value that a program's type can't be read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JSON can't be read as `{expected}`: {reason}")]
pub struct UnexpectedJson {
    /// The type that was to be read.
    pub expected: &'static str,
    /// What serde says, with line and column.
    pub reason: String,
}

/// One JSON value as text, without white space around it, that every JSON parser reads: strings are Unicode, numbers fit
/// into a double, and nothing is nested deeper than 127 levels. Cheap to clone. Two are equal if their texts are.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// Validates `text`.
    pub fn parse(text: &str) -> Result<Self, InvalidJson> {
        let raw = serde_json::from_str::<Box<RawValue>>(text).and_then(checked);
        raw.map(Self).map_err(|error| InvalidJson {
            reason: error.to_string(),
        })
    }

    /// What a program's value looks like as JSON. Refused if JSON has no form for it: a map whose keys are no strings,
    /// nesting deeper than 127 levels.
    ///
    /// ```
    /// use hephaestus_core::Json;
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Order {
    ///     customer: String,
    /// }
    /// let json = Json::encode(&Order { customer: "Ada".into() })?;
    /// assert_eq!(json.as_str(), r#"{"customer":"Ada"}"#);
    /// let order: Order = json.decode()?;
    /// assert_eq!(order.customer, "Ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidJson> {
        let text = serde_json::to_string(value).map_err(|error| InvalidJson {
            reason: error.to_string(),
        })?;
        Self::parse(&text)
    }

    /// Reads the value as a program's type: the counterpart of [`Self::encode`].
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, UnexpectedJson> {
        serde_json::from_str(self.as_str()).map_err(|error| UnexpectedJson {
            expected: std::any::type_name::<T>(),
            reason: error.to_string(),
        })
    }

    /// The empty object, `{}`.
    pub fn empty_object() -> Self {
        Self::from(serde_json::json!({}))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }

    /// The parsed value.
    pub fn to_value(&self) -> serde_json::Value {
        // The text was read before, so it can be read again: the fallback only spares a panic.
        serde_json::from_str(self.as_str()).unwrap_or(serde_json::Value::Null)
    }
}

/// `raw`, if it keeps the promises of [`Json`].
fn checked(raw: Box<RawValue>) -> Result<Arc<RawValue>, serde_json::Error> {
    serde_json::from_str::<Wellformed>(raw.get())?;
    Ok(raw.into())
}

/// Reads a value to its end and keeps nothing. `RawValue` alone would let through what no parser accepts later:
/// nesting without end, lone surrogates, numbers out of range.
struct Wellformed;

impl<'de> Deserialize<'de> for Wellformed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WellformedVisitor)
    }
}

struct WellformedVisitor;

impl<'de> Visitor<'de> for WellformedVisitor {
    type Value = Wellformed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_str<E>(self, _: &str) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_unit<E>(self) -> Result<Wellformed, E> {
        Ok(Wellformed)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Wellformed, A::Error> {
        while items.next_element::<Wellformed>()?.is_some() {}
        Ok(Wellformed)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Wellformed, A::Error> {
        while entries.next_entry::<Wellformed, Wellformed>()?.is_some() {}
        Ok(Wellformed)
    }
}

/// A value that is nested deeper than 127 levels becomes `null`: a program can build one, but no parser reads it.
impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self::parse(&value.to_string()).unwrap_or_else(|_| Self(RawValue::NULL.to_owned().into()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        checked(raw).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn values_are_kept_as_they_are_written() {
        for text in [
            "null",
            "true",
            "-0.50e+1",
            r#""\u00e9\ud83d\ude00""#,
            "[1,  2]",
            r#"{"a": 1, "a": 2}"#,
            "{}",
        ] {
            assert_eq!(Json::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Json::parse(" \n{ } \t").unwrap().as_str(), "{ }");
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "01",
            "1 2",
            "nul",
            "'a'",
            "{a: 1}",
            "NaN",
            "\u{feff}1",
            "\"\u{1}\"",
        ] {
            assert!(Json::parse(text).is_err(), "{text:?}");
        }
    }

    /// `RawValue` lets these through.
    #[test]
    fn what_other_parsers_refuse_is_refused() {
        for (text, reason) in [
            (nested(128), "recursion limit exceeded at line 1 column 128"),
            (
                r#"["\ud800"]"#.to_owned(),
                "unexpected end of hex escape at line 1 column 9",
            ),
            (
                r#"{"\udc00": 1}"#.to_owned(),
                "lone leading surrogate in hex escape at line 1 column 8",
            ),
            ("1e999".to_owned(), "number out of range at line 1 column 5"),
        ] {
            assert_eq!(Json::parse(&text).unwrap_err().reason, reason, "{text}");
            let read: Result<Json, _> = serde_json::from_str(&text);
            assert!(read.unwrap_err().to_string().starts_with(reason), "{text}");
        }
        assert!(Json::parse(&nested(127)).is_ok());
        assert!(Json::parse(&"[".repeat(1 << 20)).is_err());
    }

    #[test]
    fn objects_are_told_apart() {
        for (text, expected) in [
            ("{}", true),
            (" { \"a\": [] }", true),
            ("[{}]", false),
            (r#""{""#, false),
        ] {
            assert_eq!(Json::parse(text).unwrap().is_object(), expected, "{text}");
        }
        assert!(Json::empty_object().is_object());
    }

    #[test]
    fn what_json_has_no_form_for_is_not_encoded() {
        let keys = std::collections::BTreeMap::from([((1, 2), 3)]);
        let error = Json::encode(&keys).unwrap_err().to_string();
        assert_eq!(error, "not valid JSON: key must be a string");
        let deep = (0..128).fold(serde_json::json!(1), |value, _| serde_json::json!([value]));
        assert!(Json::encode(&deep).is_err());
    }

    #[test]
    fn what_can_not_be_decoded_is_told_with_its_type_and_place() {
        let json = Json::parse(r#"{"a": "b"}"#).unwrap();
        let error = json
            .decode::<std::collections::BTreeMap<String, u8>>()
            .unwrap_err();
        assert!(error.expected.contains("BTreeMap"), "{error}");
        assert!(error.reason.contains("line 1 column 9"), "{error}");
        assert_eq!(json.decode(), Ok(serde_json::json!({ "a": "b" })));
    }

    #[test]
    fn values_deeper_than_any_parser_reads_become_null() {
        let nest = |levels| (0..levels).fold(serde_json::json!(1), |value, _| serde_json::json!([value]));
        assert_eq!(Json::from(nest(127)).as_str(), nested(127));
        assert_eq!(Json::from(nest(128)).as_str(), "null");
    }

    proptest! {
        #[test]
        fn what_is_accepted_can_be_read(text in r#"[\[\]{}:,"0-9eE.u\\dD8c -]{0,12}"#) {
            if let Ok(json) = Json::parse(&text) {
                prop_assert_eq!(json.as_str(), text.trim_matches([' ', '\n', '\t', '\r']));
                prop_assert!(serde_json::from_str::<serde_json::Value>(json.as_str()).is_ok());
            }
        }

        #[test]
        fn strings_round_trip(text: String) {
            let json = Json::from(serde_json::Value::String(text.clone()));
            prop_assert_eq!(json.to_value(), serde_json::Value::String(text));
            let read: Json = serde_json::from_str(&serde_json::to_string(&json).unwrap()).unwrap();
            prop_assert_eq!(read, json);
        }
    }
}
