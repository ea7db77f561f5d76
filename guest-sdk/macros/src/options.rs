//! The words for what a step asks for: `retry`, `deadline`, `requests`. The same at the step, as
//! `#[step(deadline = "5s")]`, and in the table of `workflow!`, as `#[deadline("5s")]`.
//!
//! Whether a policy makes sense is decided by the host's own rules, while the workflow is compiled.

mod requests;
mod retry;
#[cfg(test)]
mod tests;

use std::time::Duration;

use hephaestus_core::definition::{PolicyProblem, nearest};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Token, parenthesized, token};

pub(crate) use requests::RequestWords;
pub(crate) use retry::RetryWords;

use crate::errors::Errors;

/// All words, for messages.
pub(crate) const WORDS: [&str; 3] = ["retry", "deadline", "requests"];

/// What a step asks for.
#[derive(Default)]
pub(crate) struct Options {
    /// How failed attempts are repeated, and where that is said.
    pub(crate) retry: Option<(Span, RetryWords)>,
    /// How long it may take, and where that is said.
    pub(crate) deadline: Option<(Span, Duration)>,
    /// What it asks its operator for, and where that is said.
    pub(crate) requests: Option<(Span, RequestWords)>,
}

/// A list, as in `#[step(..)]`.
impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        let mut errors = Errors::default();
        let read = words(input, |word| options.word(word, input, &mut errors));
        errors.value(read);
        errors.or(options)
    }
}

impl Options {
    /// Takes an attribute of the table, like `#[deadline("5s")]`. False: it is none of these.
    pub(crate) fn attribute(&mut self, attribute: &Attribute) -> syn::Result<bool> {
        let Some(word) = attribute.path().get_ident() else {
            return Ok(false);
        };
        if !WORDS.iter().any(|known| word == known) {
            return Ok(false);
        }
        let said: Self = syn::parse2(attribute.meta.to_token_stream())?;
        let mut errors = Errors::default();
        once(&mut self.retry, said.retry, "retry", &mut errors);
        once(&mut self.deadline, said.deadline, "deadline", &mut errors);
        once(&mut self.requests, said.requests, "requests", &mut errors);
        errors.or(true)
    }

    /// A constant `StepOptions`.
    pub(crate) fn expression(&self) -> TokenStream {
        let retry = self.retry.as_ref().map(|(_, retry)| {
            let retry = retry.expression();
            quote!(.retry(#retry))
        });
        let deadline = self.deadline.map(|(_, span)| {
            let span = duration_expression(span);
            quote!(.deadline(#span))
        });
        let requests = self.requests.as_ref().map(|(_, requests)| {
            let requests = requests.expression();
            quote!(.requests(&#requests))
        });
        quote!(::hephaestus_guest::StepOptions::NONE #retry #deadline #requests)
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.retry.is_none() && self.deadline.is_none() && self.requests.is_none()
    }

    /// Reads what follows a word. Returns an error only where the rest can't be read; else adds it.
    fn word(&mut self, word: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let span = word.span();
        match word.to_string().as_str() {
            "retry" => {
                let retry = in_parentheses(word, input, r#"retry(exponential = "1s", attempts = 5)"#)?;
                let retry = errors
                    .value(RetryWords::read(&retry, span))
                    .map(|retry| (span, retry));
                once(&mut self.retry, retry, "retry", errors);
            }
            "deadline" => {
                let text = deadline_text(word, input)?;
                let deadline = errors.value(deadline(&text)).map(|deadline| (span, deadline));
                once(&mut self.deadline, deadline, "deadline", errors);
            }
            "requests" => {
                let list = in_parentheses(word, input, r#"requests(http = "https://stock.example")"#)?;
                let requests = RequestWords::read(&list, span, errors)?;
                once(&mut self.requests, Some((span, requests)), "requests", errors);
            }
            _ => return Err(unknown(word, "option of a step", &WORDS)),
        }
        Ok(())
    }
}

/// A duration as the host counts it: `from_millis(5000)`.
pub(crate) fn duration_expression(duration: Duration) -> TokenStream {
    // Fits: it was proven to be ten years at most, or is not compiled anyway.
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#milliseconds))
}

/// `"5s"`, read while the guest compiles.
fn duration(text: &LitStr) -> syn::Result<Duration> {
    let duration = humantime::parse_duration(&text.value()).map_err(|error| {
        let message = format!(
            "{:?} is not a duration ({error}): write it like \"200ms\", \"5s\" or \"1h 30m\"",
            text.value()
        );
        syn::Error::new(text.span(), message)
    })?;
    if duration.subsec_nanos() % 1_000_000 != 0 {
        let message = "the host counts in whole milliseconds: use them";
        return Err(syn::Error::new(text.span(), message));
    }
    Ok(duration)
}

/// The text of a duration; what else is written there is told what to be.
fn duration_text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse().map_err(|error: syn::Error| {
        syn::Error::new(
            error.span(),
            r#"expected a duration in quotes, with its unit, like "200ms", "5s" or "1h 30m""#,
        )
    })
}

fn deadline(text: &LitStr) -> syn::Result<Duration> {
    let deadline = duration(text)?;
    match PolicyProblem::of_deadline(deadline) {
        Some(problem) => {
            let message = format!("the deadline {}: {}", problem.message, problem.fix);
            Err(syn::Error::new(text.span(), message))
        }
        None => Ok(deadline),
    }
}

/// `= "5s"` or `("5s")`: the first reads better in a list, the second as an attribute.
fn deadline_text(word: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        let text = duration_text(&content)?;
        nothing_more(&content)?;
        return Ok(text);
    }
    equals(word, input, r#"deadline = "5s""#)?;
    duration_text(input)
}

/// Reads a list of words, each with what `read` makes of it, as far as it can be read.
fn words(list: ParseStream<'_>, mut read: impl FnMut(&Ident) -> syn::Result<()>) -> syn::Result<()> {
    while !list.is_empty() {
        read(&list.call(Ident::parse_any)?)?;
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Keeps the first; a second one is an error at its place.
fn once<T>(place: &mut Option<(Span, T)>, said: Option<(Span, T)>, word: &str, errors: &mut Errors) {
    match (&place, said) {
        (Some(_), Some((span, _))) => {
            errors.add(syn::Error::new(
                span,
                format!("`{word}` is said twice: say it once"),
            ));
        }
        (None, Some(said)) => *place = Some(said),
        (_, None) => {}
    }
}

/// What is in the parentheses after a word.
fn in_parentheses<'a>(
    word: &Ident,
    input: ParseStream<'a>,
    example: &str,
) -> syn::Result<syn::parse::ParseBuffer<'a>> {
    if !input.peek(token::Paren) {
        return Err(how(word, example));
    }
    let content;
    parenthesized!(content in input);
    Ok(content)
}

fn equals(word: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(how(word, example));
    }
    input.parse::<Token![=]>().map(|_| ())
}

fn nothing_more(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("expected nothing more"))
    }
}

fn how(word: &Ident, example: &str) -> syn::Error {
    syn::Error::new(
        word.span(),
        format!("`{word}` needs a value: write it like `{example}`"),
    )
}

/// An error at a word that nobody knows.
pub(crate) fn unknown(word: &Ident, what: &str, known: &[&str]) -> syn::Error {
    let found = word.to_string();
    let guess = nearest(&found, known.iter().copied()).map_or_else(
        || "; ".to_owned(),
        |name| format!("; did you mean `{name}`? Else "),
    );
    let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("`{found}` is no {what}{guess}there are {}", all.join(", "));
    syn::Error::new(word.span(), message)
}
