//! Names of Rust in the spelling of the host.

use hephaestus_core::{EventName, InvalidName, StepRef};
use syn::Ident;

/// What the host calls a step. The error is at the identifier.
pub(crate) fn step(ident: &Ident) -> syn::Result<String> {
    let name = StepRef::new(&kebab(ident)).map_err(|error| invalid(ident, "step", &error))?;
    if name.is_done() {
        let message = "`done` is built in: it is where transitions lead when nothing follows; give the step another name";
        return Err(syn::Error::new(ident.span(), message));
    }
    if name.as_str() == EventName::failed().as_str() {
        let message =
            "`failed` names what happens when a step has used up its attempts: give the step another name";
        return Err(syn::Error::new(ident.span(), message));
    }
    Ok(name.into())
}

/// What the host calls an event. The error is at the identifier.
pub(crate) fn event(ident: &Ident) -> syn::Result<String> {
    let name = EventName::new(&kebab(ident)).map_err(|error| invalid(ident, "event", &error))?;
    if name.is_failed() {
        let message = "the event `failed` is reserved: use another name for an outcome of the business; to handle steps that used up their attempts, only add the transition for `failed`";
        return Err(syn::Error::new(ident.span(), message));
    }
    Ok(name.into())
}

fn invalid(ident: &Ident, what: &str, error: &InvalidName) -> syn::Error {
    let message = format!("the host can't call this {what} by the name of `{ident}`: {error}");
    syn::Error::new(ident.span(), message)
}

/// `OutOfStock` and `out_of_stock` to `out-of-stock`. A word begins with a capital after a small letter or a digit, and
/// with the last of several capitals: `HTTPCall` is `http-call`.
pub(crate) fn kebab(ident: &Ident) -> String {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name).trim_matches('_');
    let mut kebab = String::with_capacity(name.len() + 4);
    let mut before = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_uppercase()
            && match before {
                None | Some('_') => false,
                Some(before) if before.is_uppercase() => {
                    letters.peek().is_some_and(|next| next.is_lowercase())
                }
                Some(_) => true,
            };
        if begins_word || letter == '_' {
            kebab.push('-');
        }
        if letter != '_' {
            kebab.extend(letter.to_lowercase());
        }
        before = Some(letter);
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ident(name: &str) -> Ident {
        syn::parse_str(name).expect("an identifier")
    }

    #[test]
    fn both_spellings_of_rust_become_kebab_case() {
        for (rust, host) in [
            ("Reserved", "reserved"),
            ("OutOfStock", "out-of-stock"),
            ("give_up", "give-up"),
            ("HTTPCall", "http-call"),
            ("BOOKED", "booked"),
            ("OUT_OF_STOCK", "out-of-stock"),
            ("Step2", "step2"),
            ("E2E", "e2-e"),
            ("r#try", "try"),
            ("A", "a"),
            ("_unused", "unused"),
        ] {
            assert_eq!(kebab(&ident(rust)), host);
            assert_eq!(event(&ident(rust)).expect("an event"), host);
            assert_eq!(step(&ident(rust)).expect("a step"), host);
        }
    }

    #[test]
    fn names_that_the_host_would_refuse_are_refused() {
        let long = "a".repeat(65);
        for name in ["größe", "a__b", long.as_str()] {
            let error = step(&ident(name)).expect_err(name).to_string();
            assert!(error.contains("lower-case words"), "{error}");
            assert!(event(&ident(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn reserved_names_are_refused() {
        assert!(step(&ident("done")).is_err() && event(&ident("Done")).is_ok());
        assert!(step(&ident("failed")).is_err() && event(&ident("Failed")).is_err());
        assert!(event(&ident("Timeout")).is_ok());
    }
}
