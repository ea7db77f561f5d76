//! The words for what a step asks for.

use std::time::Duration;

use syn::parse_quote;

use super::Options;

fn read(text: &str) -> Result<Options, Vec<String>> {
    syn::parse_str(text)
        .map_err(|errors: syn::Error| errors.into_iter().map(|error| error.to_string()).collect())
}

#[test]
fn words_come_in_any_order_and_in_both_forms() {
    for text in [
        r#"deadline = "5s", retry(constant = "1s"), requests(secret = "A")"#,
        r#"requests(secret = "A"), retry(constant = "1s",), deadline("5s"),"#,
    ] {
        let Ok(options) = read(text) else {
            panic!("{text}");
        };
        assert_eq!(
            options.deadline.map(|(_, deadline)| deadline),
            Some(Duration::from_secs(5))
        );
        assert!(options.retry.is_some() && options.requests.is_some());
    }
    assert!(read("").is_ok_and(|options| options.is_empty()));
}

#[test]
fn attributes_of_the_table_add_up() {
    let mut options = Options::default();
    assert!(
        options
            .attribute(&parse_quote!(#[deadline("5s")]))
            .is_ok_and(|known| known)
    );
    assert!(
        options
            .attribute(&parse_quote!(#[requests(http = "https://a.example")]))
            .is_ok()
    );
    assert!(
        options
            .attribute(&parse_quote!(#[inline]))
            .is_ok_and(|known| !known)
    );
    assert!(options.attribute(&parse_quote!(#[deadline("6s")])).is_err());
    assert!(options.deadline.is_some() && options.requests.is_some());
}

/// Each mistake is told, all of a list at once.
#[test]
fn what_makes_no_sense_is_told() {
    for (text, messages) in [
        ("deadline", vec!["needs a value"]),
        ("deadline = 5", vec!["in quotes"]),
        (r#"deadline = "0s""#, vec!["is zero"]),
        (r#"deadline = "1ns""#, vec!["whole milliseconds"]),
        (r#"deadline = "5s" "6s""#, vec!["expected `,`"]),
        ("retry", vec!["needs a value"]),
        ("retry()", vec!["how long the pauses are"]),
        ("retry(never, never)", vec!["said twice"]),
        (
            r#"retry(constant = "1s", attempts = 0, jitter = 101)"#,
            vec!["no attempt", "101 percent"],
        ),
        (r#"retry(constant = "1s", jitter = 300)"#, vec!["too large"]),
        (
            r#"retry(constant = "1s", attempts = "3")"#,
            vec!["a whole number"],
        ),
        ("requests()", vec!["nothing is asked for"]),
        (
            r#"requests(secret = "A", secret = "A")"#,
            vec!["asked for already"],
        ),
        (
            r#"requests(http = "a", secret = "1")"#,
            vec!["no scheme", "name of a secret"],
        ),
        (r#"requests(file = "a")"#, vec!["`file` is no capability"]),
        (r#"requests(secret = A)"#, vec!["a text in quotes"]),
    ] {
        let found = read(text).err().unwrap_or_default();
        assert_eq!(found.len(), messages.len(), "{text}: {found:?}");
        for (found, message) in found.iter().zip(messages) {
            assert!(found.contains(message), "{text}: {found}");
        }
    }
}
