//! Where the events of a step lead.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Token, braced, bracketed, token};

use super::{skip_all, skip_past_comma, word};
use crate::errors::Errors;
use crate::names::kebab;
use crate::workflow::table::{Route, Targets, is_failed};

/// `{ Valid => reserve, Invalid => refuse }`, or the targets of `Finished` alone. False: some of it can't be read.
pub(super) fn read(
    input: ParseStream<'_>,
    routes: &mut Vec<Route>,
    errors: &mut Errors,
) -> syn::Result<bool> {
    if !input.peek(token::Brace) {
        let targets: Targets = input.parse()?;
        let finished = Ident::new("Finished", targets.span);
        routes.push(Route {
            events: vec![finished],
            targets,
        });
        return Ok(true);
    }
    let inner;
    braced!(inner in input);
    let mut is_whole = true;
    while !inner.is_empty() {
        let route = inner.parse().and_then(|route| {
            comma(&inner)?;
            Ok(route)
        });
        match errors.value(route) {
            Some(route) => routes.push(route),
            None => {
                is_whole = false;
                skip_past_comma(&inner);
            }
        }
    }
    Ok(is_whole)
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if input.parse::<Option<Token![,]>>()?.is_some() || input.is_empty() {
        Ok(())
    } else {
        Err(input.error("expected a comma, and the next event"))
    }
}

impl Parse for Route {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut events = vec![event(input)?];
        while input.parse::<Option<Token![|]>>()?.is_some() {
            events.push(event(input)?);
        }
        let last = &events[events.len() - 1];
        if input.parse::<Option<Token![=>]>>()?.is_none() {
            let message =
                format!("where does `{last}` lead? Write `{last} => next_step`, or `{last} => done`");
            return Err(syn::Error::new(last.span(), message));
        }
        Ok(Self {
            events,
            targets: input.parse()?,
        })
    }
}

/// A variant of the step's enum.
fn event(input: ParseStream<'_>) -> syn::Result<Ident> {
    let event = input.call(Ident::parse_any).map_err(|error| {
        let message = "expected an event of the step and where it leads, like `Reserved => ship`";
        syn::Error::new(error.span(), message)
    })?;
    let error = |message: &str| Err(syn::Error::new(event.span(), message));
    if event == "_" {
        return error("name every event: one that is added later should not lead somewhere by accident");
    }
    if kebab(&event) == "failed" && !is_failed(&event) {
        return error(
            "no event is called that: where it goes on when the step has used up its attempts is written `failed`, in small letters",
        );
    }
    if input.peek(Token![::]) {
        return error("write the variant alone, without its enum: the step says which enum it is");
    }
    Ok(event)
}

impl Parse for Targets {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        // A step may be called `choose`.
        if input.peek(word::choose) && (input.peek2(Ident) || input.peek2(Token![::])) {
            return chosen(input, span);
        }
        let steps = if input.peek(token::Bracket) {
            list(input)?
        } else {
            vec![input.parse().map_err(|error| where_to(&error))?]
        };
        Ok(Self {
            steps,
            chooser: None,
            span,
        })
    }
}

/// `choose channels from [email, sms]`.
fn chosen(input: ParseStream<'_>, span: Span) -> syn::Result<Targets> {
    input.parse::<word::choose>()?;
    let chooser = input.parse()?;
    input.parse::<word::from>().map_err(|error| {
        let message = "expected `from` and the targets: `choose channels from [email, sms]`";
        syn::Error::new(error.span(), message)
    })?;
    if !input.peek(token::Bracket) {
        return Err(input.error("expected the targets in brackets: `choose channels from [email, sms]`"));
    }
    Ok(Targets {
        steps: list(input)?,
        chooser: Some(chooser),
        span,
    })
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let inner;
    bracketed!(inner in input);
    let steps = Punctuated::<Ident, Token![,]>::parse_terminated(&inner);
    skip_all(&inner);
    let steps = steps.map_err(|error| where_to(&error))?;
    Ok(steps.into_iter().collect())
}

fn where_to(error: &syn::Error) -> syn::Error {
    let message = "expected where it leads: a step of the table, several in brackets, or `done`";
    syn::Error::new(error.span(), message)
}
