//! Joins as the table writes them: `any`, `settled`, or `all[reserve.Reserved, any[charge.Declined, ship.failed]]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Token, bracketed, token};

use super::parse::skip_all;

/// A rule, and where it stands.
pub(super) struct When {
    pub(super) at: Span,
    pub(super) rule: Rule,
}

/// What stands behind `when`.
pub(super) enum Rule {
    All,
    Any,
    Settled,
    Expression(Join),
}

/// An expression over transitions.
pub(super) enum Join {
    Transition { source: Ident, event: Ident },
    Group { at: Span, word: Word, parts: Vec<Join> },
}

/// How the parts of a group are taken together.
#[derive(Clone, Copy)]
pub(super) enum Word {
    All,
    Any,
    Settled,
}

impl Word {
    fn read(ident: &Ident) -> Option<Self> {
        match ident.to_string().as_str() {
            "all" => Some(Self::All),
            "any" => Some(Self::Any),
            "settled" => Some(Self::Settled),
            _ => None,
        }
    }
}

impl Parse for When {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident: Ident = input
            .fork()
            .parse()
            .map_err(|error: syn::Error| unreadable(error.span()))?;
        let at = ident.span();
        let word = Word::read(&ident).ok_or_else(|| unreadable(at))?;
        let rule = if input.peek2(token::Bracket) {
            Rule::Expression(input.parse()?)
        } else {
            input.parse::<Ident>()?;
            match word {
                Word::All => Rule::All,
                Word::Any => Rule::Any,
                Word::Settled => Rule::Settled,
            }
        };
        Ok(Self { at, rule })
    }
}

fn unreadable(at: Span) -> syn::Error {
    syn::Error::new(
        at,
        "not a join: `all`, `any`, `settled`, or an expression like `all[reserve.Reserved, any[charge.Declined, ship.failed]]`",
    )
}

impl Parse for Join {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident: Ident = input.parse()?;
        if input.peek(token::Bracket) {
            let Some(word) = Word::read(&ident) else {
                return Err(syn::Error::new(
                    ident.span(),
                    format!("not a group: `all`, `any` or `settled`, not `{ident}`"),
                ));
            };
            let inner;
            bracketed!(inner in input);
            let parts = Punctuated::<Self, Token![,]>::parse_terminated(&inner);
            skip_all(&inner);
            return Ok(Self::Group {
                at: ident.span(),
                word,
                parts: parts?.into_iter().collect(),
            });
        }
        if !input.peek(Token![.]) {
            return Err(syn::Error::new(
                ident.span(),
                format!("which transition? A join names a step and its event, like `{ident}.Reserved`"),
            ));
        }
        input.parse::<Token![.]>()?;
        let event = input.parse().map_err(|_| {
            let message =
                format!("which event of `{ident}`? A transition is written like `{ident}.Reserved`");
            syn::Error::new(ident.span(), message)
        })?;
        Ok(Self::Transition { source: ident, event })
    }
}

impl Join {
    /// The first group without parts.
    pub(super) fn empty_group(&self) -> Option<Span> {
        match self {
            Self::Transition { .. } => None,
            Self::Group { at, parts, .. } if parts.is_empty() => Some(*at),
            Self::Group { parts, .. } => parts.iter().find_map(Self::empty_group),
        }
    }

    /// The transitions it names, in order.
    pub(super) fn transitions(&self) -> Vec<(&Ident, &Ident)> {
        match self {
            Self::Transition { source, event } => vec![(source, event)],
            Self::Group { parts, .. } => parts.iter().flat_map(Self::transitions).collect(),
        }
    }
}
