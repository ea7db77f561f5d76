//! How to go on from a command: what messages tell people to type next.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::ValueEnum;

use crate::args::RunArgs;

/// The store that is used where none is named.
pub(crate) const DEFAULT_STORE: &str = "sqlite:hephaestus.db";

/// What stands for the file of a component that nobody has named.
const SOME_COMPONENT: &str = "COMPONENT.WASM";

/// The words that later commands have in common with this one.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    program: String,
    /// `--store …`, unless it is the default one.
    store: Vec<String>,
    component: String,
    /// More words of a `run` that goes on.
    options: Vec<String>,
    input: Option<String>,
}

impl Invocation {
    /// Of a command on a store.
    pub(crate) fn new(program: &OsStr, store: &OsStr) -> Self {
        let is_default = store == DEFAULT_STORE;
        let words = ["--store".to_owned(), quote(store)];
        Self {
            program: quote(program),
            store: words.into_iter().filter(|_| !is_default).collect(),
            component: SOME_COMPONENT.to_owned(),
            options: Vec::new(),
            input: None,
        }
    }

    /// Of a `run`. Takes over what a later one has in common with it: not the events, which are sent.
    pub(crate) fn run(program: &OsStr, args: &RunArgs) -> Self {
        let mut invocation = Self::new(program, &args.store);
        invocation.component = quote(args.component.as_os_str());
        invocation.input = args.input.as_deref().map(quote);
        if let Some(word) = args.durability.as_ref().and_then(ValueEnum::to_possible_value) {
            let words = ["--durability".to_owned(), word.get_name().to_owned()];
            invocation.options.extend(words);
        }
        if let Some(retain) = &args.retain {
            let words = ["--retain".to_owned(), quote(OsStr::new(retain))];
            invocation.options.extend(words);
        }
        invocation.follows(args.manifest.as_deref(), args.wait.as_deref(), args.json)
    }

    /// The same, of a command that follows an instance with these options.
    pub(crate) fn follows(mut self, manifest: Option<&Path>, wait: Option<&str>, json: bool) -> Self {
        if let Some(manifest) = manifest {
            self.options
                .extend(["--manifest".to_owned(), quote(manifest.as_os_str())]);
        }
        if let Some(wait) = wait {
            self.options
                .extend(["--wait".to_owned(), quote(OsStr::new(wait))]);
        }
        if json {
            self.options.push("--json".to_owned());
        }
        self
    }

    /// The command that goes on with an instance.
    pub(crate) fn with_id(&self, id: &str) -> String {
        let mut words = vec![self.program.clone(), "run".to_owned(), self.component.clone()];
        words.extend(self.store.iter().chain(&self.options).cloned());
        words.extend(["--id".to_owned(), quote(OsStr::new(id))]);
        words.join(" ")
    }

    /// The command that starts a new instance of that name, with an input: one that exists has its own.
    pub(crate) fn again(&self, id: &str) -> String {
        let input = self.input.as_deref().unwrap_or("@FILE");
        format!("{} --input {input}", self.with_id(id))
    }

    /// The command that sends an instance an event.
    pub(crate) fn with_event(&self, id: &str, event: &str) -> String {
        format!("{} --event {}", self.with_id(id), quote(OsStr::new(event)))
    }

    /// The same, on another store.
    pub(crate) fn on(&self, store: &OsStr) -> Self {
        Self {
            store: Self::new(OsStr::new(""), store).store,
            ..self.clone()
        }
    }

    /// Another command on the same store.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| quote(OsStr::new(word)));
        let all = std::iter::once(self.program.clone()).chain(words);
        all.chain(self.store.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A word as a shell reads it back.
pub(crate) fn quote(word: &OsStr) -> String {
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

    #[test]
    fn commands_name_the_store_unless_it_is_the_default_one() {
        let command = |store: &str| {
            Invocation::new(OsStr::new("hephaestus"), OsStr::new(store)).command(&["cancel", "orderid::a1"])
        };
        assert_eq!(command(DEFAULT_STORE), "hephaestus cancel orderid::a1");
        assert_eq!(
            command("sqlite:my orders.db"),
            "hephaestus cancel orderid::a1 --store 'sqlite:my orders.db'"
        );
    }

    #[test]
    fn a_new_instance_is_started_with_an_input() {
        let invocation = Invocation::new(OsStr::new("hephaestus"), OsStr::new(DEFAULT_STORE));
        assert_eq!(
            invocation.again("a1"),
            "hephaestus run COMPONENT.WASM --id a1 --input @FILE"
        );
    }
}
