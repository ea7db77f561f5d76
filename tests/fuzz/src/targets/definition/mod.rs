//! Definitions of workflows, as data: a guest says what its workflow is, and may say anything.
//!
//! - The checks answer, in bounded time, the same each time; each violation has a message and a remedy.
//! - A sound definition has an order, joins that can be written down and read again, and an exploration that ends.
//! - Definitions and joins survive being written and read.

mod drawn;

use fastrand::Rng;
use hephaestus_core::definition::explore::{ExploreOptions, explore};
use hephaestus_core::definition::limits::{MAX_JOIN_BYTES, MAX_JOIN_PARTS};
use hephaestus_core::definition::{Join, StepIx, Workflow, WorkflowBuilder, WorkflowDefinition, step};

use crate::mutate;
use crate::target::{Bounds, Target};

/// See the module.
pub(crate) const TARGET: Target = Target {
    name: "definition",
    about: "graphs of workflows",
    run,
    seeds,
    generate,
    bounds: Bounds::TEXT,
};

const WORDS: &[&str] = &[
    "all[",
    "any[",
    "settled[",
    "]",
    ", ",
    ".",
    "done",
    "failed",
    "timeout",
    "cancelled",
    "\"",
    "{",
    "}",
    "null",
    "\"default\"",
    "\"settled\"",
    "{\"static\":[\"done\"]}",
    "{\"dynamic\":[\"done\"]}",
    "a.ok",
    "b.ok",
];

/// Half of them are texts; the others are bytes that decide what is drawn.
fn generate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    if rng.bool() {
        return mutate::bytes(rng, seeds, WORDS);
    }
    let mut input = mutate::random(rng, 200);
    input.insert(0, DRAWN);
    input
}

/// Begins an input that isn't a text.
const DRAWN: u8 = 0xff;

/// A graph with everything that there is, and joins.
fn seeds() -> Vec<Vec<u8>> {
    let builder = WorkflowBuilder::new("order", 3)
        .tag("shop")
        .metadata("team", "orders")
        .on_cancel("tidy")
        .step(
            step("a")
                .emits("ok", ["b", "c"])
                .emits_dynamic("some", ["b", "d"]),
        )
        .step(step("b").emits("ok", ["d"]).failed(["d"]))
        .step(step("c").accepts("go", ["d"]).accepts("timeout", ["done"]))
        .step(
            step("d")
                .emits("ok", ["done"])
                .join_expression("any[all[b.ok, c.go], settled[a.some, b.failed]]"),
        )
        .step(step("tidy").emits("ok", []));
    let definition = builder.definition().map(|it| serde_json::to_vec(&it));
    let mut seeds = vec![
        b"all[reserve.reserved, any[charge.declined, approve.rejected]]".to_vec(),
        b"settled[a.ok]".to_vec(),
    ];
    seeds.extend(definition.into_iter().flatten());
    seeds
}

fn run(input: &[u8]) {
    if let [DRAWN, bytes @ ..] = input {
        return judge(&drawn::definition(bytes));
    }
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    match text.parse::<Join>() {
        Ok(join) => assert_eq!(join.to_string().parse(), Ok(join), "a join, written and read"),
        Err(error) => assert!(!error.to_string().is_empty(), "refused without a reason"),
    }
    if let Ok(definition) = serde_json::from_str(text) {
        judge(&definition);
    }
}

fn judge(definition: &WorkflowDefinition) {
    let text = serde_json::to_string(definition).unwrap_or_else(|error| panic!("can't be written: {error}"));
    let read = serde_json::from_str(&text);
    assert_eq!(
        read.ok().as_ref(),
        Some(definition),
        "a definition, written and read"
    );
    let (first, second) = (
        Workflow::new(definition.clone()),
        Workflow::new(definition.clone()),
    );
    match (first, second) {
        (Ok(workflow), Ok(_)) => sound(&workflow),
        (Err(violations), Err(again)) => {
            assert_eq!(violations, again, "judged again, it is something else");
            assert!(!violations.0.is_empty(), "refused without a reason");
            for violation in &violations.0 {
                assert!(
                    !violation.message.is_empty() && !violation.fix.is_empty(),
                    "{violation:?}"
                );
            }
            assert!(!violations.to_string().is_empty());
        }
        (first, second) => panic!("once it is sound, once not: {first:?}, {second:?}"),
    }
}

fn sound(workflow: &Workflow) {
    let steps = workflow.steps().len();
    let mut places = vec![None; steps];
    for (place, step) in workflow.topological_order().iter().enumerate() {
        assert_eq!(
            places[step.0].replace(place),
            None,
            "a step is twice in the order"
        );
    }
    for edge in workflow.edges() {
        assert!(
            places[edge.source.0] < places[edge.target.0],
            "{edge:?} leads back"
        );
    }
    for at in (0..steps).map(StepIx) {
        let Some(join) = workflow.join(at) else { continue };
        let text = join.to_string();
        if text.len() <= MAX_JOIN_BYTES && workflow.incoming(at).len() < MAX_JOIN_PARTS / 2 {
            assert_eq!(text.parse(), Ok(join), "the join of a step, written and read");
        }
        assert_eq!(
            workflow.evaluate_join(at, |_| None),
            None,
            "nothing has come, and yet it is decided"
        );
        assert_eq!(
            workflow.evaluate_join(at, |_| Some(true)),
            Some(true),
            "all have come"
        );
        assert_eq!(
            workflow.evaluate_join(at, |_| Some(false)),
            Some(false),
            "none can come"
        );
    }
    let options = ExploreOptions {
        max_visits: 50_000,
        samples: 100,
        seed: 1,
        max_told: 3,
    };
    let found = explore(workflow, &options);
    assert!(found.stuck_runs <= found.runs && found.stuck.len() <= 3);
    assert_eq!(found.stuck.is_empty(), found.stuck_runs == 0, "{found:?}");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Else the target would see one half of the code only.
    #[test]
    fn some_of_what_is_drawn_is_sound_and_the_rest_breaks_many_rules() {
        let mut rng = Rng::with_seed(1);
        let (mut sound, mut broken) = (0, HashSet::new());
        for _ in 0..1_500 {
            match Workflow::new(drawn::definition(&mutate::random(&mut rng, 200))) {
                Ok(_) => sound += 1,
                Err(violations) => broken.extend(violations.0.into_iter().map(|it| it.kind)),
            }
        }
        assert!(sound > 150, "{sound} of 1500 are sound");
        assert!(broken.len() > 20, "{broken:?}");
    }
}
