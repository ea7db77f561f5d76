//! Workflows to draw.

use std::time::Duration;

use hephaestus_host::core::Digest;
use hephaestus_host::core::definition::{
    Backoff, JoinRule, RetryPolicy, StepBuilder, Workflow, WorkflowBuilder, step,
};

use crate::report::graph::GraphReport;

pub(super) fn graph(workflow: &Workflow) -> GraphReport {
    GraphReport::new(workflow, Digest([0xab; 32]))
}

pub(super) fn workflow(name: &str, steps: impl IntoIterator<Item = StepBuilder>) -> Workflow {
    let builder = WorkflowBuilder::new(name, 1);
    let builder = steps.into_iter().fold(builder, WorkflowBuilder::step);
    builder.build().expect("a sound workflow")
}

/// The example, whose component other tests draw: here it needs no toolchain.
pub(super) fn order_flow() -> Workflow {
    let four = RetryPolicy {
        max_attempts: 4,
        backoff: Backoff::Constant,
        initial: Duration::from_millis(200),
        cap: Duration::from_millis(200),
        jitter_percent: 0,
    };
    workflow(
        "order-flow",
        [
            step("validate")
                .emits("valid", ["reserve", "charge"])
                .emits("invalid", ["refuse"]),
            step("reserve")
                .emits("reserved", ["approve", "release"])
                .emits("out-of-stock", ["refund", "refuse"]),
            step("charge")
                .emits("charged", ["approve", "refund"])
                .emits("declined", ["release", "refuse"]),
            step("approve")
                .accepts("approved", ["ship"])
                .accepts("rejected", ["release", "refund", "refuse"])
                .accepts("timeout", ["release", "refund", "expire"]),
            step("ship")
                .emits("finished", ["done"])
                .failed(["release", "refund", "give-up"])
                .retry(four),
            step("release").emits("finished", ["done"]).join_expression(
                "all[reserve.reserved, any[charge.declined, approve.rejected, approve.timeout, ship.failed]]",
            ),
            step("refund").emits("finished", ["done"]).join_expression(
                "all[charge.charged, any[reserve.out-of-stock, approve.rejected, approve.timeout, ship.failed]]",
            ),
            step("refuse").emits("finished", ["done"]).join(JoinRule::Settled),
            step("expire").emits("finished", ["done"]),
            step("give-up").emits("finished", ["done"]),
        ],
    )
}

/// A trip of seven bookings that are made side by side, and cancelled if one of them fails: thirty steps.
pub(super) fn thirty_steps() -> Workflow {
    let parts = [
        "flight",
        "hotel",
        "car",
        "insurance",
        "transfer",
        "museum",
        "dinner",
    ];
    let named = |verb: &str| parts.map(|part| format!("{verb}-{part}"));
    let (find, book, cancel) = (named("find"), named("book"), named("cancel"));
    let all = |names: &[String]| names.to_vec();
    let mut steps = vec![
        step("plan")
            .emits("planned", all(&find).iter().map(String::as_str))
            .emits("nonsense", ["apologise"]),
    ];
    for at in 0..parts.len() {
        steps.push(step(&find[at]).emits("found", [book[at].as_str()]));
    }
    for at in 0..parts.len() {
        let others = cancel.iter().enumerate().filter(|(other, _)| *other != at);
        let targets = others.map(|(_, name)| name.as_str()).chain(["apologise"]);
        steps.push(
            step(&book[at])
                .emits("booked", ["confirm", cancel[at].as_str()])
                .failed(targets),
        );
    }
    let failures = |except: Option<usize>| {
        let others = book.iter().enumerate().filter(|(at, _)| Some(*at) != except);
        let named: Vec<String> = others.map(|(_, name)| format!("{name}.failed")).collect();
        named.join(", ")
    };
    for at in 0..parts.len() {
        let join = format!("all[{}.booked, any[{}]]", book[at], failures(Some(at)));
        steps.push(
            step(&cancel[at])
                .emits("cancelled", ["done"])
                .join_expression(&join),
        );
    }
    steps.extend([
        step("confirm")
            .accepts("confirmed", ["pay"])
            .accepts("timeout", ["pay"]),
        step("pay").emits("paid", ["notify", "archive"]),
        step("notify").emits_dynamic("chosen", ["email", "sms", "post"]),
        step("archive").emits("archived", ["done"]),
        step("email").emits("sent", ["done"]),
        step("sms").emits("sent", ["done"]),
        step("post").emits("sent", ["done"]),
        step("apologise")
            .emits("sent", ["done"])
            .join_expression(&format!("any[plan.nonsense, {}]", failures(None))),
    ]);
    workflow("trip", steps)
}
