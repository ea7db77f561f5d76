//! A [`Table`] to Rust: the function that builds the workflow, and what the compiler is to check of it.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Path};

use super::join::{Join, Rule, Word};
use super::proof::Proof;
use super::table::{Entry, Route, Table, Targets, is_done, is_failed};
use crate::names::kebab;
use crate::options::{Options, duration_expression};

/// The whole expansion.
pub(super) fn expand(table: &Table, proof: &Proof) -> TokenStream {
    let entries = entries(table);
    let aliases = entries
        .iter()
        .filter(|entry| entry.is_alias)
        .map(|entry| alias(table, entry));
    let marker = marker(table);
    let function = function(table, &entries);
    let checks = checks(table, &entries, proof);
    let name = &table.name;
    let export = table
        .header
        .is_exported
        .then(|| quote!(::hephaestus_guest::export!(#name);));
    quote! {
        #function
        #marker
        #(#aliases)*
        #checks
        #export
    }
}

/// Those that can be expanded: of two with the same name, the first.
fn entries(table: &Table) -> Vec<&Entry> {
    let mut seen = BTreeSet::new();
    table
        .entries
        .iter()
        .filter(|entry| seen.insert(entry.step_name()))
        .collect()
}

/// The type of a step: what the table calls it if that is another name, else its path.
fn step_type(entry: &Entry) -> Path {
    match entry.is_alias {
        true => entry.name.clone().into(),
        false => entry.step.clone(),
    }
}

/// Names the workflow where the compiler checks what its steps read.
fn marker(table: &Table) -> TokenStream {
    let (visibility, name) = (&table.visibility, &table.name);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "named as the function beside it")]
        #visibility enum #name {}
    }
}

