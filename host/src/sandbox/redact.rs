//! Secrets that a guest has read, so that they can be taken out of what it writes. A safety net for the guest that
//! prints a request with its token, not a wall: a guest that wants to tell a secret can spell it differently.

use std::fmt;

/// Shorter texts are not looked for: they would be found in words that have nothing to do with them.
const MIN_BYTES: usize = 6;

/// The most texts that are looked for.
const MAX_TEXTS: usize = 256;

/// What has to be taken out, and what to put in its place.
#[derive(Default)]
pub(super) struct Redactor {
    texts: Vec<(String, String)>,
}

impl Redactor {
    /// From now on, `value` is taken out: as a whole, and each of its lines.
    pub(super) fn hide(&mut self, name: &str, value: &str) {
        for text in std::iter::once(value).chain(value.lines()) {
            let text = text.trim();
            let is_known = self.texts.iter().any(|(known, _)| known == text);
            if text.len() >= MIN_BYTES && !is_known && self.texts.len() < MAX_TEXTS {
                self.texts.push((text.to_owned(), format!("[secret {name}]")));
            }
        }
        // Longer ones first: one may be a part of another.
        self.texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    }

    /// The text without them.
    pub(super) fn redact(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (secret, shown)| {
            text.replace(secret, shown)
        })
    }

    /// As [`Self::redact`], for a text whose end was cut off, perhaps within a secret.
    pub(super) fn redact_cut(&self, text: &str) -> String {
        let mut text = self.redact(text);
        for (secret, shown) in &self.texts {
            let begun = (MIN_BYTES / 2..secret.len())
                .rev()
                .find(|len| secret.get(..*len).is_some_and(|begin| text.ends_with(begin)));
            if let Some(len) = begun {
                text.truncate(text.len() - len);
                text.push_str(shown);
            }
        }
        text
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} texts)", self.texts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide("PIN", "1234");
        redactor.hide("TOKEN", "hunter2-hunter2");
        redactor.hide("KEY", "-- begin --\nAAAABBBB\nCCCCDDDD\n");
        redactor
    }

    #[test]
    fn what_was_read_is_taken_out() {
        for (text, expected) in [
            ("token=hunter2-hunter2;", "token=[secret TOKEN];"),
            ("AAAABBBB and 1234", "[secret KEY] and 1234"),
            ("-- begin --\nAAAABBBB\nCCCCDDDD", "[secret KEY]"),
            ("hunter", "hunter"),
        ] {
            assert_eq!(redactor().redact(text), expected);
        }
    }

    #[test]
    fn the_beginning_of_one_at_a_cut_is_taken_out() {
        assert_eq!(redactor().redact_cut("x hunter2-hun"), "x [secret TOKEN]");
        assert_eq!(redactor().redact_cut("x hu"), "x hu");
    }

    #[test]
    fn it_keeps_what_it_knows_to_itself() {
        assert_eq!(format!("{:?}", redactor()), "Redactor(5 texts)");
    }
}
