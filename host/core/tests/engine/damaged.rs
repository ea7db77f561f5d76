//! Journals that no engine has written: refused with the place and the problem, and never a panic.

use expect_test::{Expect, expect};
use hephaestus_core::Timestamp;
use hephaestus_core::definition::step;
use hephaestus_core::engine::{EngineLimits, Input, InstanceState, JournalEntry, Record, decide};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};

use crate::rig::{Rig, ms, name, sent, workflow};

fn run() -> Rig {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").accepts("go", ["done"]).accepts("timeout", ["done"]),
        step("c").emits("ok", ["done"]),
    ]));
    rig.send(sent("e1", "go")).unwrap();
    rig.emits("a", "ok").unwrap();
    rig.schedule("b", ms(3)).unwrap();
    rig.saves("c", "1").unwrap();
    rig.fails("c", hephaestus_core::engine::FailureKind::Trap)
        .unwrap();
    rig.due(2).unwrap();
    rig.input(Input::HostRestarted).unwrap();
    rig.send(sent("e2", "go")).unwrap();
    rig.waits("b", Some(ms(3))).unwrap();
    rig.fails("c", hephaestus_core::engine::FailureKind::OutputLimit)
        .unwrap();
    rig.input(Input::Retry).unwrap();
    rig.emits("c", "ok").unwrap();
    rig
}

fn refused(change: impl FnOnce(&mut Vec<JournalEntry>), expect: Expect) {
    let rig = run();
    let mut journal = rig.journal;
    change(&mut journal);
    let error = InstanceState::fold(rig.state.workflow().clone(), &journal).unwrap_err();
    expect.assert_eq(&error.to_string());
}

fn renumber(journal: &mut [JournalEntry]) {
    for (at, entry) in journal.iter_mut().enumerate() {
        entry.seq = at as u64 + 1;
    }
}

#[test]
fn what_does_not_fit_is_named() {
    refused(
        |journal| journal.clear(),
        expect!["the journal is damaged at entry 1: it is empty"],
    );
    refused(
        |journal| drop(journal.remove(0)),
        expect!["the journal is damaged at entry 2: expected entry 1"],
    );
    refused(
        |journal| drop(journal.remove(3)),
        expect!["the journal is damaged at entry 5: expected entry 4"],
    );
    refused(
        |journal| journal[0].record = journal[1].record.clone(),
        expect!["the journal is damaged at entry 1: the first entry must be `created`"],
    );
    refused(
        |journal| journal[1].record = journal[0].record.clone(),
        expect!["the journal is damaged at entry 2: the instance is created already"],
    );
    refused(
        |journal| journal[3].record = journal[2].record.clone(),
        expect!["the journal is damaged at entry 4: `a` is not ready with attempt 1, it has ended with `ok`"],
    );
    refused(
        |journal| journal[3].record = journal[1].record.clone(),
        expect!["the journal is damaged at entry 4: event `e1` was accepted before"],
    );
    refused(
        |journal| {
            journal[2].record = Record::StepReady {
                step: name("x"),
                attempt: 1,
            };
        },
        expect!["the journal is damaged at entry 3: the workflow has no step `x`"],
    );
    refused(
        |journal| {
            let undelivered = |entry: &JournalEntry| matches!(entry.record, Record::EventUndelivered { .. });
            journal.retain(|entry| !undelivered(entry));
            renumber(journal);
        },
        expect!["the journal is damaged at entry 13: event `e2` is neither consumed nor undelivered"],
    );
    refused(
        |journal| {
            let Record::Created(created) = &mut journal[0].record else {
                panic!()
            };
            created.version.0 = 2;
        },
        expect!["the journal is damaged at entry 1: it is of `test` version 2, not of `test` version 1"],
    );
    refused(
        |journal| {
            let last = journal.last().unwrap().clone();
            journal.push(last);
            renumber(journal);
        },
        expect!["the journal is damaged at entry 19: the instance has ended"],
    );
}

/// All inputs that a state could meet.
fn inputs() -> Vec<Input> {
    let mut inputs = vec![
        Input::Retry,
        Input::HostRestarted,
        Input::HostStops,
        Input::Cancel { reason: None },
    ];
    for number in 0..5 {
        inputs.push(Input::TimerDue {
            number,
            routing: None,
        });
        inputs.push(Input::CancelTimer { number });
    }
    for step in ["a", "b", "c", "done", "x"] {
        for attempt in 0..4 {
            for outcome in [
                crate::rig::completed("ok", None),
                hephaestus_core::engine::Outcome::Wait { resume_after: None },
            ] {
                inputs.push(Input::Attempt {
                    step: name(step),
                    attempt,
                    outcome,
                    receipt: None,
                    retry: None,
                    routing: None,
                });
            }
        }
        for since in 0..9 {
            inputs.push(Input::AttemptBegins {
                step: name(step),
                attempt: 1,
                since,
            });
            inputs.push(Input::Checkpoint {
                step: name(step),
                attempt: 1,
                since,
                value: crate::rig::json("2"),
            });
        }
        inputs.push(Input::Schedule {
            step: name(step),
            delay: ms(1),
        });
    }
    inputs.push(Input::Event {
        event: sent("e9", "go"),
        routing: None,
    });
    inputs
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn rubbish_never_panics(edits in vec(any::<(u8, u8, u8)>(), 1..4)) {
        let rig = run();
        let mut journal = rig.journal;
        for (what, a, b) in edits {
            let (a, b) = (usize::from(a) % journal.len(), usize::from(b) % journal.len());
            match what % 4 {
                0 if journal.len() > 1 => drop(journal.remove(a)),
                1 => journal.swap(a, b),
                2 => journal.insert(a, journal[b].clone()),
                _ => journal[a].record = journal[b].record.clone(),
            }
        }
        if let Err(error) = InstanceState::fold(rig.state.workflow().clone(), &journal) {
            assert!(error.seq > 0);
        }
        renumber(&mut journal);
        if let Ok(state) = InstanceState::fold(rig.state.workflow().clone(), &journal) {
            for input in inputs() {
                let _answer = decide(&state, &input, &EngineLimits::default(), Timestamp(9));
            }
        }
    }
}
