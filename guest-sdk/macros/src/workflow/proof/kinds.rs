//! Every kind of violation has a golden that shows it to a user, or a reason why no table can be written that has it.
//!
//! The goldens are `guest-sdk/tests/compile_fail/graph/KIND.rs`; what the compiler writes about them is tested there.
//! Here is tested that each of them is about its kind.

use std::fs;
use std::path::PathBuf;

use hephaestus_core::definition::{ViolationKind, Workflow};
use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Item, Macro};

use super::definition::definition;
use crate::errors::Errors;
use crate::workflow::parse;
use crate::workflow::table::Table;

/// Who finds it, where not core in the table: `#[events]`, the reader of the table, or rustc in the `match` over events.
const FOUND_EARLIER: [(ViolationKind, &str); 9] = [
    (ViolationKind::BadVersion, "versions are counted from 1"),
    (ViolationKind::DoneIsBuiltIn, "`done` is built in"),
    (ViolationKind::ReservedEvent, "written `failed`, in small letters"),
    (ViolationKind::BadRetry, "the retry policy allows no attempt"),
    (
        ViolationKind::BadDeadline,
        "the deadline is longer than ten years",
    ),
    (ViolationKind::BadRequest, "is not the name of a secret"),
    (ViolationKind::DuplicateEvent, ""),
    (ViolationKind::MissingTransition, ""),
    (ViolationKind::UnknownEvent, ""),
];

fn golden(kind: ViolationKind) -> String {
    let name = format!("{}.rs", kind.as_str().replace('-', "_"));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/compile_fail/graph");
    let path = path.join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "no golden shows `{kind}`: write {}, which doesn't compile because of it ({error})",
            path.display()
        )
    })
}

/// What stands in the braces of `workflow!`.
fn table_of(golden: &str) -> TokenStream {
    let file = syn::parse_file(golden).expect("a golden is Rust");
    file.items
        .into_iter()
        .find_map(|item| match item {
            Item::Macro(item) => Some(item.mac),
            _ => None,
        })
        .map(|Macro { tokens, .. }| tokens)
        .expect("a golden has a workflow")
}

fn read(tokens: TokenStream) -> (Table, String) {
    let mut errors = Errors::default();
    let table = (|input: ParseStream<'_>| parse::table(input, &mut errors)).parse2(tokens);
    let table = table.expect("its name can be read");
    (table, errors.into_tokens().to_string())
}

#[test]
fn each_kind_has_a_golden_that_is_about_it() {
    for &kind in ViolationKind::ALL {
        let (table, errors) = read(table_of(&golden(kind)));
        match FOUND_EARLIER.iter().find(|(earlier, _)| *earlier == kind) {
            Some((_, "")) => assert_eq!(errors, "", "{kind}"),
            Some((_, message)) => assert!(errors.contains(message), "{kind}: {errors}"),
            None => {
                let mut errors = Errors::default();
                let definition = definition(&table, &mut errors).expect("names are names");
                let violations = Workflow::new(definition).expect_err(kind.as_str());
                assert!(
                    violations.0.iter().any(|it| it.kind == kind),
                    "{kind}: {violations}"
                );
            }
        }
    }
}
