//! Colour: a handful of meanings, on terminals only.

use std::io::IsTerminal;

/// Whether and how text is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    enabled: bool,
}

impl Style {
    /// Marks for a stream: only on a terminal that can show them, and not where `NO_COLOR` says otherwise.
    pub(crate) fn detect(stream: &impl IsTerminal) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            enabled: stream.is_terminal() && !set("NO_COLOR") && !dumb,
        }
    }

    /// Whether text is marked at all.
    pub(crate) fn is_enabled(self) -> bool {
        self.enabled
    }

    fn mark(self, code: &str, text: &str) -> String {
        if self.enabled {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// What matters most.
    pub(crate) fn bold(self, text: &str) -> String {
        self.mark("1", text)
    }

    /// What can be overlooked.
    pub(crate) fn dim(self, text: &str) -> String {
        self.mark("2", text)
    }

    /// It went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.mark("32", text)
    }

    /// It went wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.mark("31", text)
    }

    /// It needs somebody.
    pub(crate) fn attention(self, text: &str) -> String {
        self.mark("33", text)
    }
}

#[cfg(test)]
impl Style {
    /// No marks at all.
    pub(crate) const PLAIN: Self = Self { enabled: false };

    /// Marks, wherever the text goes.
    pub(crate) const COLOUR: Self = Self { enabled: true };
}
