//! How to repeat a command: what messages tell people to type next.

use std::ffi::{OsStr, OsString};

use crate::args::RunArgs;

/// The words of a `run` that a later one has in common with it.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    words: Vec<String>,
    input: Option<String>,
}

impl Invocation {
    /// Takes over what a later command has in common with this one: not the events, which are sent.
    pub(crate) fn new(program: &OsStr, args: &RunArgs) -> Self {
        let mut words = vec![
            quote(program),
            "run".to_owned(),
            quote(args.component.as_os_str()),
        ];
        if args.store != OsStr::new("sqlite:hephaestus.db") {
            words.extend(["--store".to_owned(), quote(&args.store)]);
        }
        if let Some(manifest) = &args.manifest {
            words.extend(["--manifest".to_owned(), quote(manifest.as_os_str())]);
        }
        if let Some(wait) = &args.wait {
            words.extend(["--wait".to_owned(), quote(OsStr::new(wait))]);
        }
        if args.json {
            words.push("--json".to_owned());
        }
        let input = args.input.as_deref().map(quote);
        Self { words, input }
    }

    /// The command that goes on with an instance.
    pub(crate) fn with_id(&self, id: &str) -> String {
        let mut words = self.words.clone();
        words.extend(["--id".to_owned(), quote(OsStr::new(id))]);
        words.join(" ")
    }

    /// The command that starts a new instance of that name. The input is its own affair: one that exists has its own.
    pub(crate) fn again(&self, id: &str) -> String {
        match &self.input {
            Some(input) => format!("{} --input {input}", self.with_id(id)),
            None => self.with_id(id),
        }
    }

    /// The command that sends an instance an event.
    pub(crate) fn with_event(&self, id: &str, event: &str) -> String {
        format!("{} --event {}", self.with_id(id), quote(OsStr::new(event)))
    }
}

/// A word as a shell reads it back.
fn quote(word: &OsStr) -> String {
    let word = OsString::from(word).to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_would_misread_them() {
        let cases = [
            ("target/order-flow.wasm", "target/order-flow.wasm"),
            ("my orders/flow.wasm", "'my orders/flow.wasm'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
            ("~/x", "'~/x'"),
        ];
        for (word, quoted) in cases {
            assert_eq!(quote(OsStr::new(word)), quoted);
        }
    }
}
