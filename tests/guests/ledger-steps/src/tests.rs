//! The steps, natively.

use hephaestus_guest::http::Response;
use hephaestus_guest::testing::TestContext;
use serde_json::Value;

use super::*;

fn context(deed: Deed) -> TestContext {
    let plan = Plan {
        ledger: "http://ledger.test".to_owned(),
        deeds: [("left".to_owned(), deed)].into(),
        ..Plan::default()
    };
    TestContext::new()
        .initial(plan)
        .respond("POST", "http://ledger.test/began", Response::new(200))
        .respond("POST", "http://ledger.test/saved", Response::new(200))
        .respond("POST", "http://ledger.test/saved", Response::new(200))
}

fn told(ctx: &TestContext) -> Vec<(String, u64)> {
    let requests = ctx.requests();
    let lines = requests
        .iter()
        .map(|request| request.json::<Value>().expect("JSON"));
    let facts = lines.map(|line| {
        let what = line["what"].as_str().expect("a word").to_owned();
        (what, line["checkpoint"].as_u64().expect("a number"))
    });
    facts.collect()
}

#[test]
fn the_graph_is_sound() {
    ledger_steps().assert_sound();
}

#[test]
fn an_attempt_tells_the_ledger_first() {
    let ctx = context(Deed::default());
    assert_eq!(ctx.run::<left>(), Ok(Finished.with(1)));
    assert_eq!(told(&ctx), [("began".to_owned(), 0)]);
}

#[test]
fn it_goes_on_from_its_checkpoint_and_tells_what_was_saved() {
    let ctx = context(Deed {
        saves: 3,
        ..Deed::default()
    });
    let ctx = ctx.checkpoint(1);
    assert_eq!(ctx.run::<left>(), Ok(Finished.with(1)));
    assert_eq!(ctx.checkpoints::<u32>(), [2, 3]);
    let expected = [("began", 1), ("saved", 2), ("saved", 3)];
    assert_eq!(
        told(&ctx),
        expected.map(|(what, number)| (what.to_owned(), number))
    );
}

#[test]
fn it_fails_as_it_is_told() {
    let deed = Deed {
        failures: 2,
        for_good: true,
        ..Deed::default()
    };
    let run = |attempt| context(deed.clone()).attempt(attempt).run::<left>();
    assert!(run(1).unwrap_err().is_retryable());
    assert!(!run(2).unwrap_err().is_retryable());
    assert_eq!(run(3), Ok(Finished.with(3)));
}
