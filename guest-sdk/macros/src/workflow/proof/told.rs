//! What core finds wrong, in the table's words: its messages speak of the definition, in the spelling of the host.

use std::collections::BTreeMap;

use hephaestus_core::definition::{Violation, ViolationKind, Violations, nearest};
use hephaestus_core::{EventName, StepRef};
use proc_macro2::Span;
use syn::{Error, Ident};

use super::place;
use crate::errors::Errors;
use crate::names::kebab;
use crate::workflow::join::{Rule, When};
use crate::workflow::table::{Entry, Table, is_done};

/// Tells of what is wrong, and not of what follows from it.
pub(super) fn violations(table: &Table, violations: &Violations, errors: &mut Errors) {
    let words = Words::of(table);
    let mut limits = place::over_limits(table).into_iter();
    let told = violations
        .0
        .iter()
        .filter(|violation| !follows(table, violation, violations));
    let mut joins_told: Vec<&str> = Vec::new();
    for violation in told {
        let step = violation.step.as_ref().map_or("", StepRef::as_str);
        match violation.kind {
            // All of a join at once: core's answers don't say which of its parts they are about.
            ViolationKind::UnknownInJoin if joins_told.contains(&step) => {}
            ViolationKind::UnknownInJoin => {
                joins_told.push(step);
                unknown_in_join(table, step, violation, &words, errors);
            }
            ViolationKind::LimitExceeded if violation.step.is_none() => {
                let at = limits.next().unwrap_or_else(|| table.name.span());
                errors.add(Error::new(at, text(violation, &words)));
            }
            _ => {
                let message = in_words_of_the_table(table, step, violation, &words)
                    .unwrap_or_else(|| text(violation, &words));
                errors.add(Error::new(place::of_violation(table, violation), message));
            }
        }
    }
}

/// Whether a violation is only there because of another one.
fn follows(table: &Table, violation: &Violation, all: &Violations) -> bool {
    let is_there = |kind: ViolationKind| all.0.iter().any(|it| it.kind == kind);
    let is_there_at_step = |kind: ViolationKind| {
        all.0
            .iter()
            .any(|it| it.kind == kind && it.step == violation.step)
    };
    match violation.kind {
        ViolationKind::DuplicateTransition => is_there_at_step(ViolationKind::DuplicateStep),
        ViolationKind::Cycle => is_there(ViolationKind::BadStart),
        ViolationKind::JoinWithoutIncoming => is_there_at_step(ViolationKind::Unreachable),
        ViolationKind::UnknownInJoin | ViolationKind::ImpossibleJoin => {
            is_there(ViolationKind::UnknownStep) || is_there(ViolationKind::DuplicateStep)
        }
        ViolationKind::Unreachable => {
            let is_behind_another = || {
                violation
                    .step
                    .as_ref()
                    .is_some_and(|step| is_target(table, step.as_str()))
            };
            [
                ViolationKind::UnknownStep,
                ViolationKind::NoTargets,
                ViolationKind::DeadEnd,
                ViolationKind::DuplicateStep,
                ViolationKind::Cycle,
            ]
            .into_iter()
            .any(is_there)
                || is_behind_another()
        }
        _ => false,
    }
}

fn is_target(table: &Table, step: &str) -> bool {
    let mut routes = table.entries.iter().flat_map(|entry| &entry.routes);
    routes.any(|route| route.targets.steps.iter().any(|target| kebab(target) == step))
}

fn text(violation: &Violation, words: &Words) -> String {
    words.translate(&format!("{}\n{}", violation.message, violation.fix))
}

/// Where core's words would send somebody to a definition that nobody wrote.
fn in_words_of_the_table(table: &Table, step: &str, violation: &Violation, words: &Words) -> Option<String> {
    let entry = table.entries.iter().find(|entry| entry.step_name() == step)?;
    let name = &entry.name;
    let what = || words.translate(&violation.message);
    Some(match violation.kind {
        ViolationKind::DuplicateStep => format!(
            "`{name}` is in the table twice\nwrite it once, with all of its events; or give the second one a name of its own, like `{name}_again = {name} => …`"
        ),
        ViolationKind::DuplicateTransition => duplicate_transition(entry, violation),
        ViolationKind::DeadEnd => format!(
            "`{name}` leads nowhere\nname its events and where they lead, like `{name} => {{ Yes => done, No => done }}`; or write `{name} => done`, if it can only end in one way"
        ),
        ViolationKind::DynamicFailed => format!(
            "{}\nname the targets without `choose`: what failed may be the very code that chooses",
            what()
        ),
        ViolationKind::JoinWithoutIncoming if table.entries.first().is_some_and(|it| it.name == *name) => {
            format!(
                "`{name}` has a join, but instances begin there\nremove the join: no transition leads to the first step"
            )
        }
        _ => return None,
    })
}

