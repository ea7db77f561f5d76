//! The wording that messages share. Lists and joins are cut: a message stays a message, however large the graph is.

use super::Join;

/// How many names a list shows.
const MAX_LISTED: usize = 8;

/// How much of a join is shown, in bytes: its text is ASCII.
const MAX_JOIN_SHOWN: usize = 300;

/// `a`, `b` and 3 more.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter();
    let listed: Vec<String> = items
        .by_ref()
        .take(MAX_LISTED)
        .map(|item| format!("`{}`", item.to_string()))
        .collect();
    match items.count() {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

/// `all[a.x, b.y]`, or the beginning of it.
pub(super) fn join(join: &Join) -> String {
    let text = join.to_string();
    match text.get(..MAX_JOIN_SHOWN) {
        Some(beginning) => format!("`{beginning}…`"),
        None => format!("`{text}`"),
    }
}

/// The name closest to `wrong`, if one is close: for "did you mean".
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| *distance <= wrong.len().max(name.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many bytes must be inserted, removed or replaced to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, byte) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
