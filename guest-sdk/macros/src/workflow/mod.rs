//! `workflow!`: a table that reads like the process becomes a graph that was checked.
//!
//! `table` is what was written, as far as `parse` can read it; `proof` asks core what is wrong with it, and puts each
//! answer at the tokens it is about; `expand` writes the Rust. Events are left to the Rust compiler: a `match` over the
//! step's own enum finds what leads nowhere.
//!
//! Whatever is wrong, the function and the types that the rest of the crate names exist, so that it isn't told of the
//! same mistake; and a table that is still being written doesn't take an editor's help away.

mod expand;
mod header;
mod join;
mod parse;
mod proof;
mod table;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};

use crate::errors::Errors;
use proof::Proof;

/// Expands the macro.
pub(crate) fn workflow(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let table = (|input: ParseStream<'_>| parse::table(input, &mut errors)).parse2(tokens);
    let Some(table) = errors.value(table) else {
        return errors.into_tokens();
    };
    // Of half a table nobody can say what its graph is.
    let proof = if table.is_whole() {
        proof::prove(&table, &mut errors)
    } else {
        Proof::default()
    };
    let expanded = expand::expand(&table, &proof);
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

#[cfg(test)]
mod tests;