fn duplicate_transition(entry: &Entry, violation: &Violation) -> String {
    let event = violation.event.as_ref().map(EventName::as_str);
    let mut events = entry
        .routes
        .iter()
        .flat_map(|route| &route.events)
        .filter(|it| Some(kebab(it).as_str()) == event);
    let step = &entry.name;
    match (events.next(), events.next()) {
        (Some(first), Some(second)) if first != second => format!(
            "`{first}` and `{second}` of `{step}` are the same event `{}` to the host\ngive one of them another name",
            event.unwrap_or_default()
        ),
        (Some(event), _) => format!(
            "`{event}` of `{step}` is in the table twice\nname all its targets at one place, like `{event} => [ship, bill]`"
        ),
        (None, _) => violation.message.clone(),
    }
}

/// Each transition of a join that doesn't lead to the step is an error at its place.
fn unknown_in_join(table: &Table, step: &str, violation: &Violation, words: &Words, errors: &mut Errors) {
    let entry = table.entries.iter().find(|entry| entry.step_name() == step);
    let when = entry.map_or(table.done.as_ref(), |entry| entry.join.as_ref());
    let name = entry.map_or_else(|| "done".to_owned(), |entry| entry.name.to_string());
    for (source, event) in when.map_or_else(Vec::new, |when| place::strangers(table, step, when)) {
        let message = format!("the join of `{name}` names `{source}.{event}`");
        let (at, problem) = stranger(table, source, event);
        let fix = words.translate(&violation.fix);
        errors.add(Error::new(at, format!("{message}, {problem}\n{fix}")));
    }
}

/// What is wrong with a transition that a join names: its step, its event, or where it leads.
fn stranger(table: &Table, source: &Ident, event: &Ident) -> (Span, String) {
    let guess = |wrong: &Ident, known: &[String]| {
        let name = nearest(&wrong.to_string(), known.iter().map(String::as_str)).map(str::to_owned);
        name.map_or_else(String::new, |name| format!(": did you mean `{name}`?"))
    };
    let Some(entry) = table.entry(source) else {
        let known: Vec<String> = table.entries.iter().map(|it| it.name.to_string()).collect();
        let problem = format!("but `{source}` is not a step{}", guess(source, &known));
        return (source.span(), problem);
    };
    let events: Vec<String> = entry
        .routes
        .iter()
        .flat_map(|route| &route.events)
        .map(Ident::to_string)
        .collect();
    if events.iter().any(|it| event == it) {
        return (source.span(), "which doesn't lead to it".to_owned());
    }
    let problem = format!(
        "but `{source}` has no event `{event}` in the table{}",
        guess(event, &events)
    );
    (event.span(), problem)
}

/// The names of the host, and how the table spells them.
pub(super) struct Words {
    steps: BTreeMap<String, String>,
    events: BTreeMap<String, String>,
}

impl Words {
    pub(super) fn of(table: &Table) -> Self {
        let routes = || table.entries.iter().flat_map(|entry| &entry.routes);
        let joins = table.entries.iter().filter_map(|entry| entry.join.as_ref());
        let transitions: Vec<_> = joins.chain(&table.done).flat_map(transitions).collect();
        let steps = table.entries.iter().map(|entry| &entry.name);
        let steps = steps
            .chain(routes().flat_map(|route| &route.targets.steps))
            .chain(transitions.iter().map(|(source, _)| *source))
            .chain(&table.header.on_cancel);
        let events = routes()
            .flat_map(|route| &route.events)
            .chain(transitions.iter().map(|(_, event)| *event));
        let spelt = |ident: &Ident| (kebab(ident), ident.to_string());
        Self {
            steps: steps.filter(|step| !is_done(step)).map(spelt).collect(),
            events: events.map(spelt).collect(),
        }
    }

    /// The text with the names as the table spells them. They stand between backticks; in a path, between `-` and `->`.
    pub(super) fn translate(&self, text: &str) -> String {
        let parts = text.split('`').enumerate().map(|(at, part)| {
            let event = part.strip_prefix(" -").and_then(|part| part.strip_suffix("-> "));
            match event.map(|event| self.events.get(event)) {
                _ if at % 2 == 1 => self.names(part),
                Some(Some(event)) => format!(" -{event}-> "),
                _ => part.to_owned(),
            }
        });
        parts.collect::<Vec<_>>().join("`")
    }

    /// `all[reserve.reserved, …]`: what stands behind a dot is an event.
    fn names(&self, text: &str) -> String {
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let mut translated = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(is_of_name) {
            let (between, from) = rest.split_at(begin);
            let end = from.find(|letter| !is_of_name(letter)).unwrap_or(from.len());
            let (name, after) = from.split_at(end);
            translated.push_str(between);
            let spelt = if translated.ends_with('.') {
                self.events.get(name)
            } else {
                self.steps.get(name).or_else(|| self.events.get(name))
            };
            translated.push_str(spelt.map_or(name, String::as_str));
            rest = after;
        }
        translated.push_str(rest);
        translated
    }
}

fn transitions(when: &When) -> Vec<(&Ident, &Ident)> {
    match &when.rule {
        Rule::Expression(join) => join.transitions(),
        _ => Vec::new(),
    }
}
