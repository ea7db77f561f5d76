//! A source file as the rules read it: its code without comments and strings, its comments, its tokens, its paths.
//!
//! This is no parser. It knows just enough of Rust's lexical structure that a word in a string or comment is never
//! taken for code, and a brace in one never for the end of a function.

use std::ops::Range;

/// A Rust file.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The text with comments and literals blanked out; lines and columns stay.
    pub(crate) code: String,
    /// The text with everything but comments blanked out.
    pub(crate) comments: String,
}

/// A word or a punctuation mark of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Counted from 1.
    pub(crate) line: usize,
    /// An identifier, `::`, or a single character.
    pub(crate) text: &'a str,
}

/// A path that the code names, imports spelled out: `use a::{b, c::d}` names `a::b` and `a::c::d`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    /// Where its last segment is, counted from 1.
    pub(crate) line: usize,
    /// At least two, or one that is imported.
    pub(crate) segments: Vec<&'a str>,
}

impl Source {
    /// Tells code from comments.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, comments) = separate(text);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            comments,
        }
    }

    /// The words and punctuation marks of the code.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        for (index, line) in self.code.lines().enumerate() {
            let mut rest = line.trim_start();
            while !rest.is_empty() {
                let (text, after) = rest.split_at(token_length(rest));
                tokens.push(Token {
                    line: index + 1,
                    text,
                });
                rest = after.trim_start();
            }
        }
        tokens
    }

    /// Every path that the code names.
    pub(crate) fn paths(&self) -> Vec<Path<'_>> {
        let tokens = self.tokens();
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if is_word(tokens[at].text) && tokens[at].text != "use" {
                let previous = tokens[..at]
                    .iter()
                    .map(|token| token.text)
                    .rfind(|text| *text != "::");
                let imported = previous.is_some_and(|text| ["use", "crate"].contains(&text));
                let before = paths.len();
                at = read_path(&tokens, at, &[], &mut paths);
                if !imported {
                    paths.retain_from(before, |path| path.segments.len() > 1);
                }
            } else {
                at += 1;
            }
        }
        paths
    }

    /// Name and lines of every function with a body, closures and nested functions included in the outer one too.
    pub(crate) fn functions(&self) -> Vec<(&str, Range<usize>)> {
        let tokens = self.tokens();
        let named =
            |at: usize| tokens[at].text == "fn" && tokens.get(at + 1).is_some_and(|it| is_word(it.text));
        let starts = (0..tokens.len()).filter(|at| named(*at));
        let found = starts.filter_map(|at| {
            let end = end_of_body(&tokens, at)?;
            Some((tokens[at + 1].text, tokens[at].line..tokens[end].line + 1))
        });
        found.collect()
    }
}

/// Drops those of the last elements that don't fit.
trait RetainFrom<T> {
    fn retain_from(&mut self, start: usize, fits: impl Fn(&T) -> bool);
}

impl<T> RetainFrom<T> for Vec<T> {
    fn retain_from(&mut self, start: usize, fits: impl Fn(&T) -> bool) {
        let tail = self.split_off(start);
        self.extend(tail.into_iter().filter(|it| fits(it)));
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn token_length(rest: &str) -> usize {
    let word = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    match word {
        0 if rest.starts_with("::") => 2,
        0 => rest.chars().next().map_or(1, char::len_utf8),
        _ => word,
    }
}

/// Reads the path that begins at `at` and returns where to go on.
fn read_path<'a>(tokens: &[Token<'a>], at: usize, prefix: &[&'a str], paths: &mut Vec<Path<'a>>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut segments = prefix.to_vec();
    let mut last = at;
    segments.push(text(at));
    while text(last + 1) == "::" && is_word(text(last + 2)) {
        last += 2;
        segments.push(text(last));
    }
    if text(last + 1) == "::" && text(last + 2) == "{" {
        return read_group(tokens, last + 3, &segments, paths);
    }
    if segments.len() > 1 && segments.last() == Some(&"self") {
        segments.pop();
    }
    paths.push(Path {
        line: tokens[last].line,
        segments,
    });
    last + 1
}

fn read_group<'a>(tokens: &[Token<'a>], at: usize, prefix: &[&'a str], paths: &mut Vec<Path<'a>>) -> usize {
    let mut at = at;
    while let Some(token) = tokens.get(at) {
        match token.text {
            "}" => return at + 1,
            // The new name of `a as b` is no path of its own.
            "as" => at += 2,
            word if is_word(word) => at = read_path(tokens, at, prefix, paths),
            _ => at += 1,
        }
    }
    at
}

