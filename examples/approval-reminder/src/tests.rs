//! Whole paths in virtual time, and steps on their own: natively, in milliseconds.

use std::time::Duration;

use hephaestus_guest::testing::{FailureKind, TestContext, TestRun};
use serde_json::{Value, json};

use super::*;

/// The input beside the crate: it leaves the approver four seconds.
fn request() -> Value {
    serde_json::from_str(include_str!("../request.json")).expect("a request")
}

/// A request that waits for its first chance.
fn asked() -> TestRun {
    let run = TestRun::of(approval_reminder()).initial(request()).start();
    run.assert_waiting();
    run
}

#[test]
fn who_answers_in_time_is_not_reminded() {
    let mut run = asked();
    run.advance(Duration::from_millis(3_999));
    run.send_with(Answer::Approved, json!({ "remark": "you need it" }));
    run.assert_completed();
    assert_eq!(
        run.path(),
        ["ask.finished", "first-chance.approved", "grant.finished"]
    );
    assert_eq!(run.result_of::<grant>().as_deref(), Some("granted: you need it"));
}

#[test]
fn who_is_reminded_can_still_answer() {
    let mut run = asked();
    run.advance(Duration::from_secs(4));
    assert!(run.step_of::<remind>().has_run());
    run.send_with(Answer::Rejected, json!({ "remark": "no money" }));
    run.assert_completed();
    assert_eq!(run.event_of::<last_chance>(), Some(Answer::Rejected));
    assert_eq!(run.result_of::<refuse>().as_deref(), Some("refused: no money"));
}

#[test]
fn a_request_that_nobody_answers_is_passed_on() {
    let mut run = asked();
    run.advance(Duration::from_secs(5));
    run.assert_completed();
    assert_eq!(run.result_of::<escalate>().as_deref(), Some("passed on to robin"));
    assert_eq!(
        run.story(),
        "\
0s       approval-reminder version 1 begins -> ask
0s       ask: finished -> first-chance
0s       first-chance: waits for approved, rejected, timeout, at most 4s
4s       first-chance: timeout, by its timer -> remind
4s       remind: finished -> last-chance
4s       last-chance: waits for approved, rejected, timeout, at most 1s
5s       last-chance: timeout, by its timer -> escalate; grant, refuse can't run any more
5s       escalate: finished -> done
5s       completed
"
    );
}

#[test]
fn an_answer_needs_no_words() {
    let mut run = asked();
    run.send(Answer::Approved);
    assert_eq!(run.result_of::<grant>().as_deref(), Some("granted"));
}

#[test]
fn after_the_end_nobody_can_answer() {
    let mut run = asked();
    run.send(Answer::Approved);
    let refusal = run.try_send(Answer::Rejected).expect_err("it has ended");
    assert!(refusal.to_string().contains("completed"), "{refusal}");
}

#[test]
fn an_answer_in_another_form_fails_the_step_that_reads_it() {
    let mut run = asked();
    run.send_with(Answer::Approved, "yes");
    run.assert_failed(FailureKind::GuestError);
    let failure = run.step_of::<grant>().failure().expect("it failed");
    assert!(failure.message.contains("`first-chance`"), "{}", failure.message);
}

#[test]
fn without_a_word_about_it_the_approver_has_a_day() {
    let ctx = TestContext::new()
        .initial(json!({ "what": "a chair", "approver": "kim", "manager": "robin" }))
        .config(Patience::Long);
    assert_eq!(
        ctx.run::<answer>(),
        Ok(Outcome::wait_at_most(Duration::from_secs(86_400)))
    );
}

#[test]
fn mail_goes_to_who_has_to_decide() {
    let addressee = |run: fn(&TestContext)| {
        let ctx = TestContext::new().initial(request());
        run(&ctx);
        ctx.logs()[0].fields[0].1.clone()
    };
    assert_eq!(addressee(|ctx| drop(ctx.run::<remind>())), "kim");
    assert_eq!(addressee(|ctx| drop(ctx.run::<escalate>())), "robin");
}
