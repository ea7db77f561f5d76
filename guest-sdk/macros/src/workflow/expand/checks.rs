//! What the Rust compiler is to check of the steps' types: that they read what lies before them, are configured, are
//! called as in the table, and that nothing is said twice.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use super::step_type;
use crate::workflow::proof::Proof;
use crate::workflow::table::{Entry, Table};

/// What the types of the steps have to agree with.
pub(super) fn checks(table: &Table, entries: &[&Entry], proof: &Proof) -> TokenStream {
    let workflow = &table.name;
    let readings = readings(workflow, entries, proof);
    let each = entries.iter().map(|entry| check(workflow, entry));
    quote! {
        #readings
        #(#each)*
    }
}

/// Which results can be read where. There are up to as many as pairs of steps, so each is written as shortly as can be.
fn readings(workflow: &Ident, entries: &[&Entry], proof: &Proof) -> TokenStream {
    let types: BTreeMap<String, Ident> = entries
        .iter()
        .map(|entry| (entry.step_name(), step_type(entry)))
        .collect();
    let [before, always, sometimes] = ["Before", "Always", "Sometimes"].map(|name| format_ident!("__{name}"));
    let readings = proof.readings.iter().filter_map(|reading| {
        let (step, reader) = (types.get(&reading.step)?, types.get(&reading.reader)?);
        let certainty = if reading.is_certain { &always } else { &sometimes };
        Some(quote! {
            impl #before<#workflow, #reader> for #step { type Certainty = #certainty; }
        })
    });
    quote! {
        #[allow(unused_imports, reason = "not every table has all of it")]
        use ::hephaestus_guest::reads::{Always as #always, Before as #before, Sometimes as #sometimes};

        #(#readings)*
    }
}

fn check(workflow: &Ident, entry: &Entry) -> TokenStream {
    let at = entry.name.span();
    let step = step_type(entry);
    let name = entry.step_name();
    let named = format!(
        "the type calls itself another name than `{name}`: give it a name in the table, like `{} = {} => …`",
        name.replace('-', "_"),
        entry.name
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
fn once(step: &Ident, entry: &Entry) -> TokenStream {
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
