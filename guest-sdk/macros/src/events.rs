//! `#[events]`: an enum becomes the events that can end a step.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Fields, Ident, Item, ItemEnum, Meta, Path, Token, Variant, parse_quote};

use crate::errors::Errors;
use crate::names;

/// What `#[events]` derives, unless the enum does.
const DERIVED: [(&str, &str); 5] = [
    ("fmt", "Debug"),
    ("clone", "Clone"),
    ("marker", "Copy"),
    ("cmp", "PartialEq"),
    ("cmp", "Eq"),
];

/// Expands the attribute. Whatever is wrong, the enum itself stays: only what concerns it is reported.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = match syn::parse2(item.clone()) {
        Ok(Item::Enum(item)) => item,
        Ok(_) => {
            let message = "`#[events]` makes events of an enum: `enum Stock { Reserved, OutOfStock }`";
            let error = syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
            return quote!(#error #item);
        }
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let mut errors = Errors::default();
    let all_accepted = errors
        .value(syn::parse2(arguments))
        .is_some_and(|Accepts(accepts)| accepts);
    let events = read(&mut item, all_accepted, &mut errors);
    // What a generic enum derives would only lead to more errors.
    if item.generics.params.is_empty() {
        derive(&mut item);
    }
    let implementation = events.map(|events| implement(&item, &events));
    let errors = errors.into_tokens();
    quote!(#item #implementation #errors)
}

/// The word in `#[events(accepts)]`, or nothing.
struct Accepts(bool);

impl Parse for Accepts {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Some(word) = input.parse::<Option<Ident>>()? else {
            return if input.is_empty() {
                Ok(Self(false))
            } else {
                Err(input.error(ONLY_ACCEPTS))
            };
        };
        if word != "accepts" {
            return Err(syn::Error::new(word.span(), ONLY_ACCEPTS));
        }
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            Ok(Self(true))
        } else {
            Err(input.error(ONLY_ACCEPTS))
        }
    }
}

const ONLY_ACCEPTS: &str = "expected nothing, where the step's code ends with the events, or `accepts`, where others send them to the waiting step";

/// A variant, as the host knows it.
struct Event {
    variant: Ident,
    name: String,
    is_accepted: bool,
}

/// Reads the variants, takes `#[accepts]` off them and says in their docs what they are for the host. None: nothing
/// can be made of them.
fn read(item: &mut ItemEnum, all_accepted: bool, errors: &mut Errors) -> Option<Vec<Event>> {
    let mut usable = true;
    if !item.generics.params.is_empty() || item.generics.where_clause.is_some() {
        let message = "events are known when the workflow is compiled: an enum of events can't be generic";
        let params = &item.generics;
        let place = if params.params.is_empty() {
            item.ident.to_token_stream()
        } else {
            params.to_token_stream()
        };
        errors.add(syn::Error::new_spanned(place, message));
        usable = false;
    }
    if item.variants.is_empty() {
        let message = "a step ends with an event: name one at least, or return `Finished` where there is only one way to end";
        errors.add(syn::Error::new(item.ident.span(), message));
        usable = false;
    }
    let mut events = Vec::new();
    let mut seen: BTreeMap<String, Ident> = BTreeMap::new();
    for variant in &mut item.variants {
        let is_accepted = take_accepts(variant, all_accepted, errors);
        usable &= is_plain(variant, errors);
        let ident = variant.ident.clone();
        let Some(name) = errors.value(names::event(&ident)) else {
            // The enum still has this event for the compiler, so that nothing else is reported about it.
            events.push(Event {
                name: names::kebab(&ident),
                variant: ident,
                is_accepted,
            });
            continue;
        };
        if let Some(first) = seen.get(&name) {
            let message = format!(
                "`{first}` and `{ident}` are both the event `{name}` to the host: give one another name"
            );
            errors.add(syn::Error::new(ident.span(), message));
        } else {
            seen.insert(name.clone(), ident.clone());
        }
        document(variant, &name, is_accepted);
        events.push(Event {
            variant: ident,
            name,
            is_accepted,
        });
    }
    usable.then_some(events)
}

/// Whether others send it to the waiting step.
fn take_accepts(variant: &mut Variant, all_accepted: bool, errors: &mut Errors) -> bool {
    let mut is_accepted = all_accepted;
    variant.attrs.retain(|attribute| {
        if !attribute.path().is_ident("accepts") {
            return true;
        }
        if let Err(error) = attribute.meta.require_path_only() {
            errors.add(syn::Error::new(error.span(), "`#[accepts]` stands alone"));
        } else if is_accepted {
            let message = if all_accepted {
                "`#[events(accepts)]` says that of all events here: say it once"
            } else {
                "`#[accepts]` is said twice: say it once"
            };
            errors.add(syn::Error::new_spanned(attribute, message));
        }
        is_accepted = true;
        false
    });
    is_accepted
}

