//! The lines of a table: a step, or the join of `done`.

use syn::parse::ParseStream;
use syn::{Attribute, Expr, Ident, Path, Token, Visibility, parenthesized, token};

use super::{route, skip_all, skip_one, word};
use crate::errors::Errors;
use crate::options::{self, Options};
use crate::workflow::join::When;
use crate::workflow::table::{Entry, Table, is_done};

const DONE: &str =
    "`done` is built in: it is where instances end, and has a join at most, like `done when any`";

/// Reads a line into the table. Returns an error where its end isn't clear.
pub(super) fn read(body: ParseStream<'_>, table: &mut Table, errors: &mut Errors) -> syn::Result<()> {
    let is_name = body.peek2(Token![=]) && !body.peek2(Token![=>]);
    if body.peek(word::done) && !is_name {
        done(body, table, errors)?;
        return separator(body, false);
    }
    let mut entry = head(body, errors)?;
    let rest = rest(&mut entry, body, errors);
    entry.is_whole &= rest.is_ok();
    table.entries.push(entry);
    let ends_with_block = rest?;
    separator(body, ends_with_block)
}

/// `done when any`.
fn done(body: ParseStream<'_>, table: &mut Table, errors: &mut Errors) -> syn::Result<()> {
    let at = body.parse::<word::done>()?.span;
    if !body.peek(word::when) {
        return Err(syn::Error::new(at, DONE));
    }
    body.parse::<word::when>()?;
    let When { rule, .. } = body.parse()?;
    if body.peek(Token![=>]) {
        return Err(body.error("nothing comes after `done`: leave it out"));
    }
    if table.done.replace(When { at, rule }).is_some() {
        let message = "the join of `done` is said twice: say it once";
        errors.add(syn::Error::new(at, message));
    }
    Ok(())
}

/// Lines end with a comma; after a block, and at the end, it can be left out.
fn separator(body: ParseStream<'_>, after_block: bool) -> syn::Result<()> {
    if body.parse::<Option<Token![,]>>()?.is_some() || body.is_empty() || after_block {
        Ok(())
    } else {
        Err(body.error("expected a comma, and the next step"))
    }
}

/// What is said of a step, and its name.
fn head(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Entry> {
    let (options, docs) = said(input.call(Attribute::parse_outer)?, errors);
    let visibility: Visibility = input.parse()?;
    let visibility = (!matches!(visibility, Visibility::Inherited)).then_some(visibility);
    let first: Path = input.parse().map_err(|error: syn::Error| {
        let message = "expected a step and where it leads, like `reserve => ship`";
        syn::Error::new(error.span(), message)
    })?;
    let is_alias = input.peek(Token![=]) && !input.peek(Token![=>]);
    let named = if is_alias {
        first.require_ident().cloned()
    } else {
        last_segment(&first)
    };
    let (name, is_whole) = match (named, first.segments.last()) {
        (Ok(name), _) => (name, true),
        (Err(error), Some(last)) => {
            errors.add(error);
            (last.ident.clone(), false)
        }
        (Err(error), None) => return Err(error),
    };
    let step = if is_alias {
        input.parse::<Token![=]>()?;
        input.parse()?
    } else {
        first
    };
    if is_done(&name) {
        return Err(syn::Error::new(name.span(), DONE));
    }
    if let (Some(visibility), false) = (&visibility, is_alias) {
        let message = "a step says itself who can name it; only another name for one says it here, like `pub pause = Wait(..)`";
        errors.add(syn::Error::new_spanned(visibility, message));
    }
    Ok(Entry {
        docs,
        options,
        visibility,
        name,
        step,
        is_alias,
        config: None,
        join: None,
        routes: Vec::new(),
        is_whole,
    })
}

/// The configuration, the join, and where the events lead. True: it ends with a block.
fn rest(entry: &mut Entry, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<bool> {
    if input.peek(token::Paren) {
        let inner;
        parenthesized!(inner in input);
        entry.config = errors.value(config(&inner, &entry.name));
        skip_all(&inner);
        entry.is_whole &= entry.config.is_some();
    }
    if input.parse::<Option<word::when>>()?.is_some() {
        entry.join = errors.value(input.parse());
        if entry.join.is_none() {
            entry.is_whole = false;
            skip_to_arrow(input);
        }
    }
    if input.parse::<Option<Token![=>]>>()?.is_none() {
        let name = &entry.name;
        let message = format!("where does `{name}` lead? Write `{name} => next_step`, or `{name} => done`");
        return Err(syn::Error::new(name.span(), message));
    }
    let ends_with_block = input.peek(token::Brace);
    entry.is_whole &= route::read(input, &mut entry.routes, errors)?;
    Ok(ends_with_block)
}

fn config(inner: ParseStream<'_>, name: &Ident) -> syn::Result<Expr> {
    if inner.is_empty() {
        let message = format!(
            "expected the configuration of `{name}` in these parentheses; if it has none, leave them out"
        );
        return Err(syn::Error::new(inner.span(), message));
    }
    let config = inner.parse()?;
    if inner.is_empty() {
        Ok(config)
    } else {
        Err(inner.error("a step has one configuration: put several values into a struct"))
    }
}

/// From a join that can't be read to what comes after it.
fn skip_to_arrow(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![=>]) && !input.peek(Token![,]) && !input.peek(token::Brace)
    {
        skip_one(input);
    }
}

/// What is said above a step, and its documentation.
fn said(attributes: Vec<Attribute>, errors: &mut Errors) -> (Options, Vec<Attribute>) {
    let mut options = Options::default();
    let mut docs = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("doc") {
            docs.push(attribute);
            continue;
        }
        match (options.attribute(&attribute), attribute.path().get_ident()) {
            (Ok(true), _) => {}
            (Ok(false), Some(word)) => {
                errors.add(options::unknown(word, "option of a step", &options::WORDS));
            }
            (Ok(false), None) => {
                errors.add(syn::Error::new_spanned(attribute.path(), "expected one word"));
            }
            (Err(error), _) => errors.add(error),
        }
    }
    (options, docs)
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
