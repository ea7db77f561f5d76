//! What core says of the table, put at the tokens it is about.
//!
//! `definition` is the table as core reads it; `told` puts what core finds into the table's words, `place` at its tokens.

mod definition;
#[cfg(test)]
mod kinds;
mod place;
mod stuck;
mod told;

use hephaestus_core::definition::{StepIx, Workflow};

use super::table::Table;
use crate::errors::Errors;

/// Which results a step can read: step, reader, and whether the step has always completed.
pub(super) struct Reading {
    pub(super) step: String,
    pub(super) reader: String,
    pub(super) is_certain: bool,
}

/// What was proven; of a graph that is not sound, nothing.
#[derive(Default)]
pub(super) struct Proof {
    /// Whether core takes the graph for a workflow.
    pub(super) is_sound: bool,
    pub(super) readings: Vec<Reading>,
}

/// Proves the table.
pub(super) fn prove(table: &Table, errors: &mut Errors) -> Proof {
    let Some(definition) = definition::definition(table, errors) else {
        return Proof::default();
    };
    match Workflow::new(definition) {
        Err(violations) => {
            told::violations(table, &violations, errors);
            Proof::default()
        }
        Ok(workflow) => {
            stuck::stuck(table, &workflow, errors);
            Proof {
                is_sound: true,
                readings: readings(&workflow),
            }
        }
    }
}

fn readings(workflow: &Workflow) -> Vec<Reading> {
    let certain = workflow.certain_ancestors();
    let places = || {
        (0..workflow.steps().len())
            .map(StepIx)
            .filter(|step| *step != workflow.done())
    };
    let pairs = places().flat_map(|reader| places().map(move |step| (step, reader)));
    let name = |step: StepIx| workflow.step(step).name.to_string();
    pairs
        .filter(|(step, reader)| workflow.is_ancestor(*step, *reader))
        .map(|(step, reader)| Reading {
            step: name(step),
            reader: name(reader),
            is_certain: certain[reader.0].contains(&step),
        })
        .collect()
}
