//! What is said of the whole workflow, as attributes above its name.

use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Token};

use crate::errors::Errors;
use crate::options::{self, Options};

/// The words that can be said.
const WORDS: [&str; 8] = [
    "business_key",
    "tag",
    "metadata",
    "retry",
    "deadline",
    "on_cancel",
    "allow_stuck",
    "no_export",
];

/// What is said of the whole workflow.
#[derive(Default)]
pub(super) struct Header {
    pub(super) business_key: Option<BusinessKey>,
    pub(super) tags: Vec<LitStr>,
    pub(super) metadata: Vec<(Ident, LitStr)>,
    /// `retry` and `deadline`.
    pub(super) options: Options,
    pub(super) on_cancel: Option<Ident>,
    /// Why runs may get stuck.
    pub(super) allow_stuck: Option<LitStr>,
    pub(super) is_exported: bool,
}

/// `#[business_key("orderid", unique = global)]`.
pub(super) struct BusinessKey {
    pub(super) name: LitStr,
    pub(super) unique: Option<Ident>,
}

impl Header {
    /// Reads the attributes; returns those that are documentation.
    pub(super) fn read(attributes: Vec<Attribute>, errors: &mut Errors) -> (Self, Vec<Attribute>) {
        let mut header = Self {
            is_exported: true,
            ..Self::default()
        };
        let mut docs = Vec::new();
        for attribute in attributes {
            if attribute.path().is_ident("doc") {
                docs.push(attribute);
            } else {
                errors.value(header.take(&attribute));
            }
        }
        (header, docs)
    }

    fn take(&mut self, attribute: &Attribute) -> syn::Result<()> {
        let Some(word) = attribute.path().get_ident() else {
            return Err(syn::Error::new_spanned(attribute.path(), "expected one word"));
        };
        match word.to_string().as_str() {
            "business_key" => once(&mut self.business_key, attribute, attribute.parse_args()?),
            "tag" => {
                let tags = attribute.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)?;
                self.tags.extend(tags);
                Ok(())
            }
            "metadata" => {
                let facts = attribute.parse_args_with(Punctuated::<Fact, Token![,]>::parse_terminated)?;
                self.metadata
                    .extend(facts.into_iter().map(|fact| (fact.key, fact.value)));
                Ok(())
            }
            "retry" | "deadline" => self.options.attribute(attribute).map(|_| ()),
            "on_cancel" => once(&mut self.on_cancel, attribute, attribute.parse_args()?),
            "allow_stuck" => once(&mut self.allow_stuck, attribute, attribute.parse_args()?),
            "no_export" => {
                attribute.meta.require_path_only()?;
                self.is_exported = false;
                Ok(())
            }
            _ => Err(options::unknown(word, "word about a workflow", &WORDS)),
        }
    }
}

/// Keeps what is said once only.
fn once<T>(place: &mut Option<T>, attribute: &Attribute, value: T) -> syn::Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new_spanned(
            attribute.path(),
            format!(
                "`{}` is said twice: say it once",
                attribute.path().to_token_stream()
            ),
        )),
    }
}

impl Parse for BusinessKey {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        if input.is_empty() {
            return Ok(Self { name, unique: None });
        }
        input.parse::<Token![,]>()?;
        let word: Ident = input.parse()?;
        if word != "unique" {
            return Err(syn::Error::new(
                word.span(),
                "only `unique = …` can follow the name of the key",
            ));
        }
        input.parse::<Token![=]>()?;
        let unique: Ident = input.parse()?;
        if ["workflow", "version", "global", "none"]
            .iter()
            .all(|scope| unique != scope)
        {
            return Err(syn::Error::new(
                unique.span(),
                "a business key is unique within the `workflow`, the `version`, `global`, or `none` at all",
            ));
        }
        Ok(Self {
            name,
            unique: Some(unique),
        })
    }
}

/// `owner = "shop"`.
struct Fact {
    key: Ident,
    value: LitStr,
}

impl Parse for Fact {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self {
            key,
            value: input.parse()?,
        })
    }
}
