//! What a test does wrong, and what it is told.

use super::{panic_of, passes, waits, workflow};
use crate::testing::{FailureKind, TestRun};

#[test]
fn an_unsound_graph_is_told_with_everything_that_is_wrong() {
    let flow = || workflow([passes("a", &["nowhere"]), passes("b", &["b"])]);
    let told = panic_of(|| drop(TestRun::of(flow()).start()));
    assert!(
        told.starts_with("the graph of workflow `test` is not sound:"),
        "{told}"
    );
    assert!(told.contains("`nowhere`") && told.contains("`b`"), "{told}");
}

#[test]
fn a_script_for_no_step_is_told_with_the_steps_there_are() {
    let told = panic_of(|| {
        let run = TestRun::of(workflow([passes("ship", &["done"])]));
        run.stub_named("shop", |_| crate::StepError::permanent("never"))
            .start();
    });
    assert_eq!(told, "workflow `test` has no step `shop` to script, it has ship");
}

#[test]
fn an_input_must_be_an_object() {
    let told = panic_of(|| {
        drop(
            TestRun::of(workflow([passes("a", &["done"])]))
                .initial([1])
                .start(),
        )
    });
    assert_eq!(told, "the input of an instance must be a JSON object, not [1]");
}

#[test]
fn a_refused_event_tells_the_story() {
    let told = panic_of(|| {
        let mut run = TestRun::of(workflow([waits("approve", &["done"])])).start();
        run.send("stop");
    });
    expect_test::expect![[r#"
        the event is refused: no step accepts event `stop`; now `approve` waits for `go`
        the story so far:
        0s       test version 1 begins -> approve
        0s       approve: waits for go
        0s       now: waiting; approve waits for go"#]]
    .assert_eq(&told);
}

#[test]
fn an_assertion_that_fails_tells_the_story() {
    let run = TestRun::of(workflow([waits("approve", &["done"])])).start();
    let told = panic_of(|| run.assert_completed());
    assert!(
        told.starts_with("expected the instance to be completed\n"),
        "{told}"
    );
    assert!(told.contains("approve waits for go"), "{told}");

    let done = TestRun::of(workflow([passes("a", &["done"])])).start();
    assert!(panic_of(|| done.assert_waiting()).contains("now: completed"));
    assert!(panic_of(|| done.assert_failed(FailureKind::Stuck)).contains("to be failed"));
    assert!(panic_of(|| done.assert_cancelled()).contains("to be cancelled"));
    assert!(panic_of(|| drop(done.step("b"))).contains("no step `b`"));
}
