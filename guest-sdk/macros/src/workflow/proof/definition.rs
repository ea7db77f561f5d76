//! The table in core's words.

use std::collections::{BTreeMap, BTreeSet};

use hephaestus_core::definition::{
    BusinessKey, Join as CoreJoin, JoinRule, StepDefinition, Targets as CoreTargets, Transition, Uniqueness,
    WorkflowDefinition,
};
use hephaestus_core::{BusinessKeyName, EventName, StepRef, WorkflowName, WorkflowVersion};
use proc_macro2::Span;
use syn::Ident;

use crate::errors::Errors;
use crate::names::kebab;
use crate::workflow::join::{Join, Rule, Word};
use crate::workflow::table::{Entry, Route, Table, Targets, is_failed};

/// Collects names that are none, so that all of them are reported.
struct Reader<'a> {
    errors: &'a mut Errors,
}

/// The table as core reads it. None: names of it are none, and `errors` say which.
pub(super) fn definition(table: &Table, errors: &mut Errors) -> Option<WorkflowDefinition> {
    let mut found = Errors::default();
    let definition = Reader { errors: &mut found }.definition(table);
    errors.value(found.or(definition)).flatten()
}

impl Reader<'_> {
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
        let done = table.done.as_ref().map(|when| StepDefinition {
            join: self.rule(&when.rule),
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
                .map_or(JoinRule::Default, |when| self.rule(&when.rule)),
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
            Join::Group { word, parts, .. } => {
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

    fn name<T, E: std::fmt::Display>(
        &mut self,
        at: Span,
        text: &str,
        read: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match read(text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.errors.add(syn::Error::new(at, error));
                None
            }
        }
    }
}
