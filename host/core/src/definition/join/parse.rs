//! The text form of joins, read by recursive descent:
//!
//! ```text
//! join = ("all" | "any" | "settled") "[" join { "," join } "]"
//!      | step "." event
//! ```
//!
//! White space may stand between any two symbols. The words are not reserved: `all.ready` is the transition of a step
//! called `all`. Depth, parts and length are bounded, so that no text exhausts the stack.

use super::{InvalidJoin, Join, MAX_JOIN_BYTES, MAX_JOIN_DEPTH, MAX_JOIN_PARTS};

/// How much of a refused text its error repeats, in characters.
const MAX_SHOWN_CHARS: usize = 200;

pub(super) fn parse(text: &str) -> Result<Join, InvalidJoin> {
    let mut parser = Parser {
        text,
        rest: text,
        parts: 0,
    };
    if text.len() > MAX_JOIN_BYTES {
        return Err(parser.problem(format!("the text is longer than {MAX_JOIN_BYTES} bytes")));
    }
    let join = parser.join(0)?;
    parser.skip_space();
    if parser.rest.is_empty() {
        Ok(join)
    } else {
        Err(parser.unexpected("nothing more"))
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    parts: usize,
}

impl<'a> Parser<'a> {
    fn join(&mut self, depth: usize) -> Result<Join, InvalidJoin> {
        self.skip_space();
        self.parts += 1;
        if self.parts > MAX_JOIN_PARTS {
            return Err(self.problem(format!("the join has more than {MAX_JOIN_PARTS} parts")));
        }
        let before = self.rest;
        let word = self.word("`all[`, `any[`, `settled[` or a transition like `step.event`")?;
        self.skip_space();
        if !self.rest.starts_with('[') {
            return self.transition(before, word);
        }
        let group: fn(Vec<Join>) -> Join = match word {
            "all" => Join::All,
            "any" => Join::Any,
            "settled" => Join::Settled,
            _ => {
                self.rest = before;
                return Err(self.problem(format!("found `{word}[`, expected `all[`, `any[` or `settled[`")));
            }
        };
        if depth >= MAX_JOIN_DEPTH {
            return Err(self.problem(format!("groups are nested more than {MAX_JOIN_DEPTH} deep")));
        }
        self.eat('[');
        self.group(depth).map(group)
    }

    /// The parts of a group and its closing bracket.
    fn group(&mut self, depth: usize) -> Result<Vec<Join>, InvalidJoin> {
        let mut parts = Vec::new();
        loop {
            parts.push(self.join(depth + 1)?);
            self.skip_space();
            if self.eat(']') {
                return Ok(parts);
            }
            if !self.eat(',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn transition(&mut self, at_source: &'a str, source: &str) -> Result<Join, InvalidJoin> {
        if !self.eat('.') {
            return Err(self.unexpected("`.` and an event, as in `step.event`"));
        }
        self.skip_space();
        let at_event = self.rest;
        let event = self.word("the name of an event")?;
        let after = self.rest;
        self.rest = at_source;
        let source = source.parse().map_err(|error| self.problem(format!("{error}")))?;
        self.rest = at_event;
        let event = event.parse().map_err(|error| self.problem(format!("{error}")))?;
        self.rest = after;
        Ok(Join::Transition { source, event })
    }

    /// The longest run of characters that names are made of; at least one.
    fn word(&mut self, expected: &str) -> Result<&'a str, InvalidJoin> {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '.' | ',' | '[' | ']');
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.unexpected(expected));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }

    fn eat(&mut self, symbol: char) -> bool {
        let after = self.rest.strip_prefix(symbol);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn unexpected(&self, expected: &str) -> InvalidJoin {
        let found = match self.rest.chars().next() {
            Some(character) => format!("`{}`", character.escape_debug()),
            None => "the end".to_owned(),
        };
        self.problem(format!("found {found}, expected {expected}"))
    }

    /// An error at the place where the rest begins.
    fn problem(&self, problem: String) -> InvalidJoin {
        let read_bytes = self.text.len() - self.rest.len();
        InvalidJoin {
            text: self.text.chars().take(MAX_SHOWN_CHARS).collect(),
            at: self.text[..read_bytes].chars().count(),
            problem,
        }
    }
}
