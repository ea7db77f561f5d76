//! The stored form of the journal. It is a contract with every database out there: a change of these files is a change of
//! the storage format, and an old journal must fold for ever.

use std::time::Duration;

use expect_test::expect_file;
use hephaestus_core::definition::step;
use hephaestus_core::engine::{
    FailureKind, Input, InstanceState, InstanceStatus, JournalEntry, Outcome, Receipt, SentEvent,
};
use hephaestus_core::{RequestId, Timestamp};

use crate::rig::{Rig, completed, json, ms, name, sent, workflow};

fn graph() -> hephaestus_core::definition::WorkflowBuilder {
    workflow([
        step("first")
            .emits("both", ["left", "right"])
            .emits("skip", ["done"]),
        step("left")
            .emits_dynamic("ok", ["ask", "skipped"])
            .failed(["skipped"]),
        step("right").emits("ok", ["ask"]),
        step("ask")
            .accepts("approved", ["last"])
            .accepts("timeout", ["last"]),
        step("skipped").emits("ok", ["done"]),
        step("last").emits("ok", ["done"]),
        step("tidy").emits("ok", []),
    ])
    .on_cancel("tidy")
    .deadline(Duration::from_secs(3_600))
}

/// A run with every kind of record in it.
fn eventful() -> Rig {
    let mut rig = Rig::new(graph());
    rig.now = Timestamp(1_000);
    rig.answer("left", "ok", Ok(vec![name("ask")]));
    let receipt = Receipt {
        wall_us: 250,
        memory_bytes: 65_536,
        ..Receipt::nothing(rig.now)
    };
    let mut first = completed("both", Some(r#"{"items":[1,2]}"#));
    if let Outcome::Completed { metadata, .. } = &mut first {
        metadata.insert("region".to_owned(), "north".to_owned());
    }
    rig.input(Input::Attempt {
        step: name("first"),
        attempt: 1,
        outcome: first,
        receipt: Some(receipt),
        retry: None,
        routing: None,
    })
    .unwrap();
    rig.saves("right", r#"{"page":7}"#).unwrap();
    rig.fails("left", FailureKind::Trap).unwrap();
    rig.due(2).unwrap();
    rig.input(Input::HostRestarted).unwrap();
    rig.begins("left").unwrap();
    rig.input(Input::HostRestarted).unwrap();
    rig.begins("right").unwrap();
    rig.input(Input::HostStops).unwrap();
    rig.schedule("ask", ms(5)).unwrap();
    rig.schedule("ask", ms(6)).unwrap();
    rig.input(Input::CancelTimer { number: 4 }).unwrap();
    rig.emits("left", "ok").unwrap();
    rig.send(SentEvent {
        step: Some(name("ask")),
        payload: Some(json(r#"{"by":"me"}"#)),
        ..sent("e1", "approved")
    })
    .unwrap();
    rig.due(3).unwrap();
    rig.fails("right", FailureKind::OutputLimit).unwrap();
    rig.input(Input::Retry).unwrap();
    rig.emits("right", "ok").unwrap();
    rig.waits("ask", Some(ms(9))).unwrap();
    rig.cancel().unwrap();
    rig.emits("tidy", "ok").unwrap();
    rig
}

/// As `eventful`, to a wait that its timer ends, a failure that the graph answers, and `done`.
fn quiet() -> Rig {
    let mut rig = Rig::new(graph());
    rig.answer("left", "ok", Ok(vec![name("ask")]));
    rig.emits("first", "both").unwrap();
    rig.emits("left", "ok").unwrap();
    rig.emits("right", "ok").unwrap();
    rig.waits("ask", Some(ms(9))).unwrap();
    rig.due(2).unwrap();
    rig.emits("last", "ok").unwrap();
    rig
}

fn lines(journal: &[JournalEntry]) -> String {
    let line = |entry| serde_json::to_string(entry).unwrap() + "\n";
    journal.iter().map(line).collect()
}

#[test]
fn the_stored_form_of_an_eventful_run() {
    let rig = eventful();
    assert_eq!(rig.status(), InstanceStatus::Cancelled);
    expect_file!["golden/eventful.jsonl"].assert_eq(&lines(&rig.journal));
}

#[test]
fn the_stored_form_of_a_quiet_run() {
    let rig = quiet();
    assert_eq!(rig.status(), InstanceStatus::Completed);
    expect_file!["golden/quiet.jsonl"].assert_eq(&lines(&rig.journal));
}

#[test]
fn stored_journals_fold() {
    let workflow = std::sync::Arc::new(graph().build().unwrap());
    let stored = [
        (include_str!("golden/eventful.jsonl"), eventful()),
        (include_str!("golden/quiet.jsonl"), quiet()),
    ];
    for (text, rig) in stored {
        let journal: Vec<JournalEntry> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let state = InstanceState::fold(workflow.clone(), &journal).unwrap();
        assert!(state == rig.state);
    }
}

/// As hosts wrote it that recorded no beginnings: all losses count.
#[test]
fn an_older_journal_folds() {
    let workflow = std::sync::Arc::new(graph().build().unwrap());
    let lines = include_str!("golden/eventful-2.jsonl").lines();
    let journal: Vec<JournalEntry> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let state = InstanceState::fold(workflow, &journal).unwrap();
    let now = eventful().state;
    assert_eq!(state.status(), InstanceStatus::Cancelled);
    assert_eq!(state.results(), now.results());
    let lost = |state: &InstanceState| state.attempts(&name("left")).unwrap().lost;
    assert_eq!((lost(&state), lost(&now)), (1, 1));
}

#[test]
fn an_eventful_run_has_every_kind_of_record() {
    let mut kinds = std::collections::BTreeSet::new();
    for entry in eventful().journal.iter().chain(&quiet().journal) {
        let record = serde_json::to_value(&entry.record).unwrap();
        kinds.extend(record.as_object().unwrap().keys().cloned());
    }
    assert_eq!(kinds.len(), 17, "{kinds:?}");
}

#[test]
fn the_summary_is_what_queries_index() {
    let workflow = std::sync::Arc::new(graph().build().unwrap());
    let new = hephaestus_core::engine::NewInstance {
        request_id: Some(RequestId::new("r1").unwrap()),
        ..crate::rig::new_instance()
    };
    let created = hephaestus_core::engine::create(&workflow, new, Timestamp(7));
    let (_, change) = hephaestus_core::engine::begin(workflow, created, Timestamp(7)).unwrap();
    let summary = serde_json::to_string_pretty(&change.summary).unwrap();
    expect_file!["golden/summary.json"].assert_eq(&summary);
}
