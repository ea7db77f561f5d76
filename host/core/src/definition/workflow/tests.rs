//! The index says the same as the definition it was made of.

use proptest::prelude::*;

use super::*;
use crate::definition::test_graphs::sound_workflow;
use crate::definition::{JoinRule, WorkflowBuilder, step};

fn places(workflow: &Workflow) -> impl Iterator<Item = StepIx> + use<> {
    (0..workflow.steps().len()).map(StepIx)
}

/// `a` ends with `x` or `y`, `b` with `z`; all of it leads to `end`.
fn joined(rule: JoinRule) -> Workflow {
    let workflow = WorkflowBuilder::new("joined", 1)
        .step(step("start").emits("go", ["a", "b"]))
        .step(step("a").emits("x", ["end"]).emits("y", ["end"]))
        .step(step("b").emits("z", ["end"]))
        .step(step("end").emits("ended", ["done"]).join(rule));
    workflow.build().unwrap()
}

/// The join of `end` under the values of `a.x`, `a.y` and `b.z`.
fn evaluate(workflow: &Workflow, values: [Option<bool>; 3]) -> Option<bool> {
    let end = workflow.index("end").unwrap();
    let incoming = workflow.incoming(end);
    workflow.evaluate_join(end, |edge| {
        values[incoming.iter().position(|at| *at == edge).unwrap()]
    })
}

const OPEN: Option<bool> = None;
const TAKEN: Option<bool> = Some(true);
const DEAD: Option<bool> = Some(false);

#[test]
fn default_joins_ask_for_any_event_of_each_source() {
    for rule in [JoinRule::Default, JoinRule::All] {
        let workflow = joined(rule);
        let end = workflow.index("end").unwrap();
        assert_eq!(workflow.join(end).unwrap().to_string(), "all[any[a.x, a.y], b.z]");
        assert_eq!(evaluate(&workflow, [OPEN, OPEN, OPEN]), None);
        assert_eq!(evaluate(&workflow, [TAKEN, DEAD, OPEN]), None);
        assert_eq!(evaluate(&workflow, [DEAD, TAKEN, TAKEN]), Some(true));
        assert_eq!(evaluate(&workflow, [TAKEN, OPEN, TAKEN]), Some(true));
        assert_eq!(evaluate(&workflow, [DEAD, DEAD, OPEN]), Some(false));
        assert_eq!(evaluate(&workflow, [OPEN, OPEN, DEAD]), Some(false));
    }
}

#[test]
fn any_is_quick_and_settled_is_patient() {
    let any = joined(JoinRule::Any);
    assert_eq!(evaluate(&any, [OPEN, OPEN, TAKEN]), Some(true));
    assert_eq!(evaluate(&any, [DEAD, DEAD, OPEN]), None);
    assert_eq!(evaluate(&any, [DEAD, DEAD, DEAD]), Some(false));

    let settled = joined(JoinRule::Settled);
    assert_eq!(evaluate(&settled, [OPEN, OPEN, TAKEN]), None);
    assert_eq!(evaluate(&settled, [DEAD, TAKEN, DEAD]), Some(true));
    assert_eq!(evaluate(&settled, [DEAD, DEAD, DEAD]), Some(false));
}

#[test]
fn done_is_there_and_settled_unless_it_is_listed_otherwise() {
    let two = || step("a").emits("x", ["done"]).emits("y", ["done"]);
    let join = |workflow: &Workflow| workflow.join(workflow.done()).unwrap().to_string();

    let unlisted = WorkflowBuilder::new("w", 1).step(two()).build().unwrap();
    assert_eq!(unlisted.done(), StepIx(1));
    assert_eq!(join(&unlisted), "settled[a.x, a.y]");
    assert_eq!(
        unlisted.definition().steps.len(),
        1,
        "the definition stays as it was given"
    );

    for (rule, text) in [
        (JoinRule::Default, "settled[a.x, a.y]"),
        (JoinRule::All, "any[a.x, a.y]"),
        (JoinRule::Any, "any[a.x, a.y]"),
    ] {
        let listed = WorkflowBuilder::new("w", 1)
            .step(two())
            .step(step("done").join(rule))
            .build()
            .unwrap();
        assert_eq!(listed.steps().len(), 2);
        assert_eq!(join(&listed), text);
    }
}

#[test]
fn what_nothing_leads_to_never_runs_because_of_a_join() {
    let workflow = joined(JoinRule::Default);
    assert_eq!(workflow.join(workflow.start()), None);
    assert_eq!(workflow.evaluate_join(workflow.start(), |_| Some(true)), None);
}

#[test]
fn the_step_for_cancelling_may_read_all_results() {
    let workflow = WorkflowBuilder::new("w", 1)
        .step(step("a").emits("x", ["b"]))
        .step(step("b").emits("y", ["done"]))
        .step(step("undo").emits("undone", []))
        .on_cancel("undo")
        .build()
        .unwrap();
    let undo = workflow.on_cancel().unwrap();
    let read: Vec<_> = places(&workflow)
        .filter(|at| workflow.is_ancestor(*at, undo))
        .collect();
    assert_eq!(read, [workflow.index("a").unwrap(), workflow.index("b").unwrap()]);
    assert!(places(&workflow).all(|at| !workflow.is_ancestor(undo, at)));
}