/// Whether it can be an event: a name without anything.
fn is_plain(variant: &Variant, errors: &mut Errors) -> bool {
    if let Some(attribute) = variant.attrs.iter().find(|it| it.path().is_ident("cfg")) {
        let message = "an event can't depend on the build: one version of a workflow has one graph";
        errors.add(syn::Error::new_spanned(attribute, message));
        return false;
    }
    if matches!(variant.fields, Fields::Unit) {
        return true;
    }
    let message = "an event is a name without fields: what comes with it is the step's result, `Stock::Reserved.with(result)`";
    errors.add(syn::Error::new_spanned(&variant.fields, message));
    false
}

fn document(variant: &mut Variant, name: &str, is_accepted: bool) {
    let text = if is_accepted {
        format!(" Sent to the waiting step as `{name}`.")
    } else {
        format!(" Emitted as `{name}`.")
    };
    if variant.attrs.iter().any(|it| it.path().is_ident("doc")) {
        variant.attrs.push(parse_quote!(#[doc = ""]));
    }
    variant.attrs.push(parse_quote!(#[doc = #text]));
}

/// Derives what [`DERIVED`] says. What is derived above `#[events]` can't be seen from here.
fn derive(item: &mut ItemEnum) {
    let present: Vec<String> = item.attrs.iter().flat_map(derived).collect();
    let missing = DERIVED
        .iter()
        .filter(|(_, name)| !present.iter().any(|it| it == name))
        .map(|(module, name)| {
            let (module, name) = (format_ident!("{module}"), format_ident!("{name}"));
            quote!(::core::#module::#name)
        });
    let attribute: Attribute = parse_quote!(#[derive(#(#missing),*)]);
    item.attrs.push(attribute);
}

/// The last words of what an attribute derives.
fn derived(attribute: &Attribute) -> Vec<String> {
    let Meta::List(list) = &attribute.meta else {
        return Vec::new();
    };
    if !list.path.is_ident("derive") {
        return Vec::new();
    }
    // What can't be read here is rustc's to complain about.
    list.parse_args_with(syn::punctuated::Punctuated::<Path, Token![,]>::parse_terminated)
        .map(|paths| {
            let last = paths.iter().filter_map(|path| path.segments.last());
            last.map(|segment| segment.ident.to_string()).collect()
        })
        .unwrap_or_default()
}

fn implement(item: &ItemEnum, events: &[Event]) -> TokenStream {
    let ident = &item.ident;
    let variants: Vec<&Ident> = events.iter().map(|event| &event.variant).collect();
    let names = events.iter().map(|event| &event.name);
    let origin = origin(events);
    let with = events.iter().any(|event| !event.is_accepted).then(|| with(item));
    quote! {
        #[automatically_derived]
        impl ::hephaestus_guest::Event for #ident {
            const ALL: &'static [Self] = &[#(Self::#variants),*];

            fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }

            fn origin(self) -> ::hephaestus_guest::Origin {
                #origin
            }
        }

        #with
    }
}

/// Who brings `self` about.
fn origin(events: &[Event]) -> TokenStream {
    let of = |is_accepted: bool| {
        let events = events
            .iter()
            .filter(move |event| event.is_accepted == is_accepted);
        events.map(|event| &event.variant).collect::<Vec<_>>()
    };
    let (emitted, accepted) = (of(false), of(true));
    let (emits, accepts) = (
        quote!(::hephaestus_guest::Origin::Emitted),
        quote!(::hephaestus_guest::Origin::Accepted),
    );
    if accepted.is_empty() {
        return emits;
    }
    if emitted.is_empty() {
        return accepts;
    }
    quote! {
        match self {
            #(Self::#emitted)|* => #emits,
            #(Self::#accepted)|* => #accepts,
        }
    }
}

/// `Stock::Reserved.with(reservation)`.
fn with(item: &ItemEnum) -> TokenStream {
    let (ident, visibility) = (&item.ident, &item.vis);
    quote! {
        impl #ident {
            /// The step is over with this event, and later steps can read `output`.
            #[allow(dead_code, reason = "not every step has a result")]
            #[must_use]
            #visibility fn with<O>(self, output: O) -> ::hephaestus_guest::Outcome<Self, O> {
                ::hephaestus_guest::Outcome::completed_with(self, output)
            }
        }
    }
}
