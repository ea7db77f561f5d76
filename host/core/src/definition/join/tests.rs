//! The text form, and evaluation.

use proptest::prelude::*;

use super::*;
use crate::definition::EdgeIx;

fn transition() -> impl Strategy<Value = Join> {
    let name = prop::sample::select(vec!["all", "any", "a", "reserve-stock", "x9", "settled"]);
    (name.clone(), name).prop_map(|(source, event)| Join::Transition {
        source: source.parse().unwrap(),
        event: event.parse().unwrap(),
    })
}

fn join() -> impl Strategy<Value = Join> {
    transition().prop_recursive(5, 40, 4, |part| {
        let parts = prop::collection::vec(part, 1..4);
        prop_oneof![
            parts.clone().prop_map(Join::All),
            parts.clone().prop_map(Join::Any),
            parts.prop_map(Join::Settled),
        ]
    })
}

proptest! {
    #[test]
    fn text_round_trips(join in join()) {
        prop_assert_eq!(join.to_string().parse::<Join>(), Ok(join));
    }

    #[test]
    fn white_space_between_symbols_means_nothing(join in join()) {
        let wide = join.to_string();
        let wide = ["[", "]", ",", "."].iter().fold(wide, |text, symbol| text.replace(symbol, &format!(" {symbol}\n")));
        prop_assert_eq!(wide.parse::<Join>(), Ok(join));
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(text in "(all|any\\[|\\[|\\]|,|\\.|a|é| |-){0,40}") {
        if let Err(error) = text.parse::<Join>() {
            prop_assert!(error.at <= text.chars().count());
        }
    }

    /// Kleene: an answer is given iff every completion of the unknown edges agrees on it, for expressions that name
    /// each edge once.
    #[test]
    fn an_answer_is_given_exactly_when_the_unknown_edges_make_no_difference(
        gate in numbered_gate(),
        known in prop::collection::vec(prop::option::of(any::<bool>()), 8),
    ) {
        let unknown: Vec<usize> = (0..8).filter(|at| known[*at].is_none()).collect();
        let completions = (0..1_u32 << unknown.len()).map(|bits| {
            let value = |EdgeIx(at): EdgeIx| match unknown.iter().position(|it| *it == at) {
                Some(bit) => Some(bits >> bit & 1 == 1),
                None => known[at],
            };
            gate.evaluate(&value)
        });
        let values: Vec<Option<bool>> = completions.collect();
        let agreed = values.iter().all(|value| *value == values[0]).then_some(values[0]).flatten();
        prop_assert_eq!(gate.foretell(&|EdgeIx(at)| known[at]), agreed);
        let patient = gate.evaluate(&|EdgeIx(at)| known[at]);
        prop_assert!(patient.is_none() || patient == agreed);
        if !has_settled(&gate) {
            prop_assert_eq!(patient, agreed);
        }
    }
}

/// Gates over edges 0 to 7, each at most once.
fn numbered_gate() -> impl Strategy<Value = Gate> {
    Just(Gate::Edge(EdgeIx(0)))
        .prop_recursive(3, 8, 3, |part| {
            let parts = prop::collection::vec(part, 1..4);
            prop_oneof![
                parts.clone().prop_map(Gate::All),
                parts.clone().prop_map(Gate::Any),
                parts.prop_map(Gate::Settled),
            ]
        })
        .prop_map(|mut gate| {
            number(&mut gate, &mut 0);
            gate
        })
        .prop_filter("more than 8 edges", |gate| edges(gate) <= 8)
}

fn number(gate: &mut Gate, next: &mut usize) {
    match gate {
        Gate::Edge(at) => {
            *at = EdgeIx(*next);
            *next += 1;
        }
        Gate::All(parts) | Gate::Any(parts) | Gate::Settled(parts) => {
            parts.iter_mut().for_each(|part| number(part, next));
        }
    }
}

fn edges(gate: &Gate) -> usize {
    match gate {
        Gate::Edge(_) => 1,
        Gate::All(parts) | Gate::Any(parts) | Gate::Settled(parts) => parts.iter().map(edges).sum(),
    }
}

fn has_settled(gate: &Gate) -> bool {
    match gate {
        Gate::Edge(_) => false,
        Gate::Settled(_) => true,
        Gate::All(parts) | Gate::Any(parts) => parts.iter().any(has_settled),
    }
}

#[test]
fn words_are_not_reserved() {
    let join: Join = "any[all.ready, settled.any]".parse().unwrap();
    assert_eq!(join.to_string(), "any[all.ready, settled.any]");
}

#[test]
fn errors_say_where_and_what() {
    #[track_caller]
    fn check(text: &str, expected: expect_test::Expect) {
        let error = text.parse::<Join>().unwrap_err();
        expected.assert_eq(&format!("{}: {}", error.at, error.problem));
    }
    use expect_test::expect;
    check(
        "",
        expect!["0: found the end, expected `all[`, `any[`, `settled[` or a transition like `step.event`"],
    );
    check(
        "all[]",
        expect!["4: found `]`, expected `all[`, `any[`, `settled[` or a transition like `step.event`"],
    );
    check("all[a.b", expect!["7: found the end, expected `,` or `]`"]);
    check(
        "all[a.b,]",
        expect!["8: found `]`, expected `all[`, `any[`, `settled[` or a transition like `step.event`"],
    );
    check("all[a.b c.d]", expect!["8: found `c`, expected `,` or `]`"]);
    check("a.b c", expect!["4: found `c`, expected nothing more"]);
    check(
        "reserve",
        expect!["7: found the end, expected `.` and an event, as in `step.event`"],
    );
    check(
        "any[a.b, none[c.d]]",
        expect!["9: found `none[`, expected `all[`, `any[` or `settled[`"],
    );
    check("a.", expect!["2: found the end, expected the name of an event"]);
    check(
        "any[é.b]",
        expect![[
            r#"4: "é" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"#
        ]],
    );
    check(
        "any[a.b, c.D]",
        expect![[
            r#"11: "D" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"#
        ]],
    );
}

#[test]
fn depth_parts_and_length_are_bounded() {
    let nested = |depth: usize| format!("{}a.b{}", "any[".repeat(depth), "]".repeat(depth));
    assert!(nested(MAX_JOIN_DEPTH).parse::<Join>().is_ok());
    let error = nested(MAX_JOIN_DEPTH + 1).parse::<Join>().unwrap_err();
    assert_eq!(error.problem, "groups are nested more than 16 deep");
    assert!("any[".repeat(MAX_JOIN_BYTES / 4).parse::<Join>().is_err());

    let wide = |parts: usize| format!("any[{}]", vec!["a.b"; parts].join(","));
    assert!(wide(MAX_JOIN_PARTS - 1).parse::<Join>().is_ok());
    let error = wide(MAX_JOIN_PARTS).parse::<Join>().unwrap_err();
    assert_eq!(error.problem, "the join has more than 1000 parts");

    let error = "a".repeat(MAX_JOIN_BYTES + 1).parse::<Join>().unwrap_err();
    assert_eq!(error.problem, "the text is longer than 65536 bytes");
    assert_eq!(error.text.len(), 200);
}