#[test]
fn the_policy_of_a_step_comes_first() {
    let of = |max_attempts| RetryPolicy {
        max_attempts,
        ..RetryPolicy::default()
    };
    let steps = || {
        let own = step("a").emits("x", ["b"]).retry(of(7));
        WorkflowBuilder::new("w", 1)
            .step(own)
            .step(step("b").emits("y", ["done"]))
    };
    let attempts = |workflow: &Workflow| {
        let of = |at| workflow.retry_policy(StepIx(at)).max_attempts;
        (of(0), of(1))
    };
    assert_eq!(attempts(&steps().build().unwrap()), (7, 3));
    assert_eq!(attempts(&steps().retry(of(9)).build().unwrap()), (7, 9));
}

#[test]
fn dead_joins_are_those_that_lost_something() {
    let workflow = joined(JoinRule::Default);
    let edges = workflow.incoming(workflow.index("end").unwrap()).to_vec();
    let values = |edge: EdgeIx| Some(edge == edges[2]);
    let dead = workflow.dead_joins(values);
    assert_eq!(dead.len(), 1);
    let said = "`end` got `b.z`, but not `any[a.x, a.y]`";
    assert_eq!(dead[0].to_string(), said);
    assert!(workflow.dead_joins(|_| Some(false)).is_empty());
    assert!(workflow.dead_joins(|_| None).is_empty());
}

/// Whether a path of edges leads from one step to the other.
fn leads(workflow: &Workflow, from: StepIx, to: StepIx) -> bool {
    workflow.outgoing(from).iter().any(|edge| {
        let next = workflow.edge(*edge).target;
        next == to || leads(workflow, next, to)
    })
}

proptest! {
    #[test]
    fn edges_are_those_of_the_definition(workflow in sound_workflow()) {
        let mut expected = Vec::new();
        for transition in &workflow.definition().transitions {
            for target in transition.targets.declared() {
                expected.push((transition.source.clone(), transition.event.clone(), target.clone()));
            }
        }
        let name = |at| workflow.step(at).name.clone();
        let edge = |edge: &Edge| (name(edge.source), edge.event.clone(), name(edge.target));
        prop_assert_eq!(workflow.edges().iter().map(edge).collect::<Vec<_>>(), expected);
        for step in places(&workflow) {
            let all = || (0..workflow.edges().len()).map(EdgeIx);
            let incoming: Vec<_> = all().filter(|at| workflow.edge(*at).target == step).collect();
            let outgoing: Vec<_> = all().filter(|at| workflow.edge(*at).source == step).collect();
            prop_assert_eq!(workflow.incoming(step), incoming);
            prop_assert_eq!(workflow.outgoing(step), outgoing);
            prop_assert_eq!(workflow.index(workflow.step(step).name.as_str()), Some(step));
            prop_assert_eq!(workflow.find(&workflow.step(step).name), Some(workflow.step(step)));
        }
    }

    #[test]
    fn transitions_are_found_by_step_and_event(workflow in sound_workflow()) {
        for at in places(&workflow) {
            for event in ["e0", "e1", "e2", "failed", "timeout"] {
                let event: EventName = event.parse().unwrap();
                let step = &workflow.step(at).name;
                let mut transitions = workflow.definition().transitions.iter();
                let expected = transitions.find(|it| it.source == *step && it.event == event);
                prop_assert_eq!(workflow.transition(at, &event), expected);
            }
        }
    }

    #[test]
    fn ancestors_are_those_on_a_path(workflow in sound_workflow()) {
        for from in places(&workflow) {
            for to in places(&workflow) {
                prop_assert_eq!(workflow.is_ancestor(from, to), leads(&workflow, from, to));
            }
        }
    }

    /// What the proof promises.
    #[test]
    fn everything_is_reached_and_ends_in_done(workflow in sound_workflow()) {
        let order = workflow.topological_order();
        prop_assert_eq!(order.len(), workflow.steps().len());
        let position = |step: StepIx| order.iter().position(|at| *at == step).unwrap();
        prop_assert!(workflow.edges().iter().all(|edge| position(edge.source) < position(edge.target)));
        for step in places(&workflow) {
            prop_assert!(step == workflow.start() || workflow.is_ancestor(workflow.start(), step));
            prop_assert!(step == workflow.done() || workflow.is_ancestor(step, workflow.done()));
        }
    }
}

/// More steps than fit into a word of bits.
#[test]
fn ancestors_of_long_workflows_are_known() {
    let names: Vec<String> = (0..200).map(|at| format!("s{at}")).collect();
    let next = |at: usize| names.get(at + 1).map_or("done", String::as_str);
    let steps = (0..200).map(|at| step(&names[at]).emits("x", [next(at)]));
    let workflow = steps
        .fold(WorkflowBuilder::new("w", 1), WorkflowBuilder::step)
        .build()
        .unwrap();
    for from in 0..200 {
        for to in 0..200 {
            assert_eq!(
                workflow.is_ancestor(StepIx(from), StepIx(to)),
                from < to,
                "{from} to {to}"
            );
        }
    }
}
