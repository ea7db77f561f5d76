//! Text for people: durations, instants, wrapping, and making strangers' text safe to print.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hephaestus_host::core::Timestamp;

/// Text comes out within this many columns, where words allow it.
pub(crate) const WIDTH: usize = 80;

/// A duration with two significant parts at most.
pub(crate) fn duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    let seconds = duration.as_secs();
    match micros {
        0 => "0 ms".to_owned(),
        1..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..60_000_000 => format!("{:.1} s", (micros / 100_000) as f64 / 10.0),
        _ if seconds < 3_600 => parts(seconds / 60, "min", seconds % 60, "s"),
        _ if seconds < 86_400 => parts(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => parts(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

fn parts(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// How long ago something was, roughly: `3 min ago`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// An instant: `2026-01-31 12:00:00 UTC`.
pub(crate) fn instant(at: Timestamp) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(at.0));
    // humantime knows years up to 9999 and panics beyond; a timer may be set to the end of time.
    const LAST_MS: u64 = 253_402_300_799_000;
    match time {
        Some(time) if at.0 <= LAST_MS => {
            let text = humantime::format_rfc3339_seconds(time).to_string();
            text.replace('T', " ").replace('Z', " UTC")
        }
        _ => "the end of time".to_owned(),
    }
}

/// The day of an instant: `2026-01-31`.
pub(crate) fn date(at: Timestamp) -> String {
    let text = instant(at);
    match text.split_once(' ') {
        Some((day, time)) if time.ends_with("UTC") => day.to_owned(),
        _ => text,
    }
}

/// The time of an instant in its day: `12:00:00.000`.
pub(crate) fn clock(at: Timestamp) -> String {
    const DAY_MS: u64 = 86_400_000;
    let ms = at.0 % DAY_MS;
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{:02}:{:02}:{seconds:02}.{ms:03}", minutes / 60, minutes % 60)
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    Timestamp(0).after(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO),
    )
}

/// Strangers' text, without what would steer a terminal. Line breaks stay.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    let steers = |c: char| (c.is_control() && c != '\n') || is_bidi(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\t' => ' ',
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Characters that reorder the text around them.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` in lines of at most `width` columns, broken between words; a longer word keeps its length.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Strangers' text as a paragraph: safe, wrapped, indented.
pub(crate) fn indented(text: &str, by: usize) -> Vec<String> {
    let safe = safe(text);
    let pad = " ".repeat(by);
    wrap(&safe, WIDTH - by)
        .iter()
        .map(|line| format!("{pad}{line}"))
        .collect()
}

/// Strangers' text on one line.
pub(crate) fn one_line(text: &str) -> String {
    safe(text).lines().collect::<Vec<_>>().join(" / ")
}

/// At most `columns` letters of a text on one line; `…` stands for the rest.
pub(crate) fn clipped(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `1 attempt`, `2 attempts`.
pub(crate) fn count(number: impl Into<u64>, one: &str) -> String {
    match number.into() {
        1 => format!("1 {one}"),
        number => format!("{number} {one}s"),
    }
}

/// A number with a mark at each third digit; the largest one stands for itself and all above.
pub(crate) fn number(number: u64) -> String {
    if number == u64::MAX {
        return "2^64 or more".to_owned();
    }
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How large a file is.
pub(crate) fn bytes(bytes: usize) -> String {
    match bytes {
        0..1_024 => count(bytes as u64, "byte"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn alternatives<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match (items.pop(), items.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} or {last}", items.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_two_significant_parts() {
        let cases = [
            (0, "0 ms"),
            (412, "412 µs"),
            (1_234, "1.2 ms"),
            (9_999, "10.0 ms"),
            (412_900, "412 ms"),
            (1_000_000, "1.0 s"),
            (59_990_000, "59.9 s"),
            (60_000_000, "1 min"),
            (3_599_000_000, "59 min 59 s"),
            (7_260_000_000, "2 h 1 min"),
            (90_000_000_000, "1 d 1 h"),
        ];
        for (micros, text) in cases {
            assert_eq!(duration(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn instants_up_to_the_end_of_time_can_be_shown() {
        assert_eq!(instant(Timestamp(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(instant(Timestamp(253_402_300_799_000)), "9999-12-31 23:59:59 UTC");
        assert_eq!(instant(Timestamp(u64::MAX)), "the end of time");
    }

    #[test]
    fn an_instant_has_a_day_and_a_time() {
        let at = Timestamp(1_767_225_600_000 + 3_723_004);
        assert_eq!(
            (date(at), clock(at)),
            ("2026-01-01".to_owned(), "01:02:03.004".to_owned())
        );
        assert_eq!(date(Timestamp(u64::MAX)), "the end of time");
    }

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(safe("plain text\nsecond line"), "plain text\nsecond line");
        assert_eq!(
            safe("\u{1b}[2Jgone\r\u{7}\u{9b}1m\u{202e}x\ty"),
            "\u{fffd}[2Jgone\u{fffd}\u{fffd}\u{fffd}1m\u{fffd}x y"
        );
    }

    #[test]
    fn wrapping_breaks_between_words_only() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a incomprehensibilities b", 5),
            ["a", "incomprehensibilities", "b"]
        );
        assert_eq!(wrap("first\n\nsecond", 20), ["first", "", "second"]);
    }

    #[test]
    fn large_numbers_are_marked_at_each_third_digit() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(u64::MAX), "2^64 or more");
    }

    #[test]
    fn sizes_have_a_unit() {
        let cases = [
            (1, "1 byte"),
            (1_023, "1023 bytes"),
            (366_000, "357 KiB"),
            (3 << 19, "1.5 MiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn how_long_ago_something_was_needs_no_more_than_a_word() {
        let ago_s = |seconds: u64| ago(Timestamp(0), Timestamp(seconds * 1_000));
        let cases = [
            (0, "0 s ago"),
            (59, "59 s ago"),
            (3_599, "59 min ago"),
            (86_399, "23 h ago"),
            (900_000, "10 d ago"),
        ];
        for (seconds, text) in cases {
            assert_eq!(ago_s(seconds), text);
        }
        assert_eq!(ago(Timestamp(5_000), Timestamp(0)), "0 s ago", "clocks differ");
    }

    #[test]
    fn a_text_is_clipped_where_there_is_no_room() {
        assert_eq!(clipped("twelve chars", 12), "twelve chars");
        assert_eq!(clipped("twelve chars", 8), "twelve…");
    }

    #[test]
    fn alternatives_read_like_a_sentence() {
        assert_eq!(alternatives::<&str>([]), "");
        assert_eq!(alternatives(["a"]), "a");
        assert_eq!(alternatives(["a", "b", "c"]), "a, b or c");
    }
}
