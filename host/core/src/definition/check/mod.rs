//! The proof of a definition (`docs/concepts.md`): every rule is a function of its own, and all rules are asked.
//!
//! - `limits`: is it small enough to be looked at?
//! - `steps`: does each step make sense by itself?
//! - `transitions`: does each event lead somewhere, and each transition belong to an event?
//! - `paths`: is the graph one without cycles in which the start leads everywhere?
//! - `joins`: does each join name what leads to its step, and can it become true?
//! - `policies`: do retries and deadlines make sense?
//! - `requests`: do steps ask for capabilities that there are?
//!
//! Rules don't depend on each other's outcome. Where a definition breaks one, later rules look at what is left of the
//! graph (see [`Graph`]), so that one mistake is reported once as far as possible.

mod joins;
mod limits;
mod paths;
mod policies;
mod requests;
mod steps;
#[cfg(test)]
mod tests;
mod transitions;

use std::cell::Cell;

pub use policies::{PolicyPart, PolicyProblem};

use super::graph::Graph;
use super::{Violation, Violations, WorkflowDefinition, words};

/// How many misspelt names are compared with the known ones.
const MAX_GUESSES: u32 = 100;

/// What a rule looks at.
struct Subject<'a> {
    definition: &'a WorkflowDefinition,
    graph: &'a Graph,
    /// How many misspelt names are still compared with the known ones. The rest of a definition that is all wrong gets
    /// no guesses: comparing is the only thing here that takes more than linear time.
    guesses_left: Cell<u32>,
}

impl Subject<'_> {
    /// "did you mean `x`? Else " if there is a name close to `wrong`, else nothing.
    fn guess<'k>(&self, wrong: &str, known: impl Iterator<Item = &'k str>) -> String {
        let guesses_left = self.guesses_left.get();
        self.guesses_left.set(guesses_left.saturating_sub(1));
        if guesses_left == 0 {
            return String::new();
        }
        words::nearest(wrong, known).map_or_else(String::new, |name| format!("did you mean `{name}`? Else "))
    }
}

/// One rule. It appends what it finds, in the order of the definition.
type Rule = fn(&Subject<'_>, &mut Vec<Violation>);

/// The order in which violations are reported.
const RULES: &[Rule] = &[
    limits::texts,
    steps::version,
    steps::unique_names,
    steps::done_is_built_in,
    steps::start,
    steps::on_cancel,
    steps::some_event,
    steps::unique_events,
    steps::reserved_events,
    transitions::known_steps,
    transitions::leave_no_terminal_step,
    transitions::unique,
    transitions::targets,
    transitions::static_when_failed,
    transitions::for_every_event,
    transitions::for_known_events,
    paths::acyclic,
    paths::reachable,
    joins::have_something_to_join,
    joins::well_formed,
    joins::possible,
    policies::retries,
    policies::deadlines,
    requests::well_formed,
    requests::unique,
];

/// The graph of `definition`, if it keeps every rule; else everything that is wrong with it. If it is too large, that is
/// all that is reported.
pub(super) fn check(definition: &WorkflowDefinition) -> Result<Graph, Violations> {
    let mut violations = Vec::new();
    limits::counts(definition, &mut violations);
    if !violations.is_empty() {
        return Err(Violations(violations));
    }
    let graph = Graph::new(definition);
    let subject = Subject {
        definition,
        graph: &graph,
        guesses_left: Cell::new(MAX_GUESSES),
    };
    for rule in RULES {
        rule(&subject, &mut violations);
    }
    if violations.is_empty() {
        Ok(graph)
    } else {
        Err(Violations(violations))
    }
}
