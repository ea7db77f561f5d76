//! The names people write: kebab-case, short, cheap to clone.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The longest name accepted, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// A text that is not a kebab-case name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a name: expected 1 to {MAX_NAME_BYTES} characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"
)]
pub struct InvalidName {
    /// What was found.
    pub text: String,
}

fn is_kebab_case(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks that `text` is kebab-case and not too long.
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                if is_kebab_case(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidName { text: text.chars().take(2 * MAX_NAME_BYTES).collect() })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(&text)
            }
        }

        // Not through `String`, which would be a copy: journals are full of names.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The name of a workflow.
    WorkflowName
}
name! {
    /// Names a step within its workflow.
    StepRef
}
name! {
    /// Names an event: what a step emits when it ends, or what is sent to a waiting step.
    EventName
}
name! {
    /// The first half of a business id: `orderid` in `orderid::abc123`.
    BusinessKeyName
}

impl StepRef {
    /// The built-in last step, `done`.
    pub fn done() -> Self {
        Self("done".into())
    }

    /// Whether this is the built-in last step.
    pub fn is_done(&self) -> bool {
        self.as_str() == "done"
    }
}

impl EventName {
    /// What a due timer sends to the step it belongs to.
    pub fn timeout() -> Self {
        Self("timeout".into())
    }

    /// Reserved: the transition taken when a step has used up its attempts. Nobody can emit or send it.
    pub fn failed() -> Self {
        Self("failed".into())
    }

    /// Whether this is the reserved event `failed`.
    pub fn is_failed(&self) -> bool {
        self.as_str() == "failed"
    }
}

/// The version of a workflow, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkflowVersion(pub u32);

impl fmt::Display for WorkflowVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_kebab_case() {
        for name in [
            "a",
            "a1",
            "reserve-stock",
            "a-1",
            "x-2-y",
            "done",
            &"a".repeat(MAX_NAME_BYTES),
        ] {
            assert_eq!(StepRef::new(name).unwrap().as_str(), name);
        }
        let too_long = "a".repeat(MAX_NAME_BYTES + 1);
        for text in [
            "", "-", "a-", "-a", "a--b", "1a", "A", "aB", "a_b", "a b", " a", "a.b", "é", "aé", "a\n", "a\0",
            &too_long,
        ] {
            assert_eq!(StepRef::new(text).unwrap_err().text, text);
        }
    }

    #[test]
    fn errors_repeat_only_the_beginning() {
        let error = EventName::new(&"é".repeat(1 << 20)).unwrap_err();
        assert_eq!(error.text, "é".repeat(128));
    }

    #[test]
    fn reserved_names_are_known() {
        assert!(StepRef::new("done").unwrap().is_done() && StepRef::done().is_done());
        assert!(!StepRef::new("done-2").unwrap().is_done());
        assert!(EventName::new("failed").unwrap().is_failed() && EventName::failed().is_failed());
        assert!(!EventName::timeout().is_failed());
    }

    #[test]
    fn names_read_from_json_are_checked() {
        let name: WorkflowName = serde_json::from_str(r#""order""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""order""#);
        assert!(serde_json::from_str::<WorkflowName>(r#""Order""#).is_err());
    }

    proptest! {
        #[test]
        fn only_kebab_case_is_accepted(text in "[a-c1_A-]{0,6}") {
            let words: Vec<&str> = text.split('-').collect();
            let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| matches!(c, 'a'..='c' | '1'));
            let expected = words.iter().all(is_word) && !text.starts_with('1');
            prop_assert_eq!(StepRef::new(&text).is_ok(), expected);
        }
    }
}
