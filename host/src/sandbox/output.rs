//! What an attempt wrote: bounded lines of valid, printable text. What goes beyond the bounds is dropped, and that is
//! said once; writing never fails and never traps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::options::{SandboxLimits, bytes};
use super::redact::Redactor;
use crate::runner::{LogLevel, OutputLine, OutputSource};

/// The most fields of a line; others are dropped. Empty ones take room too.
const MAX_FIELDS: usize = 64;

/// Collects the lines of one attempt after the other. Clones share them, so they outlive the guest.
#[derive(Debug, Clone)]
pub(super) struct Output(Arc<Mutex<Lines>>);

/// One of a guest's two text streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

#[derive(Debug)]
struct Lines {
    limits: LineLimits,
    kept: Vec<OutputLine>,
    kept_bytes: usize,
    dropped: usize,
    stdout: Partial,
    stderr: Partial,
    /// The secrets that the guest has read, in this attempt or an earlier one.
    secrets: Redactor,
}

#[derive(Debug, Clone, Copy)]
struct LineLimits {
    lines: usize,
    bytes: usize,
    line_bytes: usize,
}

/// A line of a stream that has not ended yet.
#[derive(Debug, Default)]
struct Partial {
    text: Vec<u8>,
    was_cut: bool,
}

impl Output {
    pub(super) fn new(limits: &SandboxLimits) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            limits: LineLimits {
                lines: limits.log_lines,
                bytes: limits.log_bytes,
                line_bytes: limits.log_line_bytes,
            },
            kept: Vec::new(),
            kept_bytes: 0,
            dropped: 0,
            stdout: Partial::default(),
            stderr: Partial::default(),
            secrets: Redactor::default(),
        })))
    }

    /// Takes a secret out of everything that is written from now on.
    pub(super) fn hide(&self, name: &str, value: &str) {
        self.lines().secrets.hide(name, value);
    }

    /// A text of the guest without the secrets that it has read.
    pub(super) fn redact(&self, text: &str) -> String {
        self.lines().secrets.redact(text)
    }

    /// A structured line.
    pub(super) fn log(&self, level: LogLevel, message: &str, fields: Vec<(String, String)>) {
        let mut lines = self.lines();
        let line_bytes = lines.limits.line_bytes;
        // Before it is cut: half a secret is not recognised.
        let tidy = |text: &str, newlines| {
            let text = lines.secrets.redact(text);
            printable(cut(&text, line_bytes), newlines)
        };
        let message = tidy(message, Newlines::Keep);
        let fields = fields
            .iter()
            .take(MAX_FIELDS)
            .map(|(key, value)| (tidy(key, Newlines::Replace), tidy(value, Newlines::Keep)))
            .collect();
        lines.keep(OutputLine {
            source: OutputSource::Log,
            level,
            message,
            fields,
        });
    }

    /// Bytes of a stream, with line ends anywhere.
    pub(super) fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut lines = self.lines();
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    lines.extend(stream, end);
                    lines.end_line(stream);
                }
                None => lines.extend(stream, piece),
            }
        }
    }

    /// Takes what was written since the last call; the next attempt starts with nothing.
    pub(super) fn take(&self) -> Vec<OutputLine> {
        let mut lines = self.lines();
        for stream in [Stream::Stdout, Stream::Stderr] {
            if !lines.partial(stream).text.is_empty() {
                lines.end_line(stream);
            }
        }
        let mut taken = std::mem::take(&mut lines.kept);
        lines.kept_bytes = 0;
        let dropped = std::mem::take(&mut lines.dropped);
        if dropped > 0 {
            let LineLimits {
                lines: most,
                bytes: most_bytes,
                ..
            } = lines.limits;
            taken.push(OutputLine {
                source: OutputSource::Log,
                level: LogLevel::Warn,
                message: format!(
                    "{dropped} more lines were dropped: an attempt can write {most} lines, {} in all",
                    bytes(most_bytes)
                ),
                fields: Vec::new(),
            });
        }
        taken
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn keep(&mut self, line: OutputLine) {
        let fields = line.fields.iter().map(|(key, value)| key.len() + value.len());
        let size = line.message.len() + fields.sum::<usize>();
        if self.kept.len() >= self.limits.lines || self.kept_bytes + size > self.limits.bytes {
            self.dropped += 1;
        } else {
            self.kept_bytes += size;
            self.kept.push(line);
        }
    }

    fn partial(&mut self, stream: Stream) -> &mut Partial {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    fn extend(&mut self, stream: Stream, bytes: &[u8]) {
        let line_bytes = self.limits.line_bytes;
        let partial = self.partial(stream);
        let fits = bytes.len().min(line_bytes - partial.text.len().min(line_bytes));
        partial.text.extend_from_slice(&bytes[..fits]);
        partial.was_cut |= fits < bytes.len();
    }

    fn end_line(&mut self, stream: Stream) {
        let Partial { text, was_cut } = std::mem::take(self.partial(stream));
        let text = String::from_utf8_lossy(&text);
        let text = if was_cut {
            self.secrets.redact_cut(&text)
        } else {
            self.secrets.redact(&text)
        };
        let mut message = printable(text.trim_end_matches('\r'), Newlines::Replace);
        if was_cut {
            message.push('…');
        }
        let (source, level) = match stream {
            Stream::Stdout => (OutputSource::Stdout, LogLevel::Info),
            Stream::Stderr => (OutputSource::Stderr, LogLevel::Warn),
        };
        self.keep(OutputLine {
            source,
            level,
            message,
            fields: Vec::new(),
        });
    }
}

/// Whether a text may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newlines {
    Keep,
    Replace,
}

