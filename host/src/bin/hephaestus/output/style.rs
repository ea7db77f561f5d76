//! Colour: a handful of meanings, on terminals only. And how wide a terminal is.

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
        if self.enabled && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// What matters most.
    pub(crate) fn bold(self, text: &str) -> String {
        self.mark("1", text)
    }

    /// Text in which names stand between backticks: on a terminal, they are marked instead.
    pub(crate) fn names(self, text: &str) -> String {
        if !self.enabled {
            return text.to_owned();
        }
        let mut marked = String::new();
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 0 {
                marked += part;
            } else {
                marked += &self.mark("36", part);
            }
        }
        marked
    }

    /// One of the lines of a drawing: neighbours look different.
    pub(crate) fn lane(self, number: usize, text: &str) -> String {
        const COLOURS: [&str; 6] = ["36", "35", "32", "34", "33", "96"];
        self.mark(COLOURS[number % COLOURS.len()], text)
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

/// How wide the terminal is that standard output goes to; `None`: it goes elsewhere.
pub(crate) fn terminal_columns() -> Option<usize> {
    let stdout = console::Term::stdout();
    let size = stdout.size_checked().filter(|_| stdout.is_term());
    size.map(|(_, columns)| usize::from(columns))
}

/// How wide standard output is: what its terminal says, within reason; 80 columns elsewhere.
pub(crate) fn columns() -> usize {
    let size = console::Term::stdout().size_checked();
    size.map_or(super::text::WIDTH, |(_, columns)| {
        usize::from(columns).clamp(40, 160)
    })
}

#[cfg(test)]
impl Style {
    /// No marks at all.
    pub(crate) const PLAIN: Self = Self { enabled: false };

    /// Marks, wherever the text goes.
    pub(crate) const COLOUR: Self = Self { enabled: true };
}
