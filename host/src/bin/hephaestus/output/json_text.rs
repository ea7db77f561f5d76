//! JSON texts, laid out again without parsing them into values: numbers keep every digit, keys keep their order.
//!
//! All functions expect valid JSON (as [`Json`](hephaestus_host::core::Json) and serde guarantee).

/// On one line, without blanks outside of strings.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for token in tokens(json) {
        out.push_str(token);
    }
    out
}

/// On one line, with a blank behind each comma and colon: for people.
pub(crate) fn spaced(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    for token in tokens(json) {
        out.push_str(token);
        if matches!(token, "," | ":") {
            out.push(' ');
        }
    }
    out
}

/// In lines, indented by two blanks for each level.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut tokens = tokens(json).peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                out.push_str(token);
                if let Some(end) = tokens.next_if(|next| matches!(*next, "}" | "]")) {
                    out.push_str(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            other => out.push_str(other),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Strings, numbers and words, and single marks; no blanks.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json.trim_ascii_start();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (token, after) = rest.split_at(token_len(rest));
        rest = after.trim_ascii_start();
        Some(token)
    })
}

fn token_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'"' => string_len(bytes),
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        _ => bytes
            .iter()
            .position(|b| b.is_ascii_whitespace() || b"{}[],:\"".contains(b))
            .unwrap_or(bytes.len()),
    }
}

fn string_len(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_changes_and_content_does_not() {
        let text = "{ \"z\" : [1, 2.50, 12345678901234567890123 ],\n\"a\": {\"q\": \"a \\\" b: {,}\\\\\"},\t\"e\":{ }, \"l\": [\n], \"t\":true}";
        assert_eq!(
            compact(text),
            r#"{"z":[1,2.50,12345678901234567890123],"a":{"q":"a \" b: {,}\\"},"e":{},"l":[],"t":true}"#
        );
        expect_test::expect![[r#"
            {
              "z": [
                1,
                2.50,
                12345678901234567890123
              ],
              "a": {
                "q": "a \" b: {,}\\"
              },
              "e": {},
              "l": [],
              "t": true
            }"#]]
        .assert_eq(&pretty(text));
        assert_eq!(compact(&pretty(text)), compact(text));
        assert_eq!(compact(&spaced(text)), compact(text));
        assert_eq!(spaced(r#"{"a":[1,2],"b,:":{}}"#), r#"{"a": [1, 2], "b,:": {}}"#);
    }

    #[test]
    fn single_values_stay_as_they_are() {
        for text in ["null", "\"ä ö\"", "-1.5e10", "[]"] {
            assert_eq!(compact(text), text);
            assert_eq!(pretty(text), text);
        }
    }
}
