//! All that a store has, as text.

use hephaestus_core::Timestamp;
use hephaestus_host::store::{DeployedVersion, DueTimer, Store};
use serde::Serialize;
use serde_json::json;

use super::summaries;

/// One fact.
fn line(kind: &str, fact: &impl Serialize) -> String {
    // Not through `serde_json::Value`: payloads are kept to the letter.
    let fact = serde_json::to_string(fact).expect("JSON");
    format!("{{\"{kind}\":{fact}}}\n")
}

/// The deployed versions with their components, each instance with its journal, and the timers.
pub(crate) async fn dump(store: &dyn Store) -> String {
    let mut text = String::new();
    for DeployedVersion {
        workflow,
        version,
        digest,
        deployed_at,
    } in store.versions(None).await.expect("versions")
    {
        let component = store.component(digest).await.expect("the store works");
        let component = component.map(|bytes| String::from_utf8(bytes).expect("a text"));
        let fact = json!({
            "workflow": workflow, "version": version, "digest": digest, "deployed_at": deployed_at,
            "component": component,
        });
        text += &line("version", &fact);
    }
    for summary in summaries(store).await {
        text += &line("summary", &summary);
        let journal = store.journal(summary.instance).await.expect("the store works");
        for entry in journal.expect("there is such an instance") {
            text += &line("entry", &entry);
        }
    }
    let timers = store.due_timers(Timestamp(u64::MAX), usize::MAX).await;
    for DueTimer { due, id } in timers.expect("timers") {
        text += &line("timer", &json!({ "due": due, "id": id.to_string() }));
    }
    text
}
