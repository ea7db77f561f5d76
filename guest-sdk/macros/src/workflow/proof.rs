//! What core says of the table, put at the tokens it is about.

use std::collections::{BTreeMap, BTreeSet};

use hephaestus_core::definition::explore::{Exploration, ExploreOptions, StuckRun, explore};
use hephaestus_core::definition::{
    BusinessKey, Join as CoreJoin, JoinRule, StepDefinition, StepIx, Targets as CoreTargets, Transition,
    Uniqueness, Violation, ViolationKind, Workflow, WorkflowDefinition,
};
use hephaestus_core::{BusinessKeyName, EventName, StepRef, WorkflowName, WorkflowVersion};
use proc_macro2::Span;
use syn::{Error, Ident};

use super::join::{Join, Rule, Word};
use super::table::{Entry, Route, Table, Targets, is_done, is_failed};
use crate::names::kebab;

/// How much of the runs is looked at while compiling: a fraction of a second. `hephaestus check` looks at more.
const MAX_VISITS: usize = 200_000;

/// Which results a step can read: step, reader, and whether the step has always completed.
pub(super) struct Reading {
    pub(super) step: String,
    pub(super) reader: String,
    pub(super) is_certain: bool,
}

/// What was proven; of a graph that is not sound, nothing.
#[derive(Default)]
pub(super) struct Proof {
    pub(super) readings: Vec<Reading>,
}

/// Proves the table, as far as it can be read.
pub(super) fn prove(table: &Table) -> (Proof, Vec<Error>) {
    let mut reader = Reader::default();
    let definition = reader.definition(table);
    let Some(definition) = definition.filter(|_| reader.errors.is_empty()) else {
        return (Proof::default(), reader.errors);
    };
    match Workflow::new(definition) {
        Err(violations) => {
            let errors = violations
                .0
                .iter()
                .map(|violation| error(table, violation))
                .collect();
            (Proof::default(), errors)
        }
        Ok(workflow) => {
            let proof = Proof {
                readings: readings(&workflow),
            };
            (proof, stuck(table, &workflow))
        }
    }
}

/// Collects names that are none, so that all of them are reported.
#[derive(Default)]
struct Reader {
    errors: Vec<Error>,
}

impl Reader {
    fn definition(&mut self, table: &Table) -> Option<WorkflowDefinition> {
        let name = self.name(table.name.span(), &kebab(&table.name), WorkflowName::new);
        let key = match &table.header.business_key {
            Some(key) => self.name(key.name.span(), &key.name.value(), BusinessKeyName::new),
            None => BusinessKeyName::new(&kebab(&table.name)).ok(),
        };
        let on_cancel = table.header.on_cancel.as_ref();
        let steps: Vec<_> = table
            .entries
            .iter()
            .map(|entry| self.step(table, entry))
            .collect();
        let transitions: Vec<_> = table
            .entries
            .iter()
            .flat_map(|entry| self.transitions(entry))
            .collect();
        let done = table.done.as_ref().map(|(_, rule)| StepDefinition {
            join: self.rule(rule),
            ..StepDefinition::new(StepRef::done())
        });
        Some(WorkflowDefinition {
            name: name?,
            version: WorkflowVersion(table.version),
            start: StepRef::new(&table.entries.first()?.step_name()).ok()?,
            steps: steps.into_iter().flatten().chain(done).collect(),
            transitions,
            business_key: BusinessKey {
                name: key?,
                uniqueness: Uniqueness::default(),
            },
            retry: None,
            deadline: None,
            on_cancel: match on_cancel {
                Some(step) => Some(self.step_ref(step)?),
                None => None,
            },
            tags: table.header.tags.iter().map(syn::LitStr::value).collect(),
            metadata: table
                .header
                .metadata
                .iter()
                .map(|(key, value)| (key.to_string(), value.value()))
                .collect::<BTreeMap<_, _>>(),
        })
    }

