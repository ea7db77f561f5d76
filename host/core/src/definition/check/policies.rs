//! Do retries and deadlines make sense?

use std::time::Duration;

use super::Subject;
use crate::StepRef;
use crate::definition::limits::{MAX_ATTEMPTS, MAX_SPAN};
use crate::definition::{RetryPolicy, Violation, ViolationKind};

/// What makes no sense about a retry policy or a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Which part of it.
    pub part: PolicyPart,
    /// What was found, after "the retry policy …" or "the deadline …".
    pub message: String,
    /// What to do about it.
    pub fix: &'static str,
}

/// A part of a retry policy, or a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyPart {
    /// How many attempts it allows.
    Attempts,
    /// How far pauses may deviate.
    Jitter,
    /// The longest pause.
    Cap,
    /// The whole span: a deadline has no parts.
    Deadline,
}

impl PolicyProblem {
    /// All that is wrong with a retry policy.
    pub fn of_retry(policy: &RetryPolicy) -> Vec<Self> {
        let RetryPolicy {
            max_attempts,
            backoff: _,
            initial,
            cap,
            jitter_percent,
        } = policy;
        let mut problems = Vec::new();
        let mut add = |part, message, fix| problems.push(Self { part, message, fix });
        if *max_attempts == 0 {
            let fix = "the first attempt counts: 1 means no retry";
            add(PolicyPart::Attempts, "allows no attempt".to_owned(), fix);
        }
        if *max_attempts > MAX_ATTEMPTS {
            let message = format!("allows {max_attempts} attempts, more than {MAX_ATTEMPTS}");
            add(PolicyPart::Attempts, message, "allow fewer, with longer pauses");
        }
        if *jitter_percent > 100 {
            let message = format!("has a jitter of {jitter_percent} percent");
            add(PolicyPart::Jitter, message, "use 0 to 100");
        }
        if initial > cap {
            let message = format!("begins with a pause of {initial:?}, longer than its cap of {cap:?}");
            add(
                PolicyPart::Cap,
                message,
                "raise the cap, or begin with a shorter pause",
            );
        }
        if *cap > MAX_SPAN {
            let message = format!("has a cap of {cap:?}, longer than ten years");
            add(PolicyPart::Cap, message, "lower the cap");
        }
        problems
    }

    /// What is wrong with a deadline.
    pub fn of_deadline(deadline: Duration) -> Option<Self> {
        let (message, fix) = if deadline == Duration::ZERO {
            ("is zero", "leave it out to have none of its own, or give it time")
        } else if deadline > MAX_SPAN {
            ("is longer than ten years", "leave it out to have none of its own")
        } else {
            return None;
        };
        Some(Self {
            part: PolicyPart::Deadline,
            message: message.to_owned(),
            fix,
        })
    }
}

pub(super) fn retries(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (step, policy) in each(subject, subject.definition.retry.as_ref(), |step| {
        step.retry.as_ref()
    }) {
        for problem in PolicyProblem::of_retry(policy) {
            let message = format!("the retry policy of {} {}", owner(step), problem.message);
            violations.push(at(
                Violation::new(ViolationKind::BadRetry, message, problem.fix),
                step,
            ));
        }
    }
}

pub(super) fn deadlines(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for (step, deadline) in each(subject, subject.definition.deadline.as_ref(), |step| {
        step.deadline.as_ref()
    }) {
        if let Some(problem) = PolicyProblem::of_deadline(*deadline) {
            let message = format!("the deadline of {} {}", owner(step), problem.message);
            violations.push(at(
                Violation::new(ViolationKind::BadDeadline, message, problem.fix),
                step,
            ));
        }
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
