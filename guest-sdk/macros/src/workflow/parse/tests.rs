//! What can be read of a table, and what is said of the rest.

use syn::Ident;
use syn::parse::{ParseStream, Parser};

use super::table;
use crate::errors::Errors;
use crate::workflow::join::Rule;
use crate::workflow::table::{Entry, Table};

/// The table, and the messages.
fn read(text: &str) -> (Table, Vec<String>) {
    let mut errors = Errors::default();
    let table = (|input: ParseStream<'_>| table(input, &mut errors)).parse_str(text);
    let table = table.expect("its name can be read");
    let errors = errors.or(()).err();
    let messages = errors.map_or_else(Vec::new, |errors| {
        errors.into_iter().map(|error| error.to_string()).collect()
    });
    (table, messages)
}

fn names(table: &Table) -> Vec<String> {
    table.entries.iter().map(Entry::step_name).collect()
}

fn texts(idents: &[Ident]) -> Vec<String> {
    idents.iter().map(Ident::to_string).collect()
}

#[test]
fn each_line_is_an_entry() {
    let (table, errors) = read(
        "#[tag(\"a\", \"b\")] pub order v12 {
            inner::reserve => { Reserved | Rest => [ship, bill], failed => choose some::which from [ship] }
            pub(crate) pause = Wait(5) when any => { Timeout => ship }, ship => done,
            done when settled
        }",
    );
    assert_eq!(errors, [""; 0]);
    assert!(table.is_whole());
    assert_eq!((table.version, table.header.tags.len()), (12, 2));
    assert_eq!(names(&table), ["reserve", "pause", "ship"]);
    let [reserve, pause, ship] = &table.entries[..] else {
        panic!("three entries");
    };
    assert_eq!(texts(&reserve.routes[0].events), ["Reserved", "Rest"]);
    assert_eq!(texts(&reserve.routes[0].targets.steps), ["ship", "bill"]);
    assert!(reserve.routes[1].targets.chooser.is_some());
    assert!(pause.is_alias && pause.config.is_some() && pause.visibility.is_some());
    assert!(matches!(
        pause.join.as_ref().map(|when| &when.rule),
        Some(Rule::Any)
    ));
    assert_eq!(texts(&ship.routes[0].events), ["Finished"]);
    assert!(matches!(table.done.map(|when| when.rule), Some(Rule::Settled)));
}

#[test]
fn steps_may_be_called_like_words_of_the_language() {
    let (table, errors) = read(
        "order v1 { when => choose, choose => { A => from, B => choose pick from [any] } from => any, any => done }",
    );
    assert_eq!(errors, [""; 0]);
    assert_eq!(names(&table), ["when", "choose", "from", "any"]);
}

/// One error for each gap, whatever stands there, and all other lines.
#[test]
fn a_gap_takes_no_other_line_with_it() {
    for (gap, kept) in [
        ("charg", true),
        ("charge =>", false),
        ("charge => ,", true),
        ("charge when => done,", true),
        ("charge when all[reserve.] => done,", true),
        ("charge => { Charged => }", true),
        ("charge => { Charged Declined => done }", true),
        ("charge => { _ => done }", true),
        ("charge = Charge() => done,", true),
        ("done => ship,", true),
        ("= 5,", true),
        ("#[dedline(\"5s\")] charge => done,", true),
    ] {
        let (table, errors) = read(&format!(
            "order v1 {{ reserve => ship, {gap} ship => bill, bill => done }}"
        ));
        assert_eq!(errors.len(), 1, "{gap}: {errors:?}");
        let names = names(&table);
        assert!(
            names.contains(&"reserve".to_owned()) && names.contains(&"bill".to_owned()),
            "{gap}"
        );
        assert_eq!(names.contains(&"ship".to_owned()), kept, "{gap}: {names:?}");
    }
}

#[test]
fn a_header_is_read_as_far_as_it_can_be() {
    for (text, message) in [
        ("order { ship => done }", "expected the version"),
        ("order 1.0 { ship => done }", "expected the version"),
        ("order v { ship => done }", "expected the version"),
        ("order v0 { ship => done }", "counted from 1"),
        ("order v1", "expected the steps"),
        ("order v1 {}", "no steps"),
        ("order v1 { ship => done } order v2 {}", "one table"),
        ("#[tags(\"a\")] order v1 { ship => done }", "did you mean `tag`"),
        ("#[tag(a)] order v1 { ship => done }", "expected string literal"),
        ("#[metadata(owner)] order v1 { ship => done }", "expected `=`"),
        ("#[no_export(yes)] order v1 { ship => done }", "unexpected token"),
        (
            "#[business_key(\"a\", scope = none)] order v1 { ship => done }",
            "only `unique",
        ),
    ] {
        let (table, errors) = read(text);
        assert_eq!(table.name, "order");
        let [error] = &errors[..] else {
            panic!("{text}: {errors:?}");
        };
        assert!(error.contains(message), "{text}: {error}");
    }
    let nothing = (|input: ParseStream<'_>| table(input, &mut Errors::default())).parse_str("");
    assert!(nothing.is_err());
}