/// Another name for a step: a step of its own.
fn alias(table: &Table, entry: &Entry) -> TokenStream {
    let Entry { docs, name, step, .. } = entry;
    let visibility = &table.visibility;
    let step_name = entry.step_name();
    let about = format!("The step `{step_name}`.");
    let docs = if docs.is_empty() {
        quote!(#[doc = #about])
    } else {
        quote!(#(#docs)*)
    };
    let base = quote!(<#step as ::hephaestus_guest::Step>);
    quote! {
        #docs
        #[allow(non_camel_case_types, reason = "named as in the table")]
        #visibility enum #name {}

        impl ::hephaestus_guest::Step for #name {
            const NAME: &'static str = #step_name;
            const OPTIONS: ::hephaestus_guest::StepOptions = #base::OPTIONS;
            type Event = #base::Event;
            type Output = #base::Output;
            type Config = #base::Config;
            type Reads = #base::Reads;

            fn run(
                ctx: &::hephaestus_guest::Context,
            ) -> ::hephaestus_guest::StepResult<Self::Event, Self::Output> {
                #base::run(ctx)
            }
        }
    }
}

/// `pub fn order_flow() -> Workflow`.
fn function(table: &Table, entries: &[&Entry]) -> TokenStream {
    let Table {
        docs,
        visibility,
        name,
        version,
        ..
    } = table;
    let workflow_name = kebab(name);
    let said = said_of_all(table, entries);
    let steps = entries.iter().map(|entry| spec(table, entries, entry));
    let done = table.done.as_ref().map(|(_, rule)| {
        let rule = join_rule(entries, rule);
        quote!(.done_when(#rule))
    });
    quote! {
        #(#docs)*
        #[must_use]
        #visibility fn #name() -> ::hephaestus_guest::Workflow {
            ::hephaestus_guest::Workflow::new(#workflow_name, #version)
                #said
                #(.step(#steps))*
                #done
        }
    }
}

/// What is said of the whole workflow.
fn said_of_all(table: &Table, entries: &[&Entry]) -> TokenStream {
    let header = &table.header;
    let key = header.business_key.as_ref().map(|key| {
        let name = &key.name;
        match &key.unique {
            None => quote!(.business_key(#name)),
            Some(scope) => {
                let text = scope.to_string();
                let (first, rest) = text.split_at(1);
                let scope = format_ident!("{}{rest}", first.to_uppercase());
                quote!(.business_key_unique_in(#name, ::hephaestus_guest::Uniqueness::#scope))
            }
        }
    });
    let tags = &header.tags;
    let facts = header.metadata.iter().map(|(name, value)| {
        let name = name.to_string();
        quote!(.metadata(#name, #value))
    });
    let on_cancel = header
        .on_cancel
        .as_ref()
        .and_then(|step| type_of(entries, step))
        .map(|step| quote!(.on_cancel::<#step>()));
    let options = calls(&header.options);
    quote!(#key #(.tag(#tags))* #(#facts)* #options #on_cancel)
}

/// A step's place in the graph.
fn spec(table: &Table, entries: &[&Entry], entry: &Entry) -> TokenStream {
    let at = entry.name.span();
    let step = step_type(entry);
    let join = entry.join.as_ref().map(|rule| {
        let rule = join_rule(entries, rule);
        quote!(.when(#rule))
    });
    let is_for_cancelling = table.header.on_cancel.as_ref() == Some(&entry.name) && entry.routes.is_empty();
    let then = (!is_for_cancelling).then(|| then(entries, entry, &step));
    let failed = entry
        .routes
        .iter()
        .filter(|route| route.events.iter().any(is_failed))
        .map(|route| {
            let targets = targets(entries, &route.targets);
            quote!(.on_failed(#targets))
        });
    let config = entry.config.as_ref().map(|config| quote!(.config(#config)));
    let options = calls(&entry.options);
    quote_spanned!(at=> ::hephaestus_guest::StepSpec::<#step>::of() #join #then #(#failed)* #config #options)
}

/// What is said in the table, as calls on the builder.
fn calls(options: &Options) -> TokenStream {
    let retry = options.retry.as_ref().map(|(at, retry)| {
        let retry = retry.expression();
        quote_spanned!(*at=> .retry(#retry))
    });
    let deadline = options.deadline.map(|(at, deadline)| {
        let deadline = duration_expression(deadline);
        quote_spanned!(at=> .deadline(#deadline))
    });
    let requests = options.requests.as_ref().map(|(at, requests)| {
        let requests = requests.expression();
        quote_spanned!(*at=> .requests(#requests))
    });
    quote!(#retry #deadline #requests)
}

/// The `match` over the step's events, which the compiler finds complete or not.
fn then(entries: &[&Entry], entry: &Entry, step: &Path) -> TokenStream {
    let at = entry.name.span();
    let arms = entry.routes.iter().filter_map(|route| arm(entries, route, step));
    quote_spanned! {at=>
        .then(|event| match event {
            #(#arms)*
        })
    }
}

fn arm(entries: &[&Entry], route: &Route, step: &Path) -> Option<TokenStream> {
    let events = route.events.iter().filter(|event| !is_failed(event));
    let patterns: Vec<_> = events
        .map(|event| quote_spanned!(event.span()=> <#step as ::hephaestus_guest::Step>::Event::#event))
        .collect();
    let targets = targets(entries, &route.targets);
    (!patterns.is_empty()).then(|| quote!(#(#patterns)|* => #targets,))
}

fn targets(entries: &[&Entry], targets: &Targets) -> TokenStream {
    let steps = targets.steps.iter().filter_map(|step| {
        if is_done(step) {
            return Some(quote_spanned!(step.span()=> .and_done()));
        }
        let path = type_of(entries, step)?;
        Some(quote_spanned!(step.span()=> .and::<#path>()))
    });
    let chosen = targets.chooser.as_ref().map(|choose| quote!(.chosen_by(#choose)));
    quote!(::hephaestus_guest::Targets::none() #(#steps)* #chosen)
}

/// The type of the step that an identifier of the table means, at that identifier.
fn type_of(entries: &[&Entry], name: &Ident) -> Option<Path> {
    let entry = entries.iter().find(|entry| entry.name == *name)?;
    let mut path = step_type(entry);
    if let Some(last) = path.segments.last_mut() {
        last.ident.set_span(name.span());
    }
    Some(path)
}

fn join_rule(entries: &[&Entry], rule: &Rule) -> TokenStream {
    match rule {
        Rule::All => quote!(::hephaestus_guest::JoinRule::All),
        Rule::Any => quote!(::hephaestus_guest::JoinRule::Any),
        Rule::Settled => quote!(::hephaestus_guest::JoinRule::Settled),
        Rule::Expression(expression) => join(entries, expression),
    }
}

fn join(entries: &[&Entry], expression: &Join) -> TokenStream {
    match expression {
        Join::Transition { source, event } => {
            let Some(step) = type_of(entries, source) else {
                // Reported by the proof; whatever stands here is never compiled.
                return quote!(::hephaestus_guest::all([]));
            };
            if is_failed(event) {
                return quote!(::hephaestus_guest::Join::failed::<#step>());
            }
            let at = event.span();
            quote_spanned!(at=> ::hephaestus_guest::Join::on::<#step>(<#step as ::hephaestus_guest::Step>::Event::#event))
        }
        Join::Group { word, parts } => {
            let word = match word {
                Word::All => quote!(all),
                Word::Any => quote!(any),
                Word::Settled => quote!(settled),
            };
            let parts = parts.iter().map(|part| join(entries, part));
            quote!(::hephaestus_guest::#word([#(#parts),*]))
        }
    }
}

/// What the types of the steps have to agree with.
fn checks(table: &Table, entries: &[&Entry], proof: &Proof) -> TokenStream {
    if proof.readings.is_empty() && entries.len() > 1 {
        // The graph is not sound: nothing is known of what lies before what.
        return TokenStream::new();
    }
    let workflow = &table.name;
    let of = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.step_name() == name)
            .map(|entry| step_type(entry))
    };
    let readings = proof.readings.iter().filter_map(|reading| {
        let (step, reader) = (of(&reading.step)?, of(&reading.reader)?);
        let certainty = if reading.is_certain {
            quote!(Always)
        } else {
            quote!(Sometimes)
        };
        Some(quote! {
            impl ::hephaestus_guest::reads::Before<#workflow, #reader> for #step {
                type Certainty = ::hephaestus_guest::reads::#certainty;
            }
        })
    });
    let each = entries.iter().map(|entry| check(workflow, entry));
    quote! {
        const _: () = {
            #(#readings)*
            #(#each)*
        };
    }
}

fn check(workflow: &Ident, entry: &Entry) -> TokenStream {
    let at = entry.name.span();
    let step = step_type(entry);
    let name = entry.step_name();
    let named = format!(
        "`{step_name}` in the table is the step `{name}`; its type says another name: give it one in the table, like `{step_name} = …`",
        step_name = entry.name
    );
    let config = match &entry.config {
        Some(_) => TokenStream::new(),
        None => quote_spanned!(at=> ::hephaestus_guest::__private::needs_no_config::<#step>();),
    };
    let once = once(&step, entry);
    quote_spanned! {at=>
        const _: fn() = || {
            ::hephaestus_guest::__private::reads_what_it_can::<#workflow, #step>();
            #config
        };
        const _: () = ::core::assert!(
            ::hephaestus_guest::__private::is_same(<#step as ::hephaestus_guest::Step>::NAME, #name),
            #named
        );
        #once
    }
}

/// What is said in the table must not be said at the step too.
fn once(step: &Path, entry: &Entry) -> TokenStream {
    let check = |at: Span, said: &str, asks: TokenStream| {
        let message = format!(
            "step `{}` says its {said} itself: say it there or in the table, once",
            entry.step_name()
        );
        quote_spanned! {at=>
            const _: () = ::core::assert!(!<#step as ::hephaestus_guest::Step>::OPTIONS.#asks(), #message);
        }
    };
    let retry = entry
        .options
        .retry
        .as_ref()
        .map(|(at, _)| check(*at, "retries", quote!(says_retry)));
    let deadline = entry
        .options
        .deadline
        .as_ref()
        .map(|(at, _)| check(*at, "deadline", quote!(says_deadline)));
    let requests = entry
        .options
        .requests
        .as_ref()
        .map(|(at, _)| check(*at, "requests", quote!(says_requests)));
    quote!(#retry #deadline #requests)
}
