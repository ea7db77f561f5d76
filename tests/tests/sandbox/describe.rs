//! Components that describe themselves badly are refused.

use std::time::Duration;

use expect_test::{Expect, expect};
use hephaestus_host::runner::LoadError;
use hephaestus_tests::hostile_described;

use crate::{executor, load, options};

async fn refusal(mode: &str) -> String {
    let mut options = options();
    options.limits.memory_bytes = 16 << 20;
    if mode == "spin" {
        options.limits.definition_deadline = Duration::from_millis(300);
    }
    match load(&executor(options), &hostile_described(mode)).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{mode}: loaded"),
    }
}

async fn check(mode: &str, expected: Expect) {
    expected.assert_eq(&refusal(mode).await);
}

#[tokio::test]
async fn it_must_end() {
    check("spin", expect!["the component didn't describe its workflow: `describe` failed (deadline): no end after 300 ms; expected a definition within the limits of the host; try again when the host is less busy, or let `describe` do less"]).await;
    check("hoard", expect!["the component is refused: `describe` failed (memory-limit): asked for more than 16 MiB of memory; expected a definition within the limits of the host; `describe` must return the same definition every time, without input"]).await;
    check("giant", expect!["the component is refused: `describe` failed (output-limit): handed over more than 1 MiB in one call; expected a definition within the limits of the host; `describe` must return the same definition every time, without input"]).await;
}

#[tokio::test]
async fn it_must_not_trap() {
    let refusal = refusal("panic").await;
    assert!(
        refusal.contains("`describe` failed (trap): panicked at "),
        "{refusal}"
    );
    assert!(refusal.contains("no definition for you"), "{refusal}");
}

#[tokio::test]
async fn there_is_no_context() {
    check("context", expect!["the component is refused: `describe` failed (trap): `context` can't be read while the workflow describes itself: there is no instance yet; in <hostile::Hostile as hostile::bindings::exports::hephaestus::workflow::definition::Guest>::describe < hephaestus:workflow/definition@0.1.0#describe; expected a definition within the limits of the host; `describe` must return the same definition every time, without input"]).await;
}

#[tokio::test]
async fn there_is_no_checkpoint() {
    let refusal = refusal("checkpoint").await;
    let expected = "`describe` failed (trap): `checkpoint` is there only while a step executes: not for `describe`, \
                    nor for `transit`";
    assert!(refusal.contains(expected), "{refusal}");
}

#[tokio::test]
async fn what_cannot_be_read_is_listed_at_once() {
    check("unread", expect![[r#"
        the component is refused: a definition that can't be read:
        - the name of the workflow: "Not A Name" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)
        - step "act", its configuration: not valid JSON: EOF while parsing an object at line 1 column 1
        - step "after", its join: "all[" is not a join: at character 4, found the end, expected `all[`, `any[`, `settled[` or a transition like `step.event`
        ; expected kebab-case names, joins like `all[a.done, any[b.x, c.y]]`, JSON configurations; correct these in the definition and build the component again"#]]).await;
}

#[tokio::test]
async fn an_unsound_graph_is_refused_with_every_violation() {
    let refusal = load(&executor(options()), &hostile_described("unsound")).await;
    assert!(
        matches!(&refusal, Err(LoadError::Invalid { violations }) if violations.0.len() > 1),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn the_world_looks_the_same_every_time() {
    let mut observations = Vec::new();
    for _ in 0..2 {
        let began = std::time::Instant::now();
        let workflow = load(&executor(options()), &hostile_described("observe"))
            .await
            .unwrap()
            .workflow;
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it really slept for an hour"
        );
        observations.push(workflow.definition().metadata.clone());
    }
    assert_eq!(observations[0], observations[1]);
    let seen = |key: &str| observations[0][key].as_str();
    assert_eq!(
        (seen("slept_s"), seen("now_ms"), seen("env")),
        ("3600", "946684800000", "0")
    );
    assert_eq!(seen("order").split(' ').count(), 100);
}
