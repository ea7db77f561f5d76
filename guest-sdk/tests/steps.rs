//! Running steps natively: what the component would tell the host.

#![expect(clippy::expect_used, reason = "tests, and what they share")]

use std::time::Duration;

use hephaestus_guest::testing::TestContext;
use hephaestus_guest::{
    Context, Finished, Level, OrFail, Outcome, Step, StepError, StepResult, Workflow, done, either, events,
    step, to,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

events! {
    enum Answer { Guessed => "guessed" } accepts { Given => "given" }
}

events! {
    enum Deadline accepts { Timeout => "timeout" }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    items: Vec<Item>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    quantity: u32,
}

struct Count;

impl Step for Count {
    const NAME: &'static str = "count";
    type Event = Finished;
    type Output = u32;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let order: Order = ctx.initial()?;
        let quantity = order.items.iter().map(|item| item.quantity).sum();
        ctx.info("counted", &[("items", &order.items.len()), ("step", &ctx.step())]);
        Ok(Outcome::completed_with(Finished, quantity).with_metadata("unit", "pieces"))
    }
}

fn asking(run: fn() -> Outcome<Answer, ()>) -> Workflow {
    let ask = step("ask", move |_: &Context| Ok(run()));
    Workflow::new("one", 1).step(ask.then(|_| done()))
}

/// The message of a permanent error.
fn refusal<T: std::fmt::Debug>(result: Result<T, StepError>) -> String {
    let error = result.expect_err("an error");
    assert!(!error.is_retryable(), "{error}");
    error.message().to_owned()
}

#[test]
fn an_outcome_reaches_the_host_by_name_and_as_json() {
    let workflow = Workflow::new("w", 1).step(Count.then(|Finished| done()));
    let ctx = TestContext::new().initial(json!({ "items": [{ "quantity": 2 }, { "quantity": 3 }] }));
    let expected = Outcome::completed_with("finished", "5".to_owned()).with_metadata("unit", "pieces");
    assert_eq!(ctx.execute(&workflow, "count"), Ok(expected));

    let logs = ctx.logs();
    assert_eq!(
        (logs[0].level, logs[0].message.as_str()),
        (Level::Info, "counted")
    );
    assert_eq!(
        logs[0].fields,
        [("items".into(), "2".into()), ("step".into(), "count".into())]
    );
}

#[test]
fn an_unknown_step_is_a_permanent_error() {
    let workflow = Workflow::new("w", 7).step(Count.then(|Finished| done()));
    let message = refusal(TestContext::new().execute(&workflow, "cuont"));
    assert_eq!(message, "workflow `w` version 7 has no step `cuont`");
}

#[test]
fn events_of_others_are_not_emitted() {
    let emitting = asking(|| Outcome::completed(Answer::Guessed));
    assert_eq!(
        TestContext::new().execute(&emitting, "ask"),
        Ok(Outcome::completed("guessed"))
    );

    let stealing = asking(|| Outcome::completed(Answer::Given));
    let message = refusal(TestContext::new().execute(&stealing, "ask"));
    assert!(message.contains("`ask` ended with `given`"), "{message}");
}

#[test]
fn a_step_waits_only_for_what_it_accepts() {
    assert_eq!(
        TestContext::new().execute(&asking(Outcome::wait), "ask"),
        Ok(Outcome::wait())
    );

    let no_timeout = asking(|| Outcome::wait_at_most(Duration::from_secs(1)));
    let message = refusal(TestContext::new().execute(&no_timeout, "ask"));
    assert!(message.contains("doesn't accept `timeout`"), "{message}");

    let for_ever = |_: &Context| Ok(Outcome::<Finished, ()>::wait());
    let workflow = Workflow::new("w", 1).step(step("sleep", for_ever).then(|Finished| done()));
    let message = refusal(TestContext::new().execute(&workflow, "sleep"));
    assert!(
        message.contains("`sleep` waits, but accepts no event"),
        "{message}"
    );
}

#[test]
fn a_limited_wait_keeps_its_limit() {
    let limit = Duration::from_millis(250);
    let limited = move |_: &Context| Ok(Outcome::<Deadline, ()>::wait_at_most(limit));
    let workflow = Workflow::new("w", 1).step(step("sleep", limited).then(|Deadline::Timeout| done()));
    assert_eq!(
        TestContext::new().execute(&workflow, "sleep"),
        Ok(Outcome::wait_at_most(limit))
    );
}

#[test]
fn json_that_does_not_fit_names_step_and_field() {
    let wrong = TestContext::new().initial(json!({ "items": [{ "quantity": 1 }, { "quantity": "two" }] }));
    let message = refusal(wrong.run(Count));
    assert!(
        message.contains("step `count` can't read the input of the instance"),
        "{message}"
    );
    assert!(message.contains("field `items[1].quantity`"), "{message}");

    let message = refusal(TestContext::new().run(Count));
    assert!(message.contains("missing field `items`"), "{message}");

    let message = refusal(TestContext::new().result(Count, "many").result_of(Count));
    assert!(message.contains("the result of step `count`"), "{message}");
}

#[test]
fn results_are_there_or_not() {
    let test = TestContext::new().result(Count, 5).result("nothing", json!(null));
    let ctx: &Context = &test;
    assert_eq!(ctx.result_of(Count), Ok(Some(5)));
    assert_eq!(ctx.require(Count), Ok(5));
    assert_eq!(ctx.result::<u32>("nothing"), Ok(None));
    assert_eq!(ctx.result::<u32>("elsewhere"), Ok(None));

    let message = refusal(TestContext::new().require(Count));
    assert!(message.contains("needs the result of step `count`"), "{message}");
}

#[test]
fn a_missing_configuration_reads_as_null() {
    fn read<T: serde::de::DeserializeOwned>(ctx: &Context) -> Result<T, StepError> {
        ctx.config()
    }
    assert_eq!(read::<Option<u32>>(&TestContext::new()), Ok(None));
    assert_eq!(
        read(&TestContext::new().config(json!({ "items": [] }))),
        Ok(Order { items: vec![] })
    );
    let message = refusal(read::<Order>(&TestContext::new()));
    assert!(message.contains("can't read its configuration"), "{message}");
}

#[test]
fn a_dynamic_transition_goes_where_the_workflow_chooses() {
    let workflow = Workflow::new("w", 1).step(Count.then(|Finished| {
        either("letter")
            .or("parcel")
            .chosen_by(|ctx| match ctx.require(Count)? {
                0 => Err(StepError::permanent("nothing to send")),
                1 => Ok(to("letter")),
                _ => Ok(to("parcel").and("letter")),
            })
    }));
    let chosen = |count: u32| {
        TestContext::new()
            .result(Count, count)
            .transit(&workflow, Count, Finished)
    };
    assert_eq!(chosen(1), Ok(vec!["letter"]));
    assert_eq!(chosen(2), Ok(vec!["parcel", "letter"]));
    assert_eq!(refusal(chosen(0)), "nothing to send");

    let message = refusal(TestContext::new().transit(&workflow, Count, Answer::Given));
    assert_eq!(message, "`count.given` is not a dynamic transition");
}

#[test]
fn other_libraries_errors_become_step_errors() {
    let parse = |text: &str| text.parse::<u8>();
    assert_eq!(parse("7").or_retry("no number"), Ok(7));
    let retryable = parse("x").or_retry("no number").expect_err("an error");
    assert!(retryable.is_retryable());
    assert_eq!(retryable.message(), "no number: invalid digit found in string");
    assert_eq!(refusal(parse("x").or_fail("no number")), retryable.message());
}