    fn step(&mut self, table: &Table, entry: &Entry) -> Option<StepDefinition> {
        let named = entry.routes.iter().flat_map(|route| &route.events);
        let mut emits: Vec<EventName> = named
            .filter(|event| !is_failed(event))
            .filter_map(|event| self.event(event))
            .collect();
        // Who says an event twice has two transitions for it, which is reported as such.
        let mut seen = BTreeSet::new();
        emits.retain(|event| seen.insert(event.clone()));
        // The step for cancelling leads nowhere, whatever its events are.
        if emits.is_empty() && table.header.on_cancel.as_ref() == Some(&entry.name) {
            emits.extend(EventName::new("finished"));
        }
        Some(StepDefinition {
            emits,
            join: entry
                .join
                .as_ref()
                .map_or(JoinRule::Default, |rule| self.rule(rule)),
            ..StepDefinition::new(self.step_ref(&entry.name)?)
        })
    }

    fn transitions(&mut self, entry: &Entry) -> Vec<Transition> {
        let Some(source) = self.step_ref(&entry.name) else {
            return Vec::new();
        };
        let mut transitions = Vec::new();
        for Route { events, targets } in &entry.routes {
            let targets = self.targets(targets);
            for event in events {
                transitions.extend(self.event(event).map(|event| Transition {
                    source: source.clone(),
                    event,
                    targets: targets.clone(),
                }));
            }
        }
        transitions
    }

    fn targets(&mut self, targets: &Targets) -> CoreTargets {
        let steps = targets
            .steps
            .iter()
            .filter_map(|step| self.step_ref(step))
            .collect();
        match targets.chooser {
            Some(_) => CoreTargets::Dynamic(steps),
            None => CoreTargets::Static(steps),
        }
    }

    fn rule(&mut self, rule: &Rule) -> JoinRule {
        match rule {
            Rule::All => JoinRule::All,
            Rule::Any => JoinRule::Any,
            Rule::Settled => JoinRule::Settled,
            // What can't be read is reported; the rest of the rule doesn't matter then.
            Rule::Expression(join) => self.join(join).map_or(JoinRule::Default, JoinRule::Expression),
        }
    }

    fn join(&mut self, join: &Join) -> Option<CoreJoin> {
        Some(match join {
            Join::Transition { source, event } => CoreJoin::Transition {
                source: self.step_ref(source)?,
                event: self.event(event)?,
            },
            Join::Group { word, parts } => {
                let parts = parts.iter().filter_map(|part| self.join(part)).collect();
                match word {
                    Word::All => CoreJoin::All(parts),
                    Word::Any => CoreJoin::Any(parts),
                    Word::Settled => CoreJoin::Settled(parts),
                }
            }
        })
    }

    fn step_ref(&mut self, ident: &Ident) -> Option<StepRef> {
        self.name(ident.span(), &kebab(ident), StepRef::new)
    }

    fn event(&mut self, ident: &Ident) -> Option<EventName> {
        self.name(ident.span(), &kebab(ident), EventName::new)
    }

