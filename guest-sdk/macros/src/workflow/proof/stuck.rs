//! Runs that get stuck, and steps that never run.

use hephaestus_core::StepRef;
use hephaestus_core::definition::explore::{Exploration, ExploreOptions, StuckRun, explore};
use hephaestus_core::definition::{StepIx, Workflow};
use syn::Error;

use super::place;
use super::told::Words;
use crate::errors::Errors;
use crate::workflow::table::Table;

/// How much of the runs is looked at while compiling: a fraction of a second. `hephaestus check` looks at more.
const MAX_VISITS: usize = 200_000;

/// Tells of one stuck run, and of every step that never runs though the steps before it do.
pub(super) fn stuck(table: &Table, workflow: &Workflow, errors: &mut Errors) {
    let options = ExploreOptions {
        max_visits: MAX_VISITS,
        max_told: 1,
        ..ExploreOptions::default()
    };
    let found = explore(workflow, &options);
    let words = Words::of(table);
    let example = found.stuck.first();
    let idle = found
        .never_ready
        .iter()
        .filter(|step| is_first(workflow, &found, step));
    let mut is_told = false;
    for step in idle {
        let run = example.filter(|run| run.dead.iter().any(|dead| dead.step == *step));
        is_told |= run.is_some();
        errors.add(never_runs(table, step, run, &words));
    }
    match (example, &table.header.allow_stuck) {
        // Who repairs the step that never runs has a run that isn't stuck.
        (Some(run), None) if !is_told => errors.add(gets_stuck(table, &found, run, &words)),
        (None, Some(reason)) if found.exhaustive => {
            errors.add(Error::new(
                reason.span(),
                "no run gets stuck: remove `allow_stuck`",
            ));
        }
        _ => {}
    }
}

/// Whether a step before it runs: what follows a step that never runs, never runs for that reason.
fn is_first(workflow: &Workflow, found: &Exploration, step: &StepRef) -> bool {
    let at = (0..workflow.steps().len())
        .map(StepIx)
        .find(|at| workflow.step(*at).name == *step);
    workflow
        .edges()
        .iter()
        .filter(|edge| Some(edge.target) == at)
        .any(|edge| !found.never_ready.contains(&workflow.step(edge.source).name))
}

fn never_runs(table: &Table, step: &StepRef, run: Option<&StuckRun>, words: &Words) -> Error {
    let example = run.map_or_else(String::new, |run| format!("; for example, {run}"));
    let message = format!(
        "`{step}` never runs: no combination of events makes its join true{example}\nchange its join, or remove the step"
    );
    Error::new(place::of_step(table, step.as_str()), words.translate(&message))
}

fn gets_stuck(table: &Table, found: &Exploration, run: &StuckRun, words: &Words) -> Error {
    let sampled = if found.exhaustive {
        ""
    } else {
        " (of those that were sampled)"
    };
    let what = format!(
        "{} of {} runs get stuck{sampled}; for example, {run}",
        found.stuck_runs, found.runs
    );
    // Not to be translated: what else stands between these backticks is to be written as it is.
    let fix = "lead the events of that run to `done` too, or change the join; if it can't happen, say why above the workflow's name: `#[allow_stuck(\"…\")]`";
    let at = run.dead.first().map_or(table.name.span(), |dead| {
        place::of_step(table, dead.step.as_str())
    });
    Error::new(at, format!("{}\n{fix}", words.translate(&what)))
}
