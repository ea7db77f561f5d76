//! Where in the table something is that core speaks of.

use hephaestus_core::definition::limits::{
    MAX_METADATA, MAX_METADATA_KEY_BYTES, MAX_METADATA_VALUE_BYTES, MAX_TAG_BYTES, MAX_TAGS,
};
use hephaestus_core::definition::{Violation, ViolationKind};
use hephaestus_core::{EventName, StepRef};
use proc_macro2::Span;
use syn::Ident;

use crate::names::kebab;
use crate::workflow::join::{Rule, When};
use crate::workflow::table::{Entry, Route, Table, is_done};

/// Where the table has a step, else its name.
pub(super) fn of_step(table: &Table, name: &str) -> Span {
    let entry = table.entries.iter().find(|entry| entry.step_name() == name);
    match (entry, &table.done) {
        (Some(entry), _) => entry.name.span(),
        (None, Some(done)) if name == "done" => done.at,
        (None, _) => table.name.span(),
    }
}

/// The tokens that a violation is about: those of its event, else of its step, else of the workflow.
pub(super) fn of_violation(table: &Table, violation: &Violation) -> Span {
    let step = violation.step.as_ref().map_or("", StepRef::as_str);
    let mut entries = table.entries.iter().filter(|entry| entry.step_name() == step);
    match (entries.next(), entries.next()) {
        (Some(_), Some(second)) if violation.kind == ViolationKind::DuplicateStep => second.name.span(),
        (Some(entry), _) => within(table, entry, violation),
        (None, _) => match &table.header.on_cancel {
            Some(on_cancel) if kebab(on_cancel) == step => on_cancel.span(),
            _ => of_step(table, step),
        },
    }
}

fn within(table: &Table, entry: &Entry, violation: &Violation) -> Span {
    let place = match violation.kind {
        ViolationKind::UnknownStep => unknown_target(table, entry, violation),
        ViolationKind::BadStart => target(entry, violation, |step| *step == table.entries[0].name),
        ViolationKind::BadOnCancel => target(entry, violation, |step| {
            table.header.on_cancel.as_ref() == Some(step)
        })
        .or_else(|| table.header.on_cancel.as_ref().map(Ident::span)),
        ViolationKind::DuplicateTarget => {
            routes(entry, violation).find_map(|route| Some(repeated(&route.targets.steps)?.span()))
        }
        ViolationKind::DuplicateTransition => events(entry, violation).nth(1).map(Ident::span),
        ViolationKind::DynamicFailed => routes(entry, violation).next().map(|route| route.targets.span),
        ViolationKind::EmptyJoin => entry.join.as_ref().map(|when| match &when.rule {
            Rule::Expression(join) => join.empty_group().unwrap_or(when.at),
            _ => when.at,
        }),
        ViolationKind::JoinWithoutIncoming | ViolationKind::ImpossibleJoin => {
            entry.join.as_ref().map(|when| when.at)
        }
        _ => None,
    };
    place
        .or_else(|| events(entry, violation).next().map(Ident::span))
        .unwrap_or_else(|| entry.name.span())
}

/// The event of the violation, wherever the step has it.
fn events<'a>(entry: &'a Entry, violation: &Violation) -> impl Iterator<Item = &'a Ident> {
    let name = violation.event.as_ref().map(EventName::as_str).map(str::to_owned);
    let events = entry.routes.iter().flat_map(|route| &route.events);
    events.filter(move |event| Some(kebab(event)) == name)
}

/// The transitions for the event of the violation.
fn routes<'a>(entry: &'a Entry, violation: &Violation) -> impl Iterator<Item = &'a Route> {
    let name = violation.event.as_ref().map(EventName::as_str).map(str::to_owned);
    let is_meant = move |route: &&Route| route.events.iter().any(|event| Some(kebab(event)) == name);
    entry.routes.iter().filter(is_meant)
}

fn target(entry: &Entry, violation: &Violation, is_meant: impl Fn(&Ident) -> bool) -> Option<Span> {
    let mut targets = routes(entry, violation).flat_map(|route| &route.targets.steps);
    targets.find(|step| is_meant(step)).map(Ident::span)
}

/// The message names the target, which is no step of the table.
fn unknown_target(table: &Table, entry: &Entry, violation: &Violation) -> Option<Span> {
    target(entry, violation, |step| {
        let is_known = is_done(step) || table.entry(step).is_some();
        !is_known && violation.message.contains(&format!("leads to `{}`", kebab(step)))
    })
}

/// The second of two that are the same.
fn repeated(idents: &[Ident]) -> Option<&Ident> {
    let mut places = (1..idents.len()).filter(|at| idents[..*at].contains(&idents[*at]));
    places.next().map(|at| &idents[at])
}

/// The transitions that a join names and that don't lead to its step, each once.
pub(super) fn strangers<'a>(table: &Table, target: &str, when: &'a When) -> Vec<(&'a Ident, &'a Ident)> {
    let Rule::Expression(join) = &when.rule else {
        return Vec::new();
    };
    let mut found: Vec<(&Ident, &Ident)> = Vec::new();
    for (source, event) in join.transitions() {
        let is_new = !found.contains(&(source, event));
        if is_new && !leads_to(table, source, event, target) {
            found.push((source, event));
        }
    }
    found
}

fn leads_to(table: &Table, source: &Ident, event: &Ident, target: &str) -> bool {
    table.entry(source).is_some_and(|entry| {
        let mut routes = entry.routes.iter();
        routes.any(|route| {
            route.events.contains(event) && route.targets.steps.iter().any(|step| kebab(step) == target)
        })
    })
}

/// What is said above the workflow and is too long or too much, in the order in which core says so.
pub(super) fn over_limits(table: &Table) -> Vec<Span> {
    let header = &table.header;
    let mut places = Vec::new();
    places.extend(header.tags.get(MAX_TAGS).map(syn::LitStr::span));
    let long_tags = header.tags.iter().filter(|tag| tag.value().len() > MAX_TAG_BYTES);
    places.extend(long_tags.map(syn::LitStr::span));
    places.extend(header.metadata.get(MAX_METADATA).map(|(key, _)| key.span()));
    let mut facts: Vec<_> = header.metadata.iter().collect();
    facts.sort_by_key(|(key, _)| key.to_string());
    for (key, value) in facts {
        places.extend((key.to_string().len() > MAX_METADATA_KEY_BYTES).then(|| key.span()));
        places.extend((value.value().len() > MAX_METADATA_VALUE_BYTES).then(|| value.span()));
    }
    places
}