    fn name<T, E: ToString>(&mut self, at: Span, text: &str, read: fn(&str) -> Result<T, E>) -> Option<T> {
        match read(text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.errors.push(Error::new(at, error.to_string()));
                None
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

/// A violation at the tokens it is about: those of its event, else of its step, else of the workflow.
fn error(table: &Table, violation: &Violation) -> Error {
    let step = violation.step.as_ref().map(StepRef::as_str);
    let mut entries = table
        .entries
        .iter()
        .filter(|entry| Some(entry.step_name().as_str()) == step);
    let at = match (entries.next(), entries.next()) {
        (Some(_), Some(second)) if violation.kind == ViolationKind::DuplicateStep => second.name.span(),
        (Some(entry), _) => within(table, entry, violation),
        (None, _) => match (&table.done, step) {
            (Some((done, _)), Some("done")) => *done,
            _ => table
                .header
                .on_cancel
                .as_ref()
                .filter(|_| violation.kind == ViolationKind::BadOnCancel)
                .unwrap_or(&table.name)
                .span(),
        },
    };
    Error::new(at, format!("{}\n{}", violation.message, violation.fix))
}

fn within(table: &Table, entry: &Entry, violation: &Violation) -> Span {
    let event = violation.event.as_ref().map(EventName::as_str);
    let is_meant = |ident: &&Ident| Some(kebab(ident).as_str()) == event;
    let routes = || {
        entry
            .routes
            .iter()
            .filter(|route| route.events.iter().any(|event| is_meant(&event)))
    };
    let at_event = || {
        let mut events = entry
            .routes
            .iter()
            .flat_map(|route| &route.events)
            .filter(is_meant);
        let first = events.next();
        match violation.kind {
            ViolationKind::DuplicateTransition => events.next().or(first),
            _ => first,
        }
    };
    let found = match violation.kind {
        ViolationKind::UnknownStep | ViolationKind::BadStart => {
            let mut targets = routes().flat_map(|route| &route.targets.steps);
            let is_known = |step: &Ident| is_done(step) || table.entry(step).is_some();
            targets.find(|step| match violation.kind {
                ViolationKind::BadStart => table.entries.first().is_some_and(|first| first.name == **step),
                _ => !is_known(step),
            })
        }
        ViolationKind::DuplicateTarget => routes().find_map(|route| repeated(&route.targets.steps)),
        ViolationKind::UnknownInJoin => match &entry.join {
            Some(Rule::Expression(join)) => join
                .transitions()
                .into_iter()
                .find(|(source, event)| !leads_to(table, source, event, &entry.name))
                .map(|(source, _)| source),
            _ => None,
        },
        _ => None,
    };
    found.or_else(at_event).unwrap_or(&entry.name).span()
}

fn leads_to(table: &Table, source: &Ident, event: &Ident, target: &Ident) -> bool {
    table.entry(source).is_some_and(|entry| {
        let mut routes = entry.routes.iter();
        routes.any(|route| route.events.contains(event) && route.targets.steps.contains(target))
    })
}

/// The second of two that are the same.
fn repeated(idents: &[Ident]) -> Option<&Ident> {
    let mut places = (1..idents.len()).filter(|at| idents[..*at].contains(&idents[*at]));
    places.next().map(|at| &idents[at])
}

/// Runs that get stuck, and steps that never run.
fn stuck(table: &Table, workflow: &Workflow) -> Vec<Error> {
    let options = ExploreOptions {
        max_visits: MAX_VISITS,
        max_told: 1,
        ..ExploreOptions::default()
    };
    let found = explore(workflow, &options);
    let mut errors: Vec<Error> = found
        .never_ready
        .iter()
        .map(|step| {
            Error::new(
                at(table, step),
                format!("step `{step}` never runs: no combination of events makes its join true\nchange its join, or remove it"),
            )
        })
        .collect();
    match (found.stuck.first(), &table.header.allow_stuck) {
        (Some(run), None) => errors.push(stuck_error(table, &found, run)),
        (None, Some(reason)) if found.exhaustive => errors.push(Error::new(
            reason.span(),
            "no run gets stuck: remove `allow_stuck`",
        )),
        _ => {}
    }
    errors
}

fn stuck_error(table: &Table, found: &Exploration, run: &StuckRun) -> Error {
    let place = run
        .dead
        .first()
        .map_or(table.name.span(), |dead| at(table, &dead.step));
    let sampled = if found.exhaustive {
        ""
    } else {
        " (of those that were sampled)"
    };
    Error::new(
        place,
        format!(
            "{} of {} runs get stuck{sampled}; for example, {run}\n\
             lead the events of that run to `done` too, or change the join; if it can't happen, say why: `#[allow_stuck(\"…\")]` above the workflow's name",
            found.stuck_runs, found.runs
        ),
    )
}

/// Where the table has a step.
fn at(table: &Table, step: &StepRef) -> Span {
    let mut entries = table.entries.iter();
    let entry = entries.find(|entry| entry.step_name() == step.as_str());
    match (entry, &table.done) {
        (Some(entry), _) => entry.name.span(),
        (None, Some((done, _))) => *done,
        (None, None) => table.name.span(),
    }
}
