//! The definition that a graph becomes, and what is found wrong with it.

#![expect(clippy::expect_used, reason = "tests, and what they share")]

use std::time::Duration;

use hephaestus_core::definition::{self as core, Join};
use hephaestus_guest::{
    Context, Finished, JoinRule, Outcome, Retry, StepError, StepSpec, Uniqueness, Workflow, all, any, done,
    either, events, settled, step, to, transition,
};

events! {
    enum Answer { Guessed => "guessed" } accepts { Given => "given", Timeout => "timeout" }
}

fn finish(_: &Context) -> Result<Outcome<Finished, ()>, StepError> {
    Ok(Outcome::completed(Finished))
}

fn ask(name: &'static str) -> StepSpec<Answer> {
    step(name, |_: &Context| Ok(Outcome::<Answer, ()>::wait()))
}

fn definition(workflow: &Workflow) -> core::WorkflowDefinition {
    workflow.definition().expect("a definition")
}

fn texts<T: ToString>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_step_becomes_its_definition() {
    let workflow = Workflow::new("w", 3).step(
        ask("ask")
            .retry(
                Retry::exponential(Duration::from_secs(2))
                    .attempts(9)
                    .jitter_percent(10),
            )
            .deadline(Duration::from_micros(5))
            .config(["de", "fr"])
            .then(|_| done()),
    );
    let definition = definition(&workflow);
    assert_eq!((definition.version.0, definition.start.as_str()), (3, "ask"));

    let ask = &definition.steps[0];
    assert_eq!(texts(&ask.emits), ["guessed"]);
    assert_eq!(texts(&ask.accepts), ["given", "timeout"]);
    assert_eq!(
        ask.deadline,
        Some(Duration::from_millis(1)),
        "rounded up, not down to nothing"
    );
    assert_eq!(
        ask.config.as_ref().map(|config| config.as_str()),
        Some(r#"["de","fr"]"#)
    );
    let retry = ask.retry.as_ref().expect("a policy");
    assert_eq!(
        (retry.max_attempts, retry.backoff, retry.jitter_percent),
        (9, core::Backoff::Exponential, 10)
    );
    assert_eq!(
        (retry.initial, retry.cap),
        (Duration::from_secs(2), Duration::from_secs(60))
    );
}

#[test]
fn events_become_transitions() {
    let spec = ask("ask").on_failed(done()).then(|event| match event {
        Answer::Guessed => done(),
        Answer::Given => either("letter").or("parcel").chosen_by(|_| Ok(to("letter"))),
        Answer::Timeout => to("letter").and("done"),
    });
    let transitions = definition(&Workflow::new("w", 1).step(spec)).transitions;
    let table: Vec<_> = transitions
        .iter()
        .map(|transition| {
            let kind = if transition.targets.is_dynamic() {
                "one of"
            } else {
                "all of"
            };
            format!(
                "{}: {kind} {}",
                transition.event,
                texts(transition.targets.declared()).join(", ")
            )
        })
        .collect();
    assert_eq!(
        table,
        [
            "failed: all of done",
            "guessed: all of done",
            "given: one of letter, parcel",
            "timeout: all of letter, done"
        ]
    );
}

#[test]
fn a_workflow_becomes_its_definition() {
    let workflow = Workflow::new("w", 1)
        .business_key_unique_in("orderid", Uniqueness::Global)
        .retry(Retry::never())
        .deadline(Duration::from_secs(60))
        .on_cancel("clean-up")
        .tag("test")
        .metadata("team", "logistics")
        .done_when(JoinRule::Any)
        .step(step("begin", finish).then(|Finished| done()));
    let definition = definition(&workflow);
    assert_eq!(definition.business_key.name.as_str(), "orderid");
    assert_eq!(definition.business_key.uniqueness, core::Uniqueness::Global);
    assert_eq!(definition.retry.as_ref().map(|retry| retry.max_attempts), Some(1));
    assert_eq!(definition.deadline, Some(Duration::from_secs(60)));
    assert_eq!(
        definition.on_cancel.as_ref().map(|step| step.as_str()),
        Some("clean-up")
    );
    assert_eq!(definition.tags, ["test"]);
    assert_eq!(definition.metadata["team"], "logistics");
    let done = definition.steps.last().expect("done");
    assert_eq!((done.name.as_str(), &done.join), ("done", &core::JoinRule::Any));
}

#[test]
fn without_a_business_key_the_workflow_names_its_instances() {
    let workflow = Workflow::new("greeting", 1).step(step("greet", finish).then(|Finished| done()));
    let key = definition(&workflow).business_key;
    assert_eq!(
        (key.name.as_str(), key.uniqueness),
        ("greeting", core::Uniqueness::Workflow)
    );
}

#[test]
fn joins_read_as_they_are_written() {
    let join = all([
        transition("reserve", Finished),
        any([
            transition("charge", Answer::Guessed),
            transition("charge", Answer::Timeout),
        ]),
        settled([transition("log", Finished)]),
    ]);
    let text = "all[reserve.finished, any[charge.guessed, charge.timeout], settled[log.finished]]";
    let workflow = Workflow::new("w", 1).step(step("release", finish).when(join).then(|Finished| done()));
    let expected: Join = text.parse().expect("a join");
    assert_eq!(
        definition(&workflow).steps[0].join,
        core::JoinRule::Expression(expected)
    );
}

#[test]
fn every_bad_name_is_reported_at_once() {
    let workflow = Workflow::new("My Workflow", 1)
        .step(step("first_step", finish).then(|Finished| to("Second")))
        .business_key("order id");
    let unsound = workflow.definition().expect_err("bad names").to_string();
    for name in ["My Workflow", "first_step", "Second", "order id"] {
        assert_eq!(
            unsound.matches(&format!("{name:?} is not a name")).count(),
            1,
            "{name}: {unsound}"
        );
    }
}

#[test]
fn a_graph_that_leads_nowhere_is_not_sound() {
    let sound = Workflow::new("w", 1).step(step("begin", finish).then(|Finished| done()));
    assert!(sound.check().is_ok());

    let nowhere = Workflow::new("w", 1).step(step("begin", finish).then(|Finished| to("nowhere")));
    let unsound = nowhere.check().expect_err("an unknown target").to_string();
    assert!(unsound.contains("nowhere"), "{unsound}");

    let forgotten = Workflow::new("w", 1).step(step("begin", finish));
    let unsound = forgotten
        .check()
        .expect_err("an event without a transition")
        .to_string();
    assert!(unsound.contains("finished"), "{unsound}");
}

#[test]
fn a_combination_of_events_that_gets_stuck_is_told() {
    // `join` waits for both, but a timeout leads past it.
    let workflow = Workflow::new("w", 1)
        .step(step("begin", finish).then(|Finished| to("ask").and("join")))
        .step(ask("ask").then(|event| match event {
            Answer::Guessed | Answer::Given => to("join"),
            Answer::Timeout => to("log"),
        }))
        .step(step("log", finish).then(|Finished| to("join")))
        .step(
            step("join", finish)
                .when(all([
                    transition("ask", Answer::Given),
                    transition("begin", Finished),
                ]))
                .then(|Finished| done()),
        );
    let unsound = workflow.check().expect_err("a run that gets stuck").to_string();
    assert!(unsound.contains("this run gets stuck"), "{unsound}");
    assert!(unsound.contains("`ask` ends with `timeout`"), "{unsound}");
}

#[test]
#[should_panic(expected = "the graph of workflow `w` is not sound")]
fn an_unsound_graph_fails_its_test() {
    Workflow::new("w", 1).step(step("begin", finish)).assert_sound();
}
