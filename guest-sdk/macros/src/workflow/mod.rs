//! `workflow!`: a table that reads like the process becomes a graph that was checked.
//!
//! `table` is what was written; `proof` asks core what is wrong with it, and puts each answer at the tokens it is about;
//! `expand` writes the Rust. Events are left to the Rust compiler: a `match` over the step's own enum finds what leads
//! nowhere.

mod expand;
mod header;
mod join;
mod parse;
mod proof;
mod table;

use proc_macro2::TokenStream;

/// Everything that is wrong comes with what could be expanded nevertheless, so that nothing else goes wrong for it.
pub(crate) fn workflow(tokens: TokenStream) -> TokenStream {
    let table = match syn::parse2::<table::Table>(tokens) {
        Ok(table) => table,
        Err(error) => return error.into_compile_error(),
    };
    let (proof, errors) = proof::prove(&table);
    let mut expanded = expand::expand(&table, &proof);
    expanded.extend(errors.into_iter().map(syn::Error::into_compile_error));
    expanded
}
