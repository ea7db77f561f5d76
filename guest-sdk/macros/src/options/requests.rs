//! `requests(http = "https://stock.example", secret = "STOCK_TOKEN")`: what a step asks its operator for.

use hephaestus_core::capability::Request;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Ident, LitStr};

use super::{equals, unknown, words};
use crate::errors::Errors;

/// All words, for messages.
const WORDS: [&str; 3] = ["http", "private_http", "secret"];

/// What was asked for, each thing once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestWords(Vec<Request>);

impl RequestWords {
    /// Reads the list in the parentheses. `at` is where the word `requests` stands. An error is returned only where
    /// the rest can't be read; else it is added, and the request left out.
    pub(super) fn read(list: ParseStream<'_>, at: Span, errors: &mut Errors) -> syn::Result<Self> {
        if list.is_empty() {
            let message = "nothing is asked for: name it, like `requests(http = \"https://stock.example\")`, or leave it out";
            errors.add(syn::Error::new(at, message));
        }
        let mut found = Self::default();
        words(list, |word| {
            let (text, request) = request(word, list)?;
            found.add(&text, request, errors);
            Ok(())
        })?;
        Ok(found)
    }

    /// Judged by the host's own rule, at the text that it is about.
    fn add(&mut self, text: &LitStr, request: Request, errors: &mut Errors) {
        if let Err(problem) = request.check() {
            errors.add(syn::Error::new(text.span(), problem));
        } else if self.0.contains(&request) {
            let message = format!("{request}: that was asked for already");
            errors.add(syn::Error::new(text.span(), message));
        } else {
            self.0.push(request);
        }
    }

    /// A constant array of `Request`.
    pub(crate) fn expression(&self) -> TokenStream {
        let requests = self.0.iter().map(|request| match request {
            Request::Http { origin, private } => {
                let private = private.then(|| quote!(.private()));
                quote!(::hephaestus_guest::Request::http(#origin) #private)
            }
            Request::Secret { name } => quote!(::hephaestus_guest::Request::secret(#name)),
        });
        quote!([#(#requests),*])
    }
}

/// `http = "https://stock.example"`.
fn request(word: &Ident, list: ParseStream<'_>) -> syn::Result<(LitStr, Request)> {
    let name = word.to_string();
    if !WORDS.contains(&name.as_str()) {
        return Err(unknown(word, "capability", &WORDS));
    }
    let example = match name.as_str() {
        "secret" => r#"secret = "STOCK_TOKEN""#.to_owned(),
        http => format!(r#"{http} = "https://stock.example""#),
    };
    equals(word, list, &example)?;
    let text: LitStr = list.parse().map_err(|error: syn::Error| {
        syn::Error::new(
            error.span(),
            format!("expected a text in quotes, like `{example}`"),
        )
    })?;
    let value = text.value();
    let request = match name.as_str() {
        "secret" => Request::Secret { name: value },
        http => Request::Http {
            origin: value,
            private: http == "private_http",
        },
    };
    Ok((text, request))
}
