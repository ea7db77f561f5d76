//! `#[step]`: a function, or the `run` of an impl block, becomes a step. Its parameters say what it reads, its return
//! type how it ends.

mod signature;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, ItemFn, ItemImpl, Type, parse_quote};

use crate::errors::Errors;
use crate::names;
use crate::options::Options;
use signature::{Parameter, StepSignature};

/// Expands the attribute. Whatever is wrong, the item itself stays: only what concerns it is reported.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2(item.clone()) {
        Ok(Item::Fn(item)) => function(arguments, item),
        Ok(Item::Impl(item)) => block(arguments, item),
        Ok(_) => {
            let message = "`#[step]` makes a step of a function, or of an `impl` block with a function `run`";
            let error = syn::Error::new(Span::call_site(), message).into_compile_error();
            quote!(#error #item)
        }
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #item)
        }
    }
}

/// A function: its name names the step too.
fn function(arguments: TokenStream, mut item: ItemFn) -> TokenStream {
    let mut errors = Errors::default();
    let options = errors.value(syn::parse2(arguments)).unwrap_or_default();
    let name = names::step(&item.sig.ident);
    let name = errors
        .value(name)
        .unwrap_or_else(|| names::kebab(&item.sig.ident));
    let signature = StepSignature::read(&item.sig, &mut errors);
    let ident = item.sig.ident.clone();
    let step = signature.map(|signature| {
        let marker = marker(&item, &name);
        let cfgs = conditions(&item.attrs);
        let step = Step {
            target: ident.to_token_stream(),
            code: ident.to_token_stream(),
            name,
            options,
        };
        let implementation = step.implement(&signature);
        quote!(#marker #(#cfgs)* #implementation)
    });
    item.attrs.push(bound_by_contract());
    let errors = errors.into_tokens();
    quote!(#item #step #errors)
}

/// The type that names the step. It is in another namespace than the function.
fn marker(item: &ItemFn, name: &str) -> TokenStream {
    let (visibility, ident) = (&item.vis, &item.sig.ident);
    let attributes = item.attrs.iter().filter(|attribute| {
        ["doc", "cfg", "deprecated"]
            .iter()
            .any(|kept| attribute.path().is_ident(kept))
    });
    let text = format!(" Names the step `{name}`; its code is the function.");
    let gap = item
        .attrs
        .iter()
        .any(|it| it.path().is_ident("doc"))
        .then(|| quote!(#[doc = ""]));
    quote! {
        #(#attributes)*
        #gap
        #[doc = #text]
        #[allow(non_camel_case_types, reason = "a step is called like its function")]
        #visibility enum #ident {}
    }
}

/// An impl block: the step is its type, the code its function `run`.
fn block(arguments: TokenStream, mut item: ItemImpl) -> TokenStream {
    let mut errors = Errors::default();
    let options = errors.value(syn::parse2(arguments)).unwrap_or_default();
    let target = errors.value(named_type(&item));
    let name = target
        .as_ref()
        .and_then(|(_, ident)| errors.value(names::step(ident)));
    let signature = match run(&mut item) {
        _ if target.is_none() => None,
        Some(run) => {
            let signature = StepSignature::read(&run.sig, &mut errors);
            run.attrs.push(bound_by_contract());
            signature
        }
        None => {
            let message =
                "the code of a step is its function `run`: `fn run(ctx: &Context) -> StepResult<E, O>`";
            errors.add(syn::Error::new_spanned(&item.self_ty, message));
            None
        }
    };
    let step = match (target, name, signature) {
        (Some((target, _)), Some(name), Some(signature)) => {
            let step = Step {
                code: quote!(#target::run),
                target,
                name,
                options,
            };
            let cfgs = conditions(&item.attrs);
            let implementation = step.implement(&signature);
            Some(quote!(#(#cfgs)* #implementation))
        }
        _ => None,
    };
    let errors = errors.into_tokens();
    quote!(#item #step #errors)
}

/// The type of an impl block, and the identifier that names the step.
fn named_type(item: &ItemImpl) -> syn::Result<(TokenStream, Ident)> {
    if let Some((_, path, _)) = &item.trait_ {
        let message =
            "`#[step]` writes the impl of `Step`: put it at the type's own block, `impl Ship { fn run(..) }`";
        return Err(syn::Error::new_spanned(path, message));
    }
    if !item.generics.params.is_empty() {
        let message =
            "a step that is generic implements `Step` by hand: its name has to differ for each type";
        return Err(syn::Error::new_spanned(&item.generics, message));
    }
    let last = match &*item.self_ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    };
    match last {
        Some(last) if last.arguments.is_none() => Ok((item.self_ty.to_token_stream(), last.ident.clone())),
        _ => {
            let message = "a step is a type with a name of its own, without parameters: `struct Ship;`";
            Err(syn::Error::new_spanned(&item.self_ty, message))
        }
    }
}

fn run(item: &mut ItemImpl) -> Option<&mut syn::ImplItemFn> {
    item.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "run" => Some(function),
        _ => None,
    })
}

/// What is only there in some builds takes its step along.
fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|it| it.path().is_ident("cfg"))
}

/// Lints about signatures that a step can't choose.
fn bound_by_contract() -> Attribute {
    parse_quote! {
        #[allow(
            clippy::missing_errors_doc,
            clippy::must_use_candidate,
            clippy::needless_pass_by_value,
            clippy::unnecessary_wraps,
            reason = "a step gets its parameters by value, and hands its errors to the host"
        )]
    }
}

/// A step to be implemented.
struct Step {
    /// The type.
    target: TokenStream,
    /// The function that is called.
    code: TokenStream,
    name: String,
    options: Options,
}

impl Step {
    /// Writes the impl. Each bound stands at the type that has to keep it, so that the compiler points there.
    fn implement(&self, signature: &StepSignature) -> TokenStream {
        let Self {
            target, code, name, ..
        } = self;
        let options = (!self.options.is_empty()).then(|| {
            let options = self.options.expression();
            quote!(const OPTIONS: ::hephaestus_guest::StepOptions = #options;)
        });
        let output = &signature.output;
        // All of it with one span: what is wrong with the type is then one error, and not one for each use.
        let at = output.span();
        let of =
            |item: TokenStream| quote_spanned!(at=> <#output as ::hephaestus_guest::IntoStepResult>::#item);
        let (event, result) = (of(quote_spanned!(at=> Event)), of(quote_spanned!(at=> Output)));
        let into = of(quote_spanned!(at=> into_step_result));
        let config = signature
            .config()
            .map_or_else(|| quote!(()), ToTokens::to_token_stream);
        let parameters = signature.extracted();
        // Hygienic: a step may be called `ctx`.
        let ctx = Ident::new("ctx", Span::mixed_site());
        let parameter = if signature.parameters.is_empty() {
            quote!(_)
        } else {
            quote!(#ctx)
        };
        let arguments = signature.parameters.iter().map(|parameter| match parameter {
            Parameter::Context => quote!(#ctx),
            Parameter::Extracted(it) => {
                quote_spanned!(it.span()=> ::hephaestus_guest::Context::get::<#it>(#ctx)?)
            }
        });
        let body = quote_spanned!(at=> { #into(#code(#(#arguments),*)) });
        let types = quote_spanned! {at=>
            type Event = #event;
            type Output = #result;
        };
        let run = quote_spanned! {at=>
            fn run(
                #parameter: &::hephaestus_guest::Context,
            ) -> ::hephaestus_guest::StepResult<Self::Event, Self::Output> #body
        };
        let reads = quote_spanned! {signature.place_of_reads()=>
            type Reads = ::hephaestus_guest::reads::Parameters<(#(#parameters,)*)>;
        };
        quote! {
            impl ::hephaestus_guest::Step for #target {
                const NAME: &'static str = #name;
                #options
                #types
                type Config = #config;
                #reads

                #run
            }
        }
    }
}
