//! What steps read: the input, their ancestors, themselves; and nothing else.

use super::{ends_with, passes, step, waits, workflow};
use crate::testing::{FailureKind, TestRun};
use crate::{Context, StepError, Workflow};

/// `fork` leads to `left` (which is fast) and to `right`, whose code is `read`.
fn siblings(read: fn(&Context) -> Result<u32, StepError>) -> Workflow {
    workflow([
        step("fork", |_| ends_with("ok", 1)).emits("ok", &["left", "right"]),
        step("left", |_| ends_with("ok", 2)).emits("ok", &["after"]),
        step("right", move |ctx| ends_with("ok", read(ctx)?)).emits("ok", &["after"]),
        step("after", |ctx| {
            let left: Option<u32> = ctx.result("left")?;
            ends_with("ok", left.unwrap_or_default())
        })
        .emits("ok", &["done"]),
    ])
}

fn why(read: fn(&Context) -> Result<u32, StepError>) -> String {
    let run = TestRun::of(siblings(read)).start();
    run.assert_failed(FailureKind::GuestError);
    run.failure().expect("a failure").failure.message.clone()
}

#[test]
fn an_ancestor_is_read() {
    let run = TestRun::of(siblings(|ctx| Ok(ctx.result("fork")?.unwrap_or_default()))).start();
    run.assert_completed();
    assert_eq!(run.step("right").result(), Some(1));
    assert_eq!(run.step("after").result(), Some(2));
}

/// `left` has completed when `right` begins; in the host it might not have.
#[test]
fn a_sibling_is_not_read() {
    let why = why(|ctx| Ok(ctx.result("left")?.unwrap_or_default()));
    assert!(why.contains("`left` doesn't lie before it"), "{why}");
}

#[test]
fn what_comes_later_or_does_not_exist_is_not_read() {
    let later = why(|ctx| Ok(ctx.result("after")?.unwrap_or_default()));
    assert!(later.contains("`after` doesn't lie before it"), "{later}");
    let unknown = why(|ctx| Ok(ctx.result("nobody")?.unwrap_or_default()));
    assert!(unknown.contains("no step `nobody`"), "{unknown}");
}

#[test]
fn a_branch_that_was_not_taken_has_no_result() {
    let run = TestRun::of(workflow([
        step("pick", |_| super::ends("b"))
            .emits("a", &["left"])
            .emits("b", &["right"]),
        passes("left", &["join"]),
        passes("right", &["join"]),
        step("join", |ctx| {
            let left: Option<u32> = ctx.result("left")?;
            ends_with("ok", left.is_none())
        })
        .emits("ok", &["done"])
        .joins(crate::JoinRule::Settled),
    ]))
    .start();
    run.assert_completed();
    assert_eq!(run.step("join").result(), Some(true));
    assert!(!run.step("left").has_run());
}

#[test]
fn a_step_knows_itself_its_instance_and_its_configuration() {
    let mut told = step("tell", |ctx| {
        let config: u32 = ctx.config()?;
        let input: serde_json::Value = ctx.initial()?;
        let instance = ctx.instance();
        let id = format!("{}/tell", instance.id);
        assert_eq!(ctx.idempotency_key(), id);
        let words = (
            ctx.step(),
            config,
            input,
            instance.business_id,
            instance.workflow,
            instance.version,
        );
        ends_with("ok", serde_json::json!(words))
    })
    .emits("ok", &["done"]);
    told.config = Some("7".into());
    let run = TestRun::of(workflow([told]).business_key("orderid"))
        .initial(serde_json::json!({ "a": 1 }))
        .business_value("abc123")
        .start();
    let expected = serde_json::json!(["tell", 7, { "a": 1 }, "orderid::abc123", "test", 1]);
    assert_eq!(run.step("tell").result(), Some(expected));
}

#[test]
fn the_result_of_an_event_is_read_like_any_other() {
    let mut run = TestRun::of(workflow([
        waits("ask", &["tell"]),
        step("tell", |ctx| {
            let reason: Option<String> = ctx.result("ask")?;
            ends_with("ok", serde_json::json!(reason))
        })
        .emits("ok", &["done"]),
    ]))
    .start();
    run.send_with("go", "because");
    assert_eq!(run.step("tell").result::<String>().as_deref(), Some("because"));
}
