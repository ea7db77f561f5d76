//! Tokens to a [`Table`].
//!
//! What can't be read is an error and left out; the rest is read nevertheless. A line whose end isn't clear takes no
//! other with it: reading goes on where one can begin.

mod line;
mod route;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenTree};
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Lit, Token, braced, token};

use super::header::Header;
use super::table::Table;
use crate::errors::Errors;

mod word {
    syn::custom_keyword!(when);
    syn::custom_keyword!(choose);
    syn::custom_keyword!(from);
    syn::custom_keyword!(done);
}

/// Reads a workflow. Returns an error only where not even its name can be read; else adds it.
pub(super) fn table(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Table> {
    let (header, docs) = Header::read(input.call(Attribute::parse_outer)?, errors);
    let visibility = input.parse()?;
    let name: Ident = input.parse().map_err(|error: syn::Error| {
        let message = "expected the name of the workflow and its version, like `order_flow v1`";
        syn::Error::new(error.span(), message)
    })?;
    let version = version(input, &name);
    let version = errors.value(version).unwrap_or(1);
    let mut table = Table {
        docs,
        header,
        visibility,
        name,
        version,
        entries: Vec::new(),
        done: None,
    };
    let read = body(input, &mut table, errors);
    errors.value(read);
    skip_all(input);
    Ok(table)
}

/// `v1`.
fn version(input: ParseStream<'_>, name: &Ident) -> syn::Result<u32> {
    let expected = |at: Span| {
        let message = format!("expected the version of the workflow, like `{name} v1`");
        syn::Error::new(at, message)
    };
    if let Some(literal) = input.parse::<Option<Lit>>()? {
        return Err(expected(literal.span()));
    }
    let ident = input
        .parse::<Option<Ident>>()?
        .ok_or_else(|| expected(name.span()))?;
    let text = ident.to_string();
    let digits = text.strip_prefix('v').ok_or_else(|| expected(ident.span()))?;
    let version: u32 = digits.parse().map_err(|_| expected(ident.span()))?;
    if version == 0 {
        return Err(syn::Error::new(ident.span(), "versions are counted from 1"));
    }
    Ok(version)
}

fn body(input: ParseStream<'_>, table: &mut Table, errors: &mut Errors) -> syn::Result<()> {
    if !input.peek(token::Brace) {
        return Err(input.error("expected the steps of the workflow, in braces"));
    }
    let body;
    braced!(body in input);
    if body.is_empty() {
        let message = "the workflow has no steps: the first one written is where instances begin";
        return Err(syn::Error::new(table.name.span(), message));
    }
    lines(&body, table, errors);
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("expected nothing more: a `workflow!` has one table"))
    }
}

/// Reads all lines. After one whose end isn't clear, the next error would be about the same mistake, so it isn't told.
fn lines(body: ParseStream<'_>, table: &mut Table, errors: &mut Errors) {
    let mut is_lost = false;
    while !body.is_empty() {
        let before = body.cursor();
        match line::read(body, table, errors) {
            Ok(()) => is_lost = false,
            Err(error) => {
                if !is_lost {
                    errors.add(error);
                }
                is_lost = true;
                if body.cursor() == before {
                    skip_one(body);
                }
                skip_to_line(body);
            }
        }
    }
}

/// Goes on to where the next line begins, or seems to.
fn skip_to_line(body: ParseStream<'_>) {
    while !body.is_empty() && !begins_line(body) {
        let ends_line = body.peek(Token![,]) || body.peek(token::Brace);
        skip_one(body);
        if ends_line {
            return;
        }
    }
}

fn begins_line(body: ParseStream<'_>) -> bool {
    body.peek(Token![#])
        || body.peek(Token![pub])
        || body.peek(Ident) && (body.peek2(Token![=]) || body.peek2(word::when))
}

/// Goes on to the next comma, and past it.
fn skip_past_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        let is_comma = input.peek(Token![,]);
        skip_one(input);
        if is_comma {
            return;
        }
    }
}

/// Leaves nothing for syn to complain about: what is wrong in these brackets was told of.
pub(super) fn skip_all(input: ParseStream<'_>) {
    while !input.is_empty() {
        skip_one(input);
    }
}

fn skip_one(input: ParseStream<'_>) {
    // Only at the end there is no token, and nobody skips there.
    drop(input.parse::<TokenTree>());
}
