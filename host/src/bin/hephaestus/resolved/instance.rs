//! Names of instances, as operators type them.

use hephaestus_host::core::{BusinessId, BusinessValue, InstanceId};

use crate::usage::UsageError;

/// So many digits of an instance id name it: the first ten or so are the millisecond in which it was made.
const MIN_PREFIX_DIGITS: usize = 8;

/// The digits of a UUID.
const ID_DIGITS: usize = 32;

/// What an instance may be called by a word. Which of these it is, only a store can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstanceName {
    /// As it was typed.
    pub(crate) text: String,
    /// It is an instance id.
    pub(crate) id: Option<InstanceId>,
    /// It is the beginning of one.
    pub(crate) prefix: Option<IdPrefix>,
    /// It is a business id.
    pub(crate) business_id: Option<BusinessId>,
    /// It is the value of one, whatever its key.
    pub(crate) value: Option<BusinessValue>,
}

/// The beginning of an instance id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdPrefix(String);

impl IdPrefix {
    fn read(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        let is_one = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        (is_one && (MIN_PREFIX_DIGITS..ID_DIGITS).contains(&digits)).then_some(Self(text))
    }

    /// Whether `id` begins so.
    pub(crate) fn begins(&self, id: InstanceId) -> bool {
        id.to_string().starts_with(&self.0)
    }

    /// An id that comes after all that begin so.
    pub(crate) fn end(&self) -> Option<InstanceId> {
        let digits = self.0.bytes().filter(|byte| *byte != b'-').map(char::from);
        let last: String = digits.chain(std::iter::repeat('f')).take(ID_DIGITS).collect();
        let after = u128::from_str_radix(&last, 16).ok()?.checked_add(1)?;
        format!("{after:032x}").parse().ok()
    }
}

/// Makes sense of the name of an instance.
pub(super) fn read_instance(text: &str) -> Result<InstanceName, UsageError> {
    let has_key = text.contains("::");
    let name = InstanceName {
        text: text.to_owned(),
        id: text.parse().ok(),
        prefix: IdPrefix::read(text),
        business_id: text.parse().ok().filter(|_| has_key),
        value: BusinessValue::new(text).ok(),
    };
    if name.id.is_none() && name.prefix.is_none() && name.business_id.is_none() && name.value.is_none() {
        return Err(UsageError::new(
            "INSTANCE",
            format!("{text:?}"),
            "an instance id (a UUID) or its first 8 digits or more, a business id like `orderid::a1`, or its value, `a1`",
            "`hephaestus list` shows the names",
        ));
    }
    Ok(name)
}

/// Makes sense of an option whose value is a whole instance id.
pub(super) fn read_id(option: &'static str, text: &str) -> Result<InstanceId, UsageError> {
    text.parse().map_err(|_| {
        UsageError::new(
            option,
            format!("{text:?}"),
            "an instance id, a UUID",
            "take the one of the last line of the page before",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01975c8e-0000-7000-8000-000000000001";

    fn name(text: &str) -> InstanceName {
        read_instance(text).expect("a name")
    }

    #[test]
    fn a_word_may_name_an_instance_in_several_ways() {
        let ways = |text: &str| {
            let name = name(text);
            [
                name.id.is_some(),
                name.prefix.is_some(),
                name.business_id.is_some(),
                name.value.is_some(),
            ]
        };
        assert_eq!(
            ways(ID),
            [true, false, false, true],
            "a UUID is a good value, too"
        );
        assert_eq!(ways("orderid::a1"), [false, false, true, false]);
        assert_eq!(ways("a1"), [false, false, false, true], "too short for an id");
        assert_eq!(ways("01975c8e"), [false, true, false, true]);
        assert_eq!(ways("01975c8e-0000-7"), [false, true, false, false]);
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["", "Order 1", "orderid::", "ORDER::a1", "a-b", "01975"] {
            let is_value = BusinessValue::new(text).is_ok();
            assert_eq!(read_instance(text).is_err(), !is_value, "{text:?}");
        }
    }

    #[test]
    fn a_beginning_ends_behind_all_ids_that_have_it() {
        let id: InstanceId = ID.parse().expect("an id");
        for text in ["01975C8E", "01975c8e-0000", "01975c8e-0000-7000-8000-00000000000"] {
            let prefix = name(text).prefix.expect("a beginning");
            let end = prefix.end().expect("ids of our time are not the last ones");
            assert!(prefix.begins(id) && id < end && !prefix.begins(end), "{text}");
        }
        let other = name("01975c8f").prefix.expect("a beginning");
        assert!(!other.begins(id));
        assert_eq!(name("ffffffff").prefix.and_then(|last| last.end()), None);
    }
}
