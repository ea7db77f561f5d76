//! Whether a command printed what the page shows: the same words, where what differs from run to run has the same form.
//!
//! Ids, durations, sizes, dates and digests of code are compared by form only, so that a page can show what somebody
//! really saw. Where lines and columns end is not compared: it depends on how long these are. A line `...` on the page
//! leaves out anything.

/// Whether `printed` is what `shown` promises.
pub(crate) fn fits(shown: &str, printed: &str) -> bool {
    words_fit(&words(shown), &words(printed))
}

fn words_fit(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((gap, rest)) if gap == "..." => {
            (0..=printed.len()).any(|skip| words_fit(rest, &printed[skip..]))
        }
        Some((word, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| first == word && words_fit(rest, others)),
    }
}

/// The words of a text, without what differs from run to run.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let unit = word.trim_end_matches([',', ';', ':', '.', ')']);
        // A size can stand in parentheses with something else: `(281 KiB, 299e36350a5e)`.
        let last = words.last().map_or("", String::as_str);
        let opening = if last.starts_with('(') { "(" } else { "" };
        let number = last[opening.len()..].parse::<f64>().is_ok();
        if number && ["µs", "ms", "s", "min", "h", "d", "KiB"].contains(&unit) {
            words.pop();
            let ending = &word[unit.len()..];
            if words.last().is_some_and(|last| last == "<amount>") {
                words.pop();
            }
            words.push(format!("{opening}<amount>{ending}"));
        } else {
            words.push(masked(word));
        }
    }
    words
}

/// A word, with every run of characters that is an id, a date, a time or a digest named as such.
fn masked(word: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
    let mut text = String::new();
    let mut rest = word;
    while let Some(start) = rest.find(part) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|c| !part(c)).unwrap_or(from.len()));
        text.push_str(before);
        let is_fraction = text.ends_with("<time>.") && has_form(run, "ddd");
        text.push_str(&if is_fraction {
            "<ms>".to_owned()
        } else {
            named(run)
        });
        rest = after;
    }
    text + rest
}

fn named(run: &str) -> String {
    // A UUID can stand at the end of a longer word: `transfer-01a1fbf0-…`.
    if let Some((head, tail)) = run.len().checked_sub(36).and_then(|at| run.split_at_checked(at))
        && has_form(tail, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
    {
        return format!("{head}<id>");
    }
    for (form, name) in [
        ("dddd-dd-dd", "<date>"),
        ("dd:dd:dd", "<time>"),
        ("hhhhhhhhhhhh", "<digest>"),
    ] {
        // A word of twelve letters from a to f is none that we use.
        if has_form(run, form) {
            return name.to_owned();
        }
    }
    run.to_owned()
}

/// `d` is a digit, `h` one of hexadecimal numbers, anything else itself.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(c, form)| match form {
            'd' => c.is_ascii_digit(),
            'h' => c.is_ascii_hexdigit(),
            _ => c == form,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_compared_by_form() {
        assert!(fits("took  598 ms", "took 1.2 s"));
        assert!(fits(
            "in 23 h 59 min, on 2026-11-22 02:30:16 UTC",
            "in 3 h, on 2027-01-01 00:00:00 UTC"
        ));
        assert!(fits(
            "\"transfer-01a1fbf0-ae42-7000-8a3b-40f679a16ce8/pay\"",
            "\"transfer-11111111-1111-7111-8111-111111111111/pay\""
        ));
        assert!(fits("12:00:00.382 +5.0 ms", "00:11:59.001 +2 min"));
        assert!(fits("version 1 (17ca7150f913)", "version 1 (0123456789ab)"));
    }

    #[test]
    fn everything_else_is_compared_word_by_word() {
        for (shown, printed) in [
            ("version 1", "version 2"),
            ("ran 1", "ran 1 ms"),
            ("a", "a b"),
            ("a b", "a"),
            ("paid", "paid twice"),
            ("a -", "a 3 ms"),
        ] {
            assert!(!fits(shown, printed), "{shown:?} is not {printed:?}");
        }
    }

    #[test]
    fn a_gap_is_any_number_of_words() {
        assert!(fits("a\n...\nd", "a\nb\nc\nd"));
        assert!(fits("a\n...\nd", "a\nd"));
        assert!(fits("a\n...", "a\n"));
        assert!(!fits("a\n...\nd", "a\nb"));
    }
}
