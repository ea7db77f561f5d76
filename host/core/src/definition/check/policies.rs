//! Do retries and deadlines make sense?

use std::time::Duration;

use super::Subject;
use crate::StepRef;
use crate::definition::limits::{MAX_ATTEMPTS, MAX_SPAN};
use crate::definition::{RetryPolicy, Violation, ViolationKind};

pub(super) fn retries(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (step, policy) in each(subject, subject.definition.retry.as_ref(), |step| {
        step.retry.as_ref()
    }) {
        for (problem, fix) in problems(policy) {
            let message = format!("the retry policy of {} {problem}", owner(step));
            violations.push(at(Violation::new(ViolationKind::BadRetry, message, fix), step));
        }
    }
}

fn problems(policy: &RetryPolicy) -> Vec<(String, &'static str)> {
    let RetryPolicy {
        max_attempts,
        backoff: _,
        initial,
        cap,
        jitter_percent,
    } = policy;
    let mut problems = Vec::new();
    if *max_attempts == 0 {
        problems.push((
            "allows no attempt".to_owned(),
            "the first attempt counts: 1 means no retry",
        ));
    }
    if *max_attempts > MAX_ATTEMPTS {
        let problem = format!("allows {max_attempts} attempts, more than {MAX_ATTEMPTS}");
        problems.push((problem, "allow fewer, with longer pauses"));
    }
    if *jitter_percent > 100 {
        problems.push((
            format!("has a jitter of {jitter_percent} percent"),
            "use 0 to 100",
        ));
    }
    if initial > cap {
        let problem = format!("begins with a pause of {initial:?}, longer than its cap of {cap:?}");
        problems.push((problem, "raise the cap, or begin with a shorter pause"));
    }
    if *cap > MAX_SPAN {
        problems.push((
            format!("has a cap of {cap:?}, longer than ten years"),
            "lower the cap",
        ));
    }
    problems
}

pub(super) fn deadlines(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (step, deadline) in each(subject, subject.definition.deadline.as_ref(), |step| {
        step.deadline.as_ref()
    }) {
        let (problem, fix) = if *deadline == Duration::ZERO {
            ("is zero", "leave it out to have none of its own, or give it time")
        } else if *deadline > MAX_SPAN {
            ("is longer than ten years", "leave it out to have none of its own")
        } else {
            continue;
        };
        let message = format!("the deadline of {} {problem}", owner(step));
        violations.push(at(Violation::new(ViolationKind::BadDeadline, message, fix), step));
    }
}

/// The workflow's own value, then that of each step. `done` was looked at elsewhere.
fn each<'a, T>(
    subject: &Subject<'a>,
    workflow: Option<&'a T>,
    of_step: impl Fn(&'a crate::definition::StepDefinition) -> Option<&'a T>,
) -> impl Iterator<Item = (Option<&'a StepRef>, &'a T)> {
    let steps = subject
        .definition
        .steps
        .iter()
        .filter(|step| !step.name.is_done());
    let of_steps = steps.filter_map(move |step| Some((Some(&step.name), of_step(step)?)));
    workflow.into_iter().map(|value| (None, value)).chain(of_steps)
}

fn owner(step: Option<&StepRef>) -> String {
    step.map_or_else(|| "the workflow".to_owned(), |step| format!("step `{step}`"))
}

fn at(violation: Violation, step: Option<&StepRef>) -> Violation {
    match step {
        Some(step) => violation.at(step),
        None => violation,
    }
}
