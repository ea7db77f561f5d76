//! `retry(exponential = "1s", attempts = 5, cap = "1m", jitter = 20)`, or `retry(never)`.

use std::time::Duration;

use hephaestus_core::definition::{Backoff, PolicyPart, PolicyProblem, RetryPolicy};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Ident, LitInt};

use super::{duration, duration_expression, duration_text, equals, once, unknown};
use crate::errors::Errors;

/// All words, for messages.
const WORDS: [&str; 7] = [
    "constant",
    "linear",
    "exponential",
    "never",
    "attempts",
    "cap",
    "jitter",
];

/// What was said about retries; what wasn't is left to the SDK's `Retry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryWords {
    /// How pauses grow, and the first one. None: never again.
    pauses: Option<(Backoff, Duration)>,
    attempts: Option<u32>,
    cap: Option<Duration>,
    jitter: Option<u8>,
}

/// The words with their places.
#[derive(Default)]
struct Said {
    never: Option<(Span, ())>,
    pauses: Option<(Span, (Backoff, Duration))>,
    attempts: Option<(Span, u32)>,
    cap: Option<(Span, Duration)>,
    jitter: Option<(Span, u8)>,
}

impl RetryWords {
    /// Reads the list in the parentheses. `at` is where the word `retry` stands.
    pub(super) fn read(list: ParseStream<'_>, at: Span) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let mut said = Said::default();
        let read = super::words(list, |word| said.word(word, list, &mut errors));
        // What else is wrong can't be told from a half.
        if errors.value(read).is_none() {
            return errors.or(said.words());
        }
        said.complete(at, &mut errors);
        said.judge(&mut errors);
        errors.or(said.words())
    }

    /// A constant `Retry`.
    pub(crate) fn expression(&self) -> TokenStream {
        let Some((backoff, first)) = self.pauses else {
            return quote!(::hephaestus_guest::Retry::never());
        };
        let first = duration_expression(first);
        let start = match backoff {
            Backoff::Constant => quote!(constant),
            Backoff::Linear => quote!(linear),
            Backoff::Exponential => quote!(exponential),
        };
        let attempts = self.attempts.map(|max| quote!(.attempts(#max)));
        let cap = self.cap.map(|cap| {
            let cap = duration_expression(cap);
            quote!(.cap(#cap))
        });
        let jitter = self.jitter.map(|percent| quote!(.jitter_percent(#percent)));
        quote!(::hephaestus_guest::Retry::#start(#first) #attempts #cap #jitter)
    }

    /// As the host judges it. What isn't said is what makes sense of the rest.
    fn policy(&self) -> RetryPolicy {
        let (backoff, initial) = self.pauses.unwrap_or((Backoff::Constant, Duration::ZERO));
        RetryPolicy {
            max_attempts: self.attempts.unwrap_or(1),
            backoff,
            initial,
            cap: self.cap.unwrap_or(initial),
            jitter_percent: self.jitter.unwrap_or(0),
        }
    }
}

impl Said {
    /// Reads what follows a word. Returns an error only where the rest can't be read; else adds it.
    fn word(&mut self, word: &Ident, list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let name = word.to_string();
        match name.as_str() {
            "never" => once(&mut self.never, Some((word.span(), ())), "never", errors),
            "constant" | "linear" | "exponential" => {
                // A text that is no duration is an error of its own; here no pause stands in for it.
                let (span, pause) =
                    span_of_time(word, list, errors)?.unwrap_or((word.span(), Duration::ZERO));
                let backoff = match name.as_str() {
                    "constant" => Backoff::Constant,
                    "linear" => Backoff::Linear,
                    _ => Backoff::Exponential,
                };
                if self.pauses.is_some() {
                    let message =
                        "pauses can't grow in two ways: say one of `constant`, `linear`, `exponential`";
                    errors.add(syn::Error::new(word.span(), message));
                } else {
                    self.pauses = Some((span, (backoff, pause)));
                }
            }
            "attempts" => {
                let attempts = number(word, list, errors)?;
                once(&mut self.attempts, attempts, "attempts", errors);
            }
            "cap" => {
                let cap = span_of_time(word, list, errors)?;
                once(&mut self.cap, cap, "cap", errors);
            }
            "jitter" => {
                let jitter = number(word, list, errors)?;
                once(&mut self.jitter, jitter, "jitter", errors);
            }
            _ => return Err(unknown(word, "word of `retry`", &WORDS)),
        }
        Ok(())
    }

    /// Is there what belongs together, and nothing else?
    fn complete(&self, at: Span, errors: &mut Errors) {
        if let Some((span, ())) = self.never {
            if self.pauses.is_some() || self.attempts.is_some() || self.cap.is_some() || self.jitter.is_some()
            {
                let message = "`never` stands alone: a step that is tried once has no pauses";
                errors.add(syn::Error::new(span, message));
            }
        } else if self.pauses.is_none() {
            let message = "say how long the pauses are: `constant = \"1s\"`, `linear = \"1s\"` or `exponential = \"1s\"`; or `never`";
            errors.add(syn::Error::new(at, message));
        }
    }

    fn words(&self) -> RetryWords {
        RetryWords {
            pauses: self.pauses.map(|(_, pauses)| pauses),
            attempts: self.attempts.map(|(_, attempts)| attempts),
            cap: self.cap.map(|(_, cap)| cap),
            jitter: self.jitter.map(|(_, jitter)| jitter),
        }
    }

    /// Asks the host's rules, and puts what they say at the value it concerns.
    fn judge(&self, errors: &mut Errors) {
        for problem in PolicyProblem::of_retry(&self.words().policy()) {
            let pauses = self.pauses.map(|(span, _)| span);
            let span = match problem.part {
                PolicyPart::Attempts => self.attempts.map(|(span, _)| span),
                PolicyPart::Jitter => self.jitter.map(|(span, _)| span),
                PolicyPart::Cap => self.cap.map(|(span, _)| span).or(pauses),
                PolicyPart::Deadline => None,
            };
            let message = format!("the retry policy {}: {}", problem.message, problem.fix);
            errors.add(syn::Error::new(span.unwrap_or_else(Span::call_site), message));
        }
    }
}

/// `= "1s"`.
fn span_of_time(
    word: &Ident,
    list: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<(Span, Duration)>> {
    equals(word, list, &format!("{word} = \"1s\""))?;
    let text = duration_text(list)?;
    Ok(errors.value(duration(&text)).map(|span| (text.span(), span)))
}

/// `= 5`.
fn number<T>(word: &Ident, list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<(Span, T)>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    equals(word, list, &format!("{word} = 5"))?;
    let literal: LitInt = list
        .parse()
        .map_err(|error: syn::Error| syn::Error::new(error.span(), "expected a whole number"))?;
    let number = errors.value(literal.base10_parse());
    Ok(number.map(|number| (literal.span(), number)))
}
