//! What a workflow can do wrong when it routes: always a failure of kind `routing`.

use std::time::Duration;

use expect_test::{Expect, expect};
use hephaestus_core::EventName;
use hephaestus_core::engine::FailureKind;
use hephaestus_host::runner::StepExecutor;

use crate::{attempt, hostile_with, options};

async fn transit(deed: &str) -> Result<Vec<String>, String> {
    let mut options = options();
    options.limits.definition_deadline = Duration::from_secs(2);
    let (executor, workflow) = hostile_with(options).await;
    let attempt = attempt("act", &format!("{{\"transit\": \"{deed}\"}}"));
    let chosen = EventName::new("chosen").expect("a name");
    match executor.sandbox(&workflow).transit(attempt, &chosen).await {
        Ok(targets) => Ok(targets.iter().map(ToString::to_string).collect()),
        Err(failure) => {
            // Whoever is out of time is asked again by the runner.
            let is_slow = deed == "spin";
            let expected = if is_slow {
                FailureKind::Deadline
            } else {
                FailureKind::Routing
            };
            assert_eq!(failure.kind, expected);
            Err(failure.message)
        }
    }
}

async fn check(deed: &str, expected: Expect) {
    expected.assert_eq(&format!("{:?}", transit(deed).await));
}

#[tokio::test]
async fn a_choice_is_passed_on() {
    check("well", expect![[r#"Ok(["after"])"#]]).await;
    // Whether they are declared is the engine's to check.
    check("lie", expect![[r#"Ok(["nowhere"])"#]]).await;
    check("nothing", expect![[r#"Ok([])"#]]).await;
}

#[tokio::test]
async fn failures_are_of_kind_routing() {
    check(
        "spin",
        expect![[r#"Err("`transit` failed (deadline): no end after 2 s")"#]],
    )
    .await;
    let panic = transit("panic").await.unwrap_err();
    assert!(
        panic.starts_with("`transit` failed (trap): panicked at "),
        "{panic}"
    );
    let rubbish = transit("rubbish").await.unwrap_err();
    assert!(
        rubbish.starts_with("`transit` chose \"Not A Name\" is not a name"),
        "{rubbish}"
    );
    let checkpoint = transit("checkpoint").await.unwrap_err();
    let expected = "`transit` failed (trap): `checkpoint` is there only while a step executes";
    assert!(checkpoint.starts_with(expected), "{checkpoint}");
}
