//! Joins, dynamic transitions, and the order of what is parallel.

use super::{ends, ends_with, passes, step, waits, workflow};
use crate::testing::{FailureKind, StepState, TestRun};
use crate::{Context, JoinRule, StepError, Workflow};

/// `pick` chooses among `email` and `sms`; `after` joins them.
fn routed(
    choose: impl Fn(&Context) -> Result<Vec<&'static str>, StepError> + Send + Sync + 'static,
) -> Workflow {
    workflow([
        step("pick", |_| ends_with("ok", "\"sms\"")).chooses("ok", &["email", "sms"], choose),
        passes("email", &["after"]),
        passes("sms", &["after"]),
        passes("after", &["done"]).joins(JoinRule::Settled),
        passes("other", &["done"]),
    ])
}

/// Without `other`, which nothing leads to.
fn sound(mut flow: Workflow) -> Workflow {
    flow.steps.pop();
    flow
}

#[test]
fn the_workflow_chooses_and_reads_the_result_of_the_step() {
    let flow = routed(|ctx| {
        let wanted: Option<String> = ctx.result("pick")?;
        Ok(if wanted.as_deref() == Some("sms") {
            vec!["sms"]
        } else {
            vec!["email"]
        })
    });
    let run = TestRun::of(sound(flow)).start();
    run.assert_completed();
    assert_eq!(run.path(), ["pick.ok", "sms.ok", "after.ok"]);
    assert_eq!(run.step("email").state(), &StepState::Dead);
}

#[test]
fn a_choice_that_is_none_is_a_failure_of_kind_routing() {
    let why = |choose: fn(&Context) -> Result<Vec<&'static str>, StepError>| {
        let run = TestRun::of(sound(routed(choose))).start();
        run.assert_failed(FailureKind::Routing);
        run.failure().expect("a failure").failure.message.clone()
    };
    assert!(
        why(|_| Ok(vec!["after"])).contains("`after` was chosen, expected one or more of `email`, `sms`")
    );
    assert!(why(|_| Ok(vec![])).contains("no target was chosen"));
    assert!(why(|_| Ok(vec!["No Name"])).contains("is not a name"));
    assert!(why(|_| Err(StepError::permanent("can't tell"))).contains("panicked: can't tell"));
    assert!(why(|_| panic!("lost")).contains("panicked: lost"));
}

#[test]
fn an_event_that_would_end_a_wait_asks_too() {
    let mut ask = waits("ask", &["done"]).chooses("ok", &["left", "right"], |_| Ok(vec!["left"]));
    // The wait is what chooses: its event is the dynamic one.
    ask.emits.clear();
    ask.accepts.push("ok");
    let mut run = TestRun::of(workflow([
        ask,
        passes("left", &["done"]),
        passes("right", &["done"]),
    ]))
    .start();
    run.send("ok");
    assert_eq!(run.path(), ["ask.ok", "left.ok"]);
}

#[test]
fn a_stuck_run_names_the_joins_that_died() {
    let run = TestRun::of(half_agreed()).start();
    run.assert_failed(FailureKind::Stuck);
    let why = &run.failure().expect("a failure").failure.message;
    assert!(
        why.contains("`agree` can't run because `left` ended with `no` instead of `ok`"),
        "{why}"
    );
}

/// Nobody thought of one saying `ok` and the other `no`.
pub(super) fn half_agreed() -> Workflow {
    let both = |name, says| {
        step(name, move |_| ends(says))
            .emits("ok", &["agree"])
            .emits("no", &["refuse"])
    };
    workflow([
        passes("fork", &["left", "right"]),
        both("left", "no"),
        both("right", "ok"),
        passes("agree", &["done"]),
        passes("refuse", &["done"]),
    ])
}

#[test]
fn what_is_parallel_goes_by_the_definition() {
    let run = TestRun::of(parallel()).start();
    assert_eq!(
        run.path(),
        ["fork.ok", "a.ok", "b.ok", "c.ok", "a2.ok", "b2.ok", "c2.ok"]
    );
}

fn parallel() -> Workflow {
    workflow([
        passes("fork", &["a", "b", "c"]),
        passes("a", &["a2"]),
        passes("b", &["b2"]),
        passes("c", &["c2"]),
        passes("a2", &["done"]),
        passes("b2", &["done"]),
        passes("c2", &["done"]),
    ])
}

#[test]
fn shuffled_it_goes_in_any_order_to_the_same_end() {
    let mut paths = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let run = TestRun::of(parallel()).shuffled(seed).start();
        run.assert_completed();
        let path = run.path();
        let again = TestRun::of(parallel()).shuffled(seed).start();
        assert_eq!(path, again.path(), "the same seed, the same order");
        let at = |step: &str| path.iter().position(|end| end.starts_with(step));
        assert!(at("a.") < at("a2.") && at("b.") < at("b2.") && at("c.") < at("c2."));
        paths.insert(path);
    }
    assert!(paths.len() > 30, "only {} orders of 90", paths.len());
}

/// The first one to arrive completes the instance; who that is depends on the order, and that is what a test looks for.
#[test]
fn shuffled_it_shows_where_the_order_matters() {
    let race = || {
        workflow([
            passes("fork", &["a", "b"]),
            passes("a", &["first"]),
            passes("b", &["first"]),
            step("first", |ctx| {
                let a: Option<u32> = ctx.result("a")?;
                ends_with("ok", a.is_some())
            })
            .emits("ok", &["done"])
            .joins(JoinRule::Any),
        ])
        .done_when(JoinRule::Any)
    };
    let ends: std::collections::BTreeSet<_> = (0..20)
        .map(|seed| TestRun::of(race()).shuffled(seed).start().path().join(" "))
        .collect();
    assert!(ends.len() > 1, "{ends:?}");
}

#[test]
fn what_was_stopped_runs_again_when_an_operator_retries() {
    let mut run = TestRun::of(workflow([
        passes("fork", &["bad", "good"]),
        passes("bad", &["done"]),
        passes("good", &["done"]),
    ]))
    .script_named("bad", [StepError::permanent("once")])
    .start();
    run.assert_failed(FailureKind::GuestError);
    assert_eq!(run.step("good").state(), &StepState::Stopped);
    run.retry();
    run.assert_completed();
    assert_eq!(run.step("good").attempts(), 2, "the first one was abandoned");
}
