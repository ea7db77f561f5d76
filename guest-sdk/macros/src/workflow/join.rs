//! Joins as the table writes them: `any`, `settled`, or `all[reserve.Reserved, any[charge.Declined, ship.failed]]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Token, bracketed, token};

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
    Group { word: Word, parts: Vec<Join> },
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

impl Parse for Rule {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ident: Ident = input.fork().parse().map_err(|error| unreadable(error.span()))?;
        let word = Word::read(&ident).ok_or_else(|| unreadable(ident.span()))?;
        if input.peek2(token::Bracket) {
            return input.parse().map(Self::Expression);
        }
        input.parse::<Ident>()?;
        Ok(match word {
            Word::All => Self::All,
            Word::Any => Self::Any,
            Word::Settled => Self::Settled,
        })
    }
}

fn unreadable(at: Span) -> syn::Error {
    syn::Error::new(
        at,
        "not a join: `any`, `settled`, or an expression like `all[reserve.Reserved, any[charge.Declined, ship.failed]]`",
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
            let parts = Punctuated::<Self, Token![,]>::parse_terminated(&inner)?;
            return Ok(Self::Group {
                word,
                parts: parts.into_iter().collect(),
            });
        }
        if !input.peek(Token![.]) {
            return Err(syn::Error::new(
                ident.span(),
                format!("which transition? A join names a step and its event, like `{ident}.Reserved`"),
            ));
        }
        input.parse::<Token![.]>()?;
        Ok(Self::Transition {
            source: ident,
            event: input.parse()?,
        })
    }
}

impl Join {
    /// The transitions it names, in order.
    pub(super) fn transitions(&self) -> Vec<(&Ident, &Ident)> {
        match self {
            Self::Transition { source, event } => vec![(source, event)],
            Self::Group { parts, .. } => parts.iter().flat_map(Self::transitions).collect(),
        }
    }
}
