//! Does each join name what leads to its step, and can it become true?

use std::collections::{HashMap, HashSet};

use super::Subject;
use crate::EventName;
use crate::definition::graph::Graph;
use crate::definition::join::Gate;
use crate::definition::limits::{MAX_JOIN_DEPTH, MAX_JOIN_PARTS};
use crate::definition::words::{self, list};
use crate::definition::{EdgeIx, Join, JoinRule, StepDefinition, StepIx, Violation, ViolationKind};

/// How many choices are tried, for all joins of a definition together, before the rest is believed to be possible. The
/// question is as hard as the satisfiability of logical formulas; only joins made to be hard come near this.
const MAX_TRIES: u32 = 10_000;

/// A join is for steps that something leads to.
pub(super) fn have_something_to_join(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (at, step) in subject.graph.places().zip(&subject.graph.steps) {
        if step.join != JoinRule::Default && subject.graph.incoming[at.0].is_empty() {
            let message = format!("step `{}` has a join, but no transition leads to it", step.name);
            let fix = "remove the join, or add the transitions";
            violations.push(Violation::new(ViolationKind::JoinWithoutIncoming, message, fix).at(&step.name));
        }
    }
}

/// Groups have parts, not too many and not too deep, and each transition named leads to the step.
pub(super) fn well_formed(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (at, step, join) in expressions(subject) {
        match measure(join, 0) {
            Ok(parts) if parts <= MAX_JOIN_PARTS => {}
            Ok(_) => violations.push(too_large(step, &format!("more than {MAX_JOIN_PARTS} parts"))),
            Err(Malformed::TooDeep) => {
                violations.push(too_large(
                    step,
                    &format!("groups nested more than {MAX_JOIN_DEPTH} deep"),
                ));
                continue;
            }
            Err(Malformed::Empty) => {
                let message = format!("the join of step `{}` has a group without parts", step.name);
                let fix = "name the transitions it is about, or remove the group";
                violations.push(Violation::new(ViolationKind::EmptyJoin, message, fix).at(&step.name));
            }
        }
        unknown_transitions(subject.graph, at, join, &mut HashSet::new(), violations);
    }
}

/// The joins that are spelled out, of steps that have something to join.
fn expressions<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (StepIx, &'a StepDefinition, &'a Join)> {
    let graph = subject.graph;
    graph
        .places()
        .zip(&graph.steps)
        .filter_map(|(at, step)| match &step.join {
            JoinRule::Expression(join) if !graph.incoming[at.0].is_empty() => Some((at, step, join)),
            _ => None,
        })
}

enum Malformed {
    TooDeep,
    Empty,
}

/// How many transitions and groups there are. Looks no deeper than it must.
fn measure(join: &Join, depth: usize) -> Result<usize, Malformed> {
    let (Join::All(parts) | Join::Any(parts) | Join::Settled(parts)) = join else {
        return Ok(1);
    };
    if depth >= MAX_JOIN_DEPTH {
        return Err(Malformed::TooDeep);
    }
    if parts.is_empty() {
        return Err(Malformed::Empty);
    }
    parts
        .iter()
        .try_fold(1, |sum, part| Ok(sum + measure(part, depth + 1)?))
}

fn too_large(step: &StepDefinition, what: &str) -> Violation {
    let message = format!("the join of step `{}` has {what}", step.name);
    let fix = "let steps between join parts of it";
    Violation::new(ViolationKind::LimitExceeded, message, fix).at(&step.name)
}

fn unknown_transitions<'a>(
    graph: &Graph,
    step: StepIx,
    join: &'a Join,
    seen: &mut HashSet<(&'a str, &'a str)>,
    violations: &mut Vec<Violation>,
) {
    match join {
        Join::All(parts) | Join::Any(parts) | Join::Settled(parts) => {
            for part in parts {
                unknown_transitions(graph, step, part, seen, violations);
            }
        }
        Join::Transition { source, event } => {
            let is_new = seen.insert((source.as_str(), event.as_str()));
            if is_new && graph.edge(source, event, step).is_none() {
                let name = graph.name(step);
                let message = format!("the join of step `{name}` names `{join}`, which doesn't lead to it");
                let incoming = graph.incoming[step.0].iter().map(|edge| graph.transition(*edge));
                let fix = format!(
                    "add that transition, or name one that leads to it: {}",
                    list(incoming)
                );
                violations.push(
                    Violation::new(ViolationKind::UnknownInJoin, message, fix)
                        .at(name)
                        .on(event),
                );
            }
        }
    }
}

/// A step ends with one event only, so a join can't ask for two of the same source.
///
/// Whether the steps before it ever let a join become true is not asked here: the exploration answers that.
pub(super) fn possible(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let mut tries_left = MAX_TRIES;
    for (at, step, join) in expressions(subject) {
        // Joins that are not well-formed were reported as such.
        let is_well_formed = measure(join, 0).is_ok_and(|parts| parts <= MAX_JOIN_PARTS);
        let gate = is_well_formed.then(|| subject.graph.gate(at, join)).flatten();
        if gate.is_some_and(|gate| !Search::new(subject.graph, &gate).is_satisfiable(&mut tries_left)) {
            let message = format!(
                "the join of step `{}` can never become true: {}",
                step.name,
                words::join(join)
            );
            let fix =
                "a step ends with one event only: ask for `any` among the events of one step, not for `all`";
            violations.push(Violation::new(ViolationKind::ImpossibleJoin, message, fix).at(&step.name));
        }
    }
}

/// A search for events of the sources under which a join is true. A source that ends with none of its events that the
/// join names is never better than one that does, because joins are monotone.
struct Search<'a> {
    graph: &'a Graph,
    gate: &'a Gate,
    /// Each source that the join names, with the events that it names of it.
    sources: Vec<(StepIx, Vec<&'a EventName>)>,
    /// The event that each source is assumed to end with; sources are decided in their order above.
    assumed: HashMap<StepIx, &'a EventName>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph, gate: &'a Gate) -> Self {
        let mut sources: Vec<(StepIx, Vec<&EventName>)> = Vec::new();
        let mut places = HashMap::new();
        gate.for_each_edge(&mut |at| {
            let edge = &graph.edges[at.0];
            let place = *places.entry(edge.source).or_insert(sources.len());
            if place == sources.len() {
                sources.push((edge.source, Vec::new()));
            }
            if !sources[place].1.contains(&&edge.event) {
                sources[place].1.push(&edge.event);
            }
        });
        Self {
            graph,
            gate,
            sources,
            assumed: HashMap::new(),
        }
    }

    /// Whether the join can be true together with what is assumed.
    fn is_satisfiable(&mut self, tries_left: &mut u32) -> bool {
        let Some(fewer) = tries_left.checked_sub(1) else {
            return true;
        };
        *tries_left = fewer;
        let value = |at: EdgeIx| {
            let edge = &self.graph.edges[at.0];
            self.assumed.get(&edge.source).map(|event| **event == edge.event)
        };
        if let Some(value) = self.gate.foretell(&value) {
            return value;
        }
        // The value is open, so a source is undecided.
        let (source, events) = self.sources[self.assumed.len()].clone();
        for event in events {
            self.assumed.insert(source, event);
            if self.is_satisfiable(tries_left) {
                return true;
            }
            self.assumed.remove(&source);
        }
        false
    }
}
