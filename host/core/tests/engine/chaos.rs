//! Random inputs of all kinds on random graphs. The rig checks after each what always holds; here is what an input may do.

use hephaestus_core::engine::{
    Failure, FailureKind, Input, InstanceStatus, Outcome, Record, SentEvent, StepState,
};
use hephaestus_core::{StepRef, definition::Targets};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};

use crate::generator::{Case, case, step_name};
use crate::rig::{Rig, completed, json, ms, name, sent};

/// Numbers that one input is made of.
type Seed = (u8, u8, u8, u8);

const KINDS: [FailureKind; 4] = [
    FailureKind::OutputLimit,
    FailureKind::GuestError,
    FailureKind::Trap,
    FailureKind::GuestError,
];

/// The step that a number means: mostly one that can do something, sometimes any, rarely none of the workflow.
fn some_step(rig: &Rig, seed: u8, is_fit: impl Fn(&StepState) -> bool) -> StepRef {
    let fit: Vec<&StepRef> = rig
        .state
        .steps()
        .filter(|(_, state)| is_fit(state))
        .map(|(step, _)| step)
        .collect();
    match (seed % 16, fit.is_empty()) {
        (0, _) => step_name(usize::from(seed / 16)),
        (_, true) => rig.state.workflow().steps()[usize::from(seed) % rig.state.workflow().steps().len()]
            .name
            .clone(),
        (_, false) => fit[usize::from(seed / 16) % fit.len()].clone(),
    }
}

/// Mostly a step that can be scheduled.
fn accepting_timeout(rig: &Rig, seed: u8) -> StepRef {
    let steps = rig.state.workflow().steps().iter();
    let fit: Vec<_> = steps
        .filter(|step| step.accepts.iter().any(|event| event.as_str() == "timeout"))
        .collect();
    match fit.is_empty() || seed.is_multiple_of(8) {
        true => some_step(rig, seed, StepState::is_active),
        false => fit[usize::from(seed / 8) % fit.len()].name.clone(),
    }
}

fn outcome(rig: &Rig, step: &StepRef, (what, detail): (u8, u8)) -> Outcome {
    let known = rig.state.workflow().find(step);
    let emits = known.map_or(&[][..], |known| &known.emits);
    let can_wait = known.is_some_and(|known| !known.accepts.is_empty());
    let may_err = detail.is_multiple_of(4);
    match what % 16 {
        0..=2 => Outcome::Failed(Failure {
            retryable: !may_err,
            ..Failure::new(KINDS[usize::from(detail) % KINDS.len()], "chaos")
        }),
        3 if may_err => completed("undeclared", None),
        4..=9 if can_wait || may_err => Outcome::Wait {
            resume_after: detail.is_multiple_of(3).then(|| ms(u64::from(detail))),
        },
        _ if emits.is_empty() => Outcome::Wait { resume_after: None },
        _ => completed(emits[usize::from(detail) % emits.len()].as_str(), Some("1")),
    }
}

fn input(rig: &Rig, (kind, a, b, c): Seed) -> Input {
    let is_ready = |state: &StepState| matches!(state, StepState::Ready { .. });
    if rig.status() == InstanceStatus::Failed && kind % 4 != 0 {
        return Input::Retry;
    }
    match kind % 24 {
        0..=9 => {
            let step = some_step(rig, a, is_ready);
            let current = rig.state.attempts(&step).map_or(1, |attempts| attempts.last);
            Input::Attempt {
                attempt: if kind % 24 == 9 && b > 200 {
                    current + 1
                } else {
                    current
                },
                outcome: outcome(rig, &step, (b, c)),
                step,
                receipt: None,
                retry: None,
                routing: None,
            }
        }
        10..=14 => {
            let event = ["go", "timeout", "go", "timeout", "go", "failed", "nope"][usize::from(b) % 7];
            Input::Event {
                event: SentEvent {
                    step: (a % 3 == 0)
                        .then(|| some_step(rig, a, |state| matches!(state, StepState::Waiting { .. }))),
                    ..sent(&format!("e{}", c % 40), event)
                },
                routing: None,
            }
        }
        15..=17 => {
            let set: Vec<u32> = rig.state.timers().keys().copied().collect();
            Input::TimerDue {
                number: *set.get(usize::from(a) % (set.len() + 1)).unwrap_or(&u32::from(a)),
                routing: None,
            }
        }
        18 | 19 => Input::Schedule {
            step: accepting_timeout(rig, a),
            delay: ms(u64::from(b)),
        },
        20 => Input::CancelTimer {
            number: u32::from(a % 8),
        },
        21 | 22 if b % 2 == 0 => {
            let step = some_step(rig, a, is_ready);
            let attempts = rig.state.attempts(&step);
            Input::Checkpoint {
                attempt: attempts.map_or(1, |attempts| attempts.last),
                // Rarely that of another execution.
                since: rig.state.ready_since(&step).saturating_sub(u64::from(b % 8 == 2)),
                value: json(&(c % 4).to_string()),
                step,
            }
        }
        21 if b % 3 == 0 => Input::Cancel { reason: None },
        22 if b % 3 != 0 => {
            let step = some_step(rig, a, is_ready);
            let attempts = rig.state.attempts(&step);
            Input::AttemptBegins {
                attempt: attempts.map_or(1, |attempts| attempts.last),
                since: rig.state.ready_since(&step).saturating_sub(u64::from(b % 8 == 1)),
                step,
            }
        }
        21 | 22 => Input::Retry,
        _ if a % 4 == 0 => Input::HostStops,
        _ => Input::HostRestarted,
    }
}

