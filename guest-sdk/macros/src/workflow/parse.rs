//! Tokens to a [`Table`].

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Path, Token, braced, bracketed, parenthesized, token};

use super::header::Header;
use super::join::Rule;
use super::table::{Entry, Route, Table, Targets, is_done};
use crate::options::{self, Options};

mod word {
    syn::custom_keyword!(when);
    syn::custom_keyword!(choose);
    syn::custom_keyword!(from);
    syn::custom_keyword!(done);
}

impl Parse for Table {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (header, docs) = Header::read(input.call(Attribute::parse_outer)?)?;
        let visibility = input.parse()?;
        let name: Ident = input.parse()?;
        let version = version(input, &name)?;
        let body;
        braced!(body in input);
        let mut table = Self {
            docs,
            header,
            visibility,
            name,
            version,
            entries: Vec::new(),
            done: None,
        };
        while !body.is_empty() {
            table.read_line(&body)?;
        }
        if table.entries.is_empty() {
            return Err(syn::Error::new(
                table.name.span(),
                "the workflow has no steps: the first one written is where instances begin",
            ));
        }
        Ok(table)
    }
}

/// `v1`.
fn version(input: ParseStream<'_>, name: &Ident) -> syn::Result<u32> {
    let expected = |at: Span| {
        syn::Error::new(
            at,
            format!("expected the version of the workflow, like `{name} v1`"),
        )
    };
    let ident: Ident = input.parse().map_err(|_| expected(name.span()))?;
    let text = ident.to_string();
    let digits = text.strip_prefix('v').ok_or_else(|| expected(ident.span()))?;
    let version: u32 = digits.parse().map_err(|_| expected(ident.span()))?;
    if version == 0 {
        return Err(syn::Error::new(ident.span(), "versions are counted from 1"));
    }
    Ok(version)
}

impl Table {
    fn read_line(&mut self, body: ParseStream<'_>) -> syn::Result<()> {
        if body.peek(word::done) && !body.peek2(Token![=]) {
            let at = body.parse::<word::done>()?.span;
            if !body.peek(word::when) {
                return Err(syn::Error::new(
                    at,
                    "`done` is built in: it has a join at most, like `done when any`",
                ));
            }
            body.parse::<word::when>()?;
            if self.done.replace((at, body.parse()?)).is_some() {
                return Err(syn::Error::new(
                    at,
                    "the join of `done` is said twice: say it once",
                ));
            }
            return separator(body, false);
        }
        let entry: Entry = body.parse()?;
        let is_block = entry.ends_with_block;
        self.entries.push(entry);
        separator(body, is_block)
    }
}

/// Lines end with a comma; after a block, and at the end, it can be left out.
fn separator(body: ParseStream<'_>, after_block: bool) -> syn::Result<()> {
    if body.peek(Token![,]) {
        body.parse::<Token![,]>()?;
    } else if !body.is_empty() && !after_block {
        return Err(body.error("expected a comma, and the next step"));
    }
    Ok(())
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (options, docs) = said(input.call(Attribute::parse_outer)?)?;
        let first: Path = input.parse()?;
        let (name, step, is_alias) = if input.peek(Token![=]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
            (first.require_ident()?.clone(), input.parse()?, true)
        } else {
            (last_segment(&first)?, first, false)
        };
        if is_done(&name) {
            return Err(syn::Error::new(
                name.span(),
                "`done` is built in: give the step another name",
            ));
        }
        let config = if input.peek(token::Paren) {
            let inner;
            parenthesized!(inner in input);
            let config = inner.parse()?;
            if !inner.is_empty() {
                return Err(inner.error("a step has one configuration: put several values into a struct"));
            }
            Some(config)
        } else {
            None
        };
        let join = if input.peek(word::when) {
            input.parse::<word::when>()?;
            Some(input.parse::<Rule>()?)
        } else {
            None
        };
        if !input.peek(Token![=>]) {
            return Err(input.error(format!("expected `=>` and where `{name}` leads")));
        }
        input.parse::<Token![=>]>()?;
        let ends_with_block = input.peek(token::Brace);
        Ok(Self {
            docs,
            options,
            name,
            step,
            is_alias,
            config,
            join,
            routes: routes(input)?,
            ends_with_block,
        })
    }
}

/// What is said above a step, and its documentation.
fn said(attributes: Vec<Attribute>) -> syn::Result<(Options, Vec<Attribute>)> {
    let mut options = Options::default();
    let mut docs = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("doc") {
            docs.push(attribute);
        } else if !options.attribute(&attribute)? {
            return Err(match attribute.path().get_ident() {
                Some(word) => options::unknown(word, "option of a step", &options::WORDS),
                None => syn::Error::new_spanned(attribute.path(), "expected one word"),
            });
        }
    }
    Ok((options, docs))
}

fn last_segment(path: &Path) -> syn::Result<Ident> {
    match path.segments.last() {
        Some(segment) if segment.arguments.is_none() => Ok(segment.ident.clone()),
        _ => Err(syn::Error::new_spanned(
            path,
            "a step with parameters needs a name of its own, like `approval = WaitForEvent<Approval>(None) => …`",
        )),
    }
}

/// `{ Valid => reserve, Invalid => refuse }`, or the targets of `Finished` alone.
fn routes(input: ParseStream<'_>) -> syn::Result<Vec<Route>> {
    if input.peek(token::Brace) {
        let inner;
        braced!(inner in input);
        let routes = Punctuated::<Route, Token![,]>::parse_terminated(&inner)?;
        return Ok(routes.into_iter().collect());
    }
    let targets: Targets = input.parse()?;
    Ok(vec![Route {
        events: vec![Ident::new("Finished", targets.span)],
        targets,
    }])
}

impl Parse for Route {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut events = vec![event(input)?];
        while input.peek(Token![|]) {
            input.parse::<Token![|]>()?;
            events.push(event(input)?);
        }
        input.parse::<Token![=>]>()?;
        Ok(Self {
            events,
            targets: input.parse()?,
        })
    }
}

/// A variant of the step's enum; paths to it are read as their last word.
fn event(input: ParseStream<'_>) -> syn::Result<Ident> {
    let event = input.call(Ident::parse_any)?;
    if event == "_" {
        return Err(syn::Error::new(
            event.span(),
            "name every event: one that is added later should not lead somewhere by accident",
        ));
    }
    if input.peek(Token![::]) {
        return Err(syn::Error::new(
            event.span(),
            "write the variant alone, without its enum: the step says which enum it is",
        ));
    }
    Ok(event)
}

impl Parse for Targets {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        if input.peek(word::choose) && !input.peek2(Token![,]) {
            input.parse::<word::choose>()?;
            let chooser = input.parse()?;
            input.parse::<word::from>().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "expected `from` and the targets: `choose channels from [email, sms]`",
                )
            })?;
            return Ok(Self {
                steps: list(input)?,
                chooser: Some(chooser),
                span,
            });
        }
        let steps = if input.peek(token::Bracket) {
            list(input)?
        } else {
            vec![input.parse()?]
        };
        Ok(Self {
            steps,
            chooser: None,
            span,
        })
    }
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let inner;
    bracketed!(inner in input);
    Ok(Punctuated::<Ident, Token![,]>::parse_terminated(&inner)?
        .into_iter()
        .collect())
}
