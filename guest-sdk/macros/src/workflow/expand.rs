//! A [`Table`] to Rust: the function that builds the workflow, and what the compiler is to check of it.

mod checks;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::join::{Join, Rule, Word};
use super::proof::Proof;
use super::table::{Entry, Table, Targets, is_done, is_failed};
use crate::names::kebab;
use crate::options::{Options, duration_expression};

/// The whole expansion. Each step's path is written once, as a type that all else names: a step that doesn't exist is
/// then one error.
pub(super) fn expand(table: &Table, proof: &Proof) -> TokenStream {
    let entries = entries(table);
    let aliases = entries
        .iter()
        .filter(|entry| entry.is_alias)
        .map(|entry| alias(table, entry));
    let marker = marker(table);
    let function = function(table);
    let steps = entries.iter().map(|entry| local(entry));
    let graph = graph(table, &entries, proof);
    let checks = proof.is_sound.then(|| checks::checks(table, &entries, proof));
    let name = &table.name;
    let export = table
        .header
        .is_exported
        .then(|| quote!(::hephaestus_guest::export!(#name);));
    quote! {
        #function
        #marker
        #(#aliases)*
        const _: () = {
            #(#steps)*
            #graph
            #checks
        };
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

/// What everything else calls the type of a step.
fn step_type(entry: &Entry) -> Ident {
    format_ident!("__{}", entry.name, span = entry.name.span())
}

/// The type of a step: what the table calls it if that is another name, else its path.
fn local(entry: &Entry) -> TokenStream {
    let local = step_type(entry);
    let step = match entry.is_alias {
        true => entry.name.to_token_stream(),
        false => entry.step.to_token_stream(),
    };
    quote! {
        #[allow(dead_code, non_camel_case_types, reason = "named as in the table")]
        type #local = #step;
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
    let visibility = entry.visibility.as_ref().unwrap_or(&table.visibility);
    let step_name = entry.step_name();
    let about = format!("The step `{step_name}`.");
    let docs = if docs.is_empty() {
        quote!(#[doc = #about])
    } else {
        quote!(#(#docs)*)
    };
    // At the name: a step that is more private than its other name is told of there.
    let types = quote_spanned! {name.span()=>
        type Event = <__Base as ::hephaestus_guest::Step>::Event;
        type Output = <__Base as ::hephaestus_guest::Step>::Output;
        type Config = <__Base as ::hephaestus_guest::Step>::Config;
        type Reads = <__Base as ::hephaestus_guest::Step>::Reads;
    };
    quote! {
        #docs
        #[allow(non_camel_case_types, reason = "named as in the table")]
        #visibility enum #name {}

        const _: () = {
            type __Base = #step;

            impl ::hephaestus_guest::Step for #name {
                const NAME: &'static str = #step_name;
                const OPTIONS: ::hephaestus_guest::StepOptions = <__Base as ::hephaestus_guest::Step>::OPTIONS;
                #types

                fn run(
                    ctx: &::hephaestus_guest::Context,
                ) -> ::hephaestus_guest::StepResult<Self::Event, Self::Output> {
                    <__Base as ::hephaestus_guest::Step>::run(ctx)
                }
            }
        };
    }
}

/// `pub fn order_flow() -> Workflow`.
fn function(table: &Table) -> TokenStream {
    let Table {
        docs,
        visibility,
        name,
        ..
    } = table;
    quote! {
        #(#docs)*
        #[must_use]
        #visibility fn #name() -> ::hephaestus_guest::Workflow {
            <#name as ::hephaestus_guest::__private::Table>::workflow()
        }
    }
}

/// What the function answers.
fn graph(table: &Table, entries: &[&Entry], proof: &Proof) -> TokenStream {
    let Table { name, version, .. } = table;
    let workflow_name = kebab(name);
    let said = said_of_all(table, entries);
    let whole = entries.iter().filter(|entry| entry.is_whole);
    let steps = whole.map(|entry| spec(table, entries, entry, proof));
    let done = table.done.as_ref().filter(|_| proof.is_sound).map(|when| {
        let rule = join_rule(entries, &when.rule);
        quote!(.done_when(#rule))
    });
    quote! {
        impl ::hephaestus_guest::__private::Table for #name {
            fn workflow() -> ::hephaestus_guest::Workflow {
                ::hephaestus_guest::Workflow::new(#workflow_name, #version)
                    #said
                    #(.step(#steps))*
                    #done
            }
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

/// A step's place in the graph. Of a graph that isn't sound, joins are left out: they were told of already.
fn spec(table: &Table, entries: &[&Entry], entry: &Entry, proof: &Proof) -> TokenStream {
    let at = entry.name.span();
    let step = step_type(entry);
    let join = entry.join.as_ref().filter(|_| proof.is_sound).map(|when| {
        let rule = join_rule(entries, &when.rule);
        quote_spanned!(at=> .when(#rule))
    });
    let is_for_cancelling = table.header.on_cancel.as_ref() == Some(&entry.name);
    let leads_nowhere = entry.routes.is_empty() && (is_for_cancelling || !proof.is_sound);
    let then = (!leads_nowhere).then(|| then(entries, entry, &step));
    let failed = entry
        .routes
        .iter()
        .filter(|route| route.events.iter().any(is_failed))
        .map(|route| {
            let targets = targets(entries, &route.targets);
            quote_spanned!(at=> .on_failed(#targets))
        });
    let config = entry
        .config
        .as_ref()
        .map(|config| quote_spanned!(at=> .config(#config)));
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
fn then(entries: &[&Entry], entry: &Entry, step: &Ident) -> TokenStream {
    let at = entry.name.span();
    let mut seen = BTreeSet::new();
    let arms = entry.routes.iter().filter_map(|route| {
        // What is said twice was told of already.
        let events = route
            .events
            .iter()
            .filter(|event| !is_failed(event) && seen.insert(event.to_string()))
            .collect::<Vec<_>>();
        arm(entries, &events, &route.targets, step)
    });
    quote_spanned! {at=>
        .then(|event| match event {
            #(#arms)*
        })
    }
}

fn arm(entries: &[&Entry], events: &[&Ident], leads_to: &Targets, step: &Ident) -> Option<TokenStream> {
    let patterns = events
        .iter()
        .map(|event| quote_spanned!(event.span()=> <#step as ::hephaestus_guest::Step>::Event::#event));
    let targets = targets(entries, leads_to);
    (!events.is_empty()).then(|| quote!(#(#patterns)|* => #targets,))
}

fn targets(entries: &[&Entry], targets: &Targets) -> TokenStream {
    let steps = targets.steps.iter().filter_map(|step| {
        if is_done(step) {
            return Some(quote_spanned!(step.span()=> .and_done()));
        }
        let path = type_of(entries, step)?;
        Some(quote_spanned!(step.span()=> .and::<#path>()))
    });
    let chosen = targets
        .chooser
        .as_ref()
        .map(|choose| quote_spanned!(choose.span()=> .chosen_by(#choose)));
    quote!(::hephaestus_guest::Targets::none() #(#steps)* #chosen)
}

/// The type of the step that an identifier of the table means, at that identifier.
fn type_of(entries: &[&Entry], name: &Ident) -> Option<Ident> {
    let entry = entries.iter().find(|entry| entry.name == *name)?;
    let mut step = step_type(entry);
    step.set_span(name.span());
    Some(step)
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
        Join::Group { word, parts, .. } => {
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
