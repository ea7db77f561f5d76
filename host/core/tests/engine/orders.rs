//! Random graphs driven in random orders: the order doesn't matter, and readiness is what the naive model says.

use std::collections::BTreeMap;

use hephaestus_core::StepRef;
use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{Failure, FailureKind, InstanceStatus, Outcome, Record, SentEvent, StepState};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};

use crate::generator::{CLEANUP, Case, case};
use crate::model::{Ends, Model, targets};
use crate::rig::{Rig, completed, sent};

/// How one run ended.
#[derive(Debug)]
struct Run {
    status: InstanceStatus,
    failure: Option<Failure>,
    steps: BTreeMap<StepRef, StepState>,
    results: BTreeMap<StepRef, String>,
}

impl Run {
    fn was_cut_short(&self) -> bool {
        let graph = self.steps.iter().filter(|(step, _)| step.as_str() != CLEANUP);
        let left = |state: &StepState| matches!(state, StepState::Stopped | StepState::Idle);
        self.status == InstanceStatus::Completed && graph.into_iter().any(|(_, state)| left(state))
    }
}

/// Drives a case to its end; `order` says which of the steps that can go on does, every time.
fn drive(case: &Case, order: &[u8]) -> Run {
    let workflow = case.workflow();
    let mut rig = Rig::of(workflow.clone());
    rig.answers = case.answers(&workflow);
    let mut ends = Ends::new();
    compare(&rig, &workflow, &ends);
    let mut order = order.iter().cycle();
    for _ in 0..=3 * workflow.steps().len() {
        let can_go_on: Vec<StepRef> = rig
            .state
            .steps()
            .filter(|(_, state)| state.is_active())
            .map(|(step, _)| step.clone())
            .collect();
        if can_go_on.is_empty() {
            break;
        }
        let pick = usize::from(*order.next().unwrap()) % can_go_on.len();
        go_on(&mut rig, case, &workflow, &can_go_on[pick], &mut ends);
        compare(&rig, &workflow, &ends);
    }
    assert!(rig.status().is_terminal(), "it always ends: {:?}", rig.status());
    let steps = rig.state.steps();
    let results = rig.state.results().iter();
    Run {
        status: rig.status(),
        failure: rig.state.failure().map(|failure| failure.failure.clone()),
        steps: steps
            .map(|(step, state)| (step.clone(), settled(state)))
            .collect(),
        results: results
            .map(|(step, result)| (step.clone(), result.to_string()))
            .collect(),
    }
}

/// Without what depends on who came when.
fn settled(state: &StepState) -> StepState {
    match state {
        StepState::Waiting { .. } | StepState::Retrying { .. } | StepState::Ready { .. } => {
            panic!("an ended instance has no active step")
        }
        other => other.clone(),
    }
}

/// The step ends as its fate says, or begins to wait for it.
fn go_on(rig: &mut Rig, case: &Case, workflow: &Workflow, step: &StepRef, ends: &mut Ends) {
    let fate = case.fate(workflow, step);
    let emits = &workflow.find(step).unwrap().emits;
    let result = format!("{:?}", step.as_str());
    let is_waiting = matches!(rig.state.step(step), Some(StepState::Waiting { .. }));
    let records = if is_waiting {
        let event = SentEvent {
            step: Some(step.clone()),
            payload: Some(crate::rig::json(&result)),
            ..sent(&format!("to-{step}"), &fate)
        };
        rig.send(event)
    } else if fate == "failed" {
        let failure = Failure::new(FailureKind::GuestError, "fate");
        rig.ends(step.as_str(), Outcome::Failed(failure))
    } else if emits.iter().any(|event| event.as_str() == fate) {
        rig.ends(step.as_str(), completed(&fate, Some(&result)))
    } else {
        rig.waits(step.as_str(), None)
    };
    for record in records.unwrap() {
        let (event, chosen) = match &record {
            Record::StepCompleted(completed) => (completed.event.as_str(), completed.chosen.as_ref()),
            Record::StepFailed { .. } => ("failed", None),
            _ => continue,
        };
        let targets = targets(workflow.definition(), step, event, chosen);
        let before = ends.insert(step.clone(), (event.to_owned(), targets));
        assert_eq!(before, None, "`{step}` ends once");
    }
}

/// The states of all steps are what the naive model says.
fn compare(rig: &Rig, workflow: &Workflow, ends: &Ends) {
    let model = Model {
        definition: workflow.definition(),
        ends,
    };
    for (step, state) in rig.state.steps() {
        let runs = model.runs(step);
        match state {
            StepState::Idle => assert_eq!(runs, None, "`{step}` is idle"),
            StepState::Dead => assert_eq!(runs, Some(false), "`{step}` is dead"),
            state => assert_eq!(runs, Some(true), "`{step}`: {state:?}"),
        }
    }
    let reached = model.runs(&StepRef::done()) == Some(true);
    assert_eq!(
        rig.status() == InstanceStatus::Completed,
        reached,
        "not early, not late"
    );
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_order_in_which_steps_end_does_not_matter(
        case in case(),
        orders in vec(vec(any::<u8>(), 1..24), 3),
    ) {
        let runs: Vec<Run> = orders.iter().map(|order| drive(&case, order)).collect();
        for run in &runs[1..] {
            let first = &runs[0];
            assert_eq!(run.status, first.status, "{runs:#?}");
            let both_whole = !run.was_cut_short() && !first.was_cut_short();
            assert!(!both_whole || run.failure.as_ref().map(kind) == first.failure.as_ref().map(kind));
            for (step, state) in &run.steps {
                let other = &first.steps[step];
                let cut = |state: &StepState| matches!(state, StepState::Stopped | StepState::Idle);
                let comparable = both_whole || !(cut(state) || cut(other));
                assert!(!comparable || state == other, "`{step}`: {state:?}, {other:?}");
            }
            assert!(!both_whole || run.results == first.results);
        }
    }
}

fn kind(failure: &Failure) -> FailureKind {
    failure.kind
}