/// Lets one input happen, and checks what it may have done; says whether it changed anything.
fn happen(rig: &mut Rig, input: Input) -> bool {
    let before = (rig.status(), rig.state.version());
    let answer = rig.input(input.clone());
    let changed = rig.state.version() != before.1;
    assert_eq!(changed, answer.as_ref().is_ok_and(|records| !records.is_empty()));
    if before.0.is_terminal() && changed {
        assert_eq!((before.0, &input), (InstanceStatus::Failed, &Input::Retry));
    }
    if let (Input::Checkpoint { step, since, .. }, Ok(_)) = (&input, &answer) {
        let state = rig.state.step(step);
        assert!(
            matches!(state, Some(StepState::Ready { .. })),
            "`{step}` saved: {state:?}"
        );
        assert_eq!(rig.state.ready_since(step), *since, "another execution saved");
    }
    if let Ok(records) = answer {
        let ends = records
            .iter()
            .filter(|record| matches!(record, Record::Ended(_)))
            .count();
        assert_eq!(
            ends == 1,
            changed && rig.status().is_terminal(),
            "an end is recorded"
        );
    }
    changed
}

/// Brings the instance to an end with friendly inputs only.
fn finish(rig: &mut Rig) {
    for round in 0..200 {
        let Some((step, state)) = rig.state.steps().find(|(_, state)| state.is_active()) else {
            return;
        };
        let (step, state) = (step.clone(), state.clone());
        let known = rig.state.workflow().find(&step).unwrap().clone();
        let answer = match state {
            StepState::Retrying { timer, .. } => rig.due(timer),
            StepState::Waiting { .. } => {
                let event = known.accepts[0].to_string();
                rig.send(SentEvent {
                    step: Some(step),
                    ..sent(&format!("finish-{round}"), &event)
                })
            }
            _ => match known.emits.first() {
                Some(event) => rig.emits(step.as_str(), event.as_str()),
                None => rig.waits(step.as_str(), None),
            },
        };
        assert!(!answer.unwrap().is_empty(), "a friendly input brings it on");
    }
    panic!("it doesn't end: {:#?}", rig.state);
}

fn rig(case: &Case, bad_answers: bool) -> Rig {
    let workflow = case.workflow();
    let mut rig = Rig::of(workflow.clone());
    rig.limits.max_inbox = 4;
    rig.limits.max_recoveries = 2;
    rig.limits.max_checkpoints_bytes = 1_000;
    rig.answers = case.answers(&workflow);
    if bad_answers {
        for transition in &workflow.definition().transitions {
            if let Targets::Dynamic(targets) = &transition.targets {
                let answer = if targets.len() % 2 == 0 {
                    Ok(vec![name("tidy")])
                } else {
                    Ok(vec![])
                };
                rig.answer(transition.source.as_str(), transition.event.as_str(), answer);
            }
        }
    }
    rig
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn whatever_happens_the_invariants_hold(
        case in case(),
        bad_answers in proptest::bool::weighted(0.2),
        seeds in vec(any::<Seed>(), 1..60),
    ) {
        let mut rig = rig(&case, bad_answers);
        let mut after_the_end = 0;
        for seed in seeds {
            rig.now.0 += u64::from(seed.3);
            let input = input(&rig, seed);
            let changed = happen(&mut rig, input);
            after_the_end += usize::from(!changed && rig.status().is_terminal());
            if after_the_end > 4 {
                break;
            }
        }
        finish(&mut rig);
    }
}
