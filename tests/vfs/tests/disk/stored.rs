//! All that a store holds, as text: two stores hold the same if it is the same.

use std::fmt::Write as _;

use hephaestus_core::Timestamp;
use hephaestus_host::store::{Query, Store, StoreError};

/// Reads everything through the store's own interface, and so checks what that checks: journals without gaps that agree with
/// their summaries.
pub(crate) async fn everything(store: &dyn Store) -> Result<String, StoreError> {
    let mut text = String::new();
    let all = Query {
        limit: usize::MAX,
        ..Query::default()
    };
    let page = store.query(all).await?;
    if let Some(damaged) = page.damaged.first() {
        let reason = damaged.reason.clone();
        return Err(StoreError::Damaged { reason });
    }
    for summary in &page.summaries {
        let journal = store.journal(summary.instance).await?;
        let _ = writeln!(text, "{summary:?}\n  {journal:?}");
    }
    for timer in store.due_timers(Timestamp(u64::MAX), usize::MAX).await? {
        let _ = writeln!(text, "{timer:?}");
    }
    for version in store.versions(None).await? {
        let component = store.component(version.digest).await?;
        let bytes = component.as_ref().map(Vec::len);
        let sum: u64 = component.iter().flatten().map(|byte| u64::from(*byte)).sum();
        let _ = writeln!(text, "{version:?} {bytes:?} {sum}");
    }
    Ok(text)
}

/// The first line in which two texts differ, for people.
pub(crate) fn difference(found: &str, expected: &str) -> String {
    let (found, expected) = (found.lines(), expected.lines());
    for (number, (found, expected)) in found.zip(expected).enumerate() {
        if found != expected {
            let cut = |text: &str| text.chars().take(300).collect::<String>();
            return format!(
                "line {}: found {}\nexpected {}",
                number + 1,
                cut(found),
                cut(expected)
            );
        }
    }
    "one is longer".to_owned()
}