/// The token that closes the body of the function whose `fn` is at `start`; `None` for a mere declaration.
fn end_of_body(tokens: &[Token<'_>], start: usize) -> Option<usize> {
    let mut nested = 0_usize;
    let mut in_body = false;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text {
            ";" if nested == 0 => return None,
            "{" | "(" | "[" => {
                in_body |= token.text == "{" && nested == 0;
                nested += 1;
            }
            "}" | ")" | "]" => {
                nested = nested.checked_sub(1)?;
                if in_body && nested == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// What a stretch of text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The text twice: as code only and as comments only, the rest blank.
fn separate(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (String::new(), String::new());
    let mut at = 0;
    while at < chars.len() {
        let (kind, length) = stretch(&chars, at);
        for c in &chars[at..at + length] {
            let blank = if *c == '\n' { '\n' } else { ' ' };
            code.push(if kind == Kind::Code { *c } else { blank });
            comments.push(if kind == Kind::Comment { *c } else { blank });
        }
        at += length;
    }
    (code, comments)
}

/// What begins at `at`, and how many characters it has.
fn stretch(chars: &[char], at: usize) -> (Kind, usize) {
    let rest = &chars[at..];
    let inside_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => (
            Kind::Comment,
            rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ),
        ['/', '*', ..] => (Kind::Comment, block_comment_length(rest)),
        ['"', ..] => (Kind::Literal, quoted_length(rest, '"')),
        ['r', '"' | '#', ..] if !inside_word => raw_string(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !inside_word => raw_string(rest, 2),
        // A character, and not the lifetime `'a`.
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Kind::Literal, quoted_length(rest, '\'')),
        _ => (Kind::Code, 1),
    }
}

fn quoted_length(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// A raw string whose letters are `letters` long; else a raw identifier such as `r#type`, which is code.
fn raw_string(rest: &[char], letters: usize) -> (Kind, usize) {
    let hashes = rest[letters..].iter().take_while(|c| **c == '#').count();
    if rest.get(letters + hashes) != Some(&'"') {
        return (Kind::Code, 1);
    }
    let body = letters + hashes + 1;
    let closes =
        |at: usize| rest[at] == '"' && rest[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    let end = (body..rest.len())
        .find(|at| closes(*at))
        .map_or(rest.len(), |at| at + 1 + hashes);
    (Kind::Literal, end)
}

fn block_comment_length(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        Source::new("a.rs", text)
            .code
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn paths(text: &str) -> Vec<String> {
        Source::new("a.rs", text)
            .paths()
            .iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        assert_eq!(words(r#"a "b \" c" d"#), "a d");
        assert_eq!(words("a r#\"b \" c\"# d"), "a d");
        assert_eq!(words("a br\"b\\\" d"), "a d");
        assert_eq!(words("a /* b /* c */ d */ e // f"), "a e");
        assert_eq!(words(r"a '{' b '\'' c '\u{7d}' d"), "a b c d");
        assert_eq!(words("fn f<'a>(x: &'a str)"), "fn f<'a>(x: &'a str)");
        assert_eq!(words("r#type, bar\"x\""), "r#type, bar");
        assert_eq!(words("\"never closed"), "");
    }

    #[test]
    fn comments_are_kept_apart() {
        let source = Source::new("a.rs", "let a = \"// no\"; // yes\n/* and\nthis */ b");
        assert_eq!(
            source.comments.split_whitespace().collect::<Vec<_>>(),
            ["//", "yes", "/*", "and", "this", "*/"]
        );
        assert_eq!(source.comments.lines().count(), source.text.lines().count());
    }

    #[test]
    fn imports_are_spelled_out() {
        let text = "use std::{fs::{self, File as F}, io};\npub use ::wasmtime;\nextern crate tokio;";
        assert_eq!(
            paths(text),
            ["std::fs", "std::fs::File", "std::io", "wasmtime", "tokio"]
        );
    }

    #[test]
    fn paths_in_code_are_found_and_plain_words_are_not() {
        let text = "let wasmtime = tokio::time::sleep(x).await;\nVec::<u8>::new();\nuse a::*;";
        assert_eq!(paths(text), ["tokio::time::sleep", "a"]);
        assert_eq!(Source::new("a.rs", "x\ny::\nz").paths()[0].line, 3);
    }

    #[test]
    fn functions_end_where_their_body_does() {
        let text = "trait T { fn a(&self) -> [u8; 2]; }\nfn b(c: fn(u8)) {\n  let d = '}';\n  if e { \"}\" }\n}\nfn f() {}";
        let source = Source::new("a.rs", text);
        assert_eq!(source.functions(), [("b", 2..6), ("f", 6..7)]);
    }
}