/// The text without what could steer a terminal.
pub(super) fn printable(text: &str, newlines: Newlines) -> String {
    let allowed = |c: char| c == '\t' || (c == '\n' && newlines == Newlines::Keep);
    text.chars()
        .map(|c| {
            if c.is_control() && !allowed(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// At most `limit` bytes of the text, whole characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(lines: usize, bytes: usize, line_bytes: usize) -> Output {
        Output::new(&SandboxLimits {
            log_lines: lines,
            log_bytes: bytes,
            log_line_bytes: line_bytes,
            ..Default::default()
        })
    }

    fn texts(output: &Output) -> Vec<String> {
        output.take().into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn streams_become_lines() {
        let output = output(10, 1000, 100);
        output.write(Stream::Stdout, b"one\ntw");
        output.write(Stream::Stderr, b"oops");
        output.write(Stream::Stdout, b"o\r\n\nthree");
        assert_eq!(texts(&output), ["one", "two", "", "three", "oops"]);
        assert!(texts(&output).is_empty(), "an attempt starts with nothing");
    }

    #[test]
    fn too_many_lines_are_dropped_and_that_is_said_once() {
        let output = output(2, 1000, 100);
        output.write(Stream::Stdout, b"a\nb\nc\nd\n");
        output.log(LogLevel::Error, "e", Vec::new());
        let expected = "3 more lines were dropped: an attempt can write 2 lines, 1000 bytes in all";
        assert_eq!(texts(&output), ["a", "b", expected]);
    }

    #[test]
    fn bytes_are_counted_over_all_lines_and_their_fields() {
        let output = output(10, 10, 100);
        output.log(LogLevel::Info, "12345", vec![("k".into(), "1234".into())]);
        output.log(LogLevel::Info, "x", Vec::new());
        assert_eq!(texts(&output).len(), 2, "one kept, and the note");
    }

    #[test]
    fn long_lines_are_cut() {
        let output = output(10, 1000, 4);
        output.write(Stream::Stdout, b"abc");
        output.write(Stream::Stdout, b"defghi\nnext");
        output.log(LogLevel::Info, "abcé", Vec::new());
        assert_eq!(texts(&output), ["abcd…", "abc", "next"]);
    }

    #[test]
    fn rubbish_becomes_text() {
        let output = output(10, 1000, 100);
        output.write(Stream::Stdout, b"\xff\x1b[31mred\x00\tx\n");
        output.log(LogLevel::Info, "two\nlines\x07", Vec::new());
        assert_eq!(
            texts(&output),
            ["\u{fffd}\u{fffd}[31mred\u{fffd}\tx", "two\nlines\u{fffd}"]
        );
    }
}
