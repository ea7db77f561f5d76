//! `requests(http = "https://stock.example", secret = "STOCK_TOKEN")`: what a step asks its operator for.

use hephaestus_core::capability::Request;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Ident, LitStr};

use super::{equals, unknown, words};
use crate::errors::Errors;

/// All words, for messages.
const WORDS: [&str; 8] = [
    "http",
    "private_http",
    "secret",
    "env",
    "files",
    "write_files",
    "clock",
    "random",
];

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
            let (at, request) = request(word, list)?;
            found.add(at, request, errors);
            Ok(())
        })?;
        Ok(found)
    }

    /// Judged by the host's own rule, at the text that it is about.
    fn add(&mut self, at: Span, request: Request, errors: &mut Errors) {
        if let Err(problem) = request.check() {
            errors.add(syn::Error::new(at, problem));
        } else if self.0.contains(&request) {
            let message = format!("{request}: that was asked for already");
            errors.add(syn::Error::new(at, message));
        } else {
            self.0.push(request);
        }
    }

    /// A constant array of `Request`.
    pub(crate) fn expression(&self) -> TokenStream {
        let requests = self.0.iter().map(|request| match request {
            Request::Http {
                origin,
                private,
                methods,
            } => {
                let private = private.then(|| quote!(.private()));
                let methods = (!methods.is_empty()).then(|| quote!(.methods(&[#(#methods),*])));
                quote!(::hephaestus_guest::Request::http(#origin) #private #methods)
            }
            Request::Secret { name } => quote!(::hephaestus_guest::Request::secret(#name)),
            Request::Env { name } => quote!(::hephaestus_guest::Request::env(#name)),
            Request::Files { path, write } => {
                let write = write.then(|| quote!(.write()));
                quote!(::hephaestus_guest::Request::files(#path) #write)
            }
            Request::Clock => quote!(::hephaestus_guest::Request::clock()),
            Request::Random => quote!(::hephaestus_guest::Request::random()),
        });
        quote!([#(#requests),*])
    }
}

/// `http = "https://stock.example"`, or `clock`. With the place that it is about.
fn request(word: &Ident, list: ParseStream<'_>) -> syn::Result<(Span, Request)> {
    let name = word.to_string();
    if !WORDS.contains(&name.as_str()) {
        return Err(unknown(word, "capability", &WORDS));
    }
    match name.as_str() {
        "clock" => return Ok((word.span(), Request::Clock)),
        "random" => return Ok((word.span(), Request::Random)),
        _ => {}
    }
    let example = match name.as_str() {
        "secret" => r#"secret = "STOCK_TOKEN""#.to_owned(),
        "env" => r#"env = "LOG_LEVEL""#.to_owned(),
        files @ ("files" | "write_files") => format!(r#"{files} = "/data""#),
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
        "env" => Request::Env { name: value },
        files @ ("files" | "write_files") => Request::Files {
            path: value,
            write: files == "write_files",
        },
        http => http_request(&value, http == "private_http"),
    };
    Ok((text.span(), request))
}

/// `https://stock.example`, or `GET,HEAD https://stock.example`.
fn http_request(text: &str, private: bool) -> Request {
    let (methods, origin) = text.rsplit_once(' ').unwrap_or(("", text));
    let methods = methods.split(',').map(str::trim).filter(|name| !name.is_empty());
    Request::Http {
        origin: origin.to_owned(),
        private,
        methods: methods.map(str::to_owned).collect(),
    }
}
