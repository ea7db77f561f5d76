//! Workflows that are data, so that a test shows graph and path together.

mod events;
mod graph;
mod random;
mod reads;
mod refusals;
mod retries;
mod story;
mod typed;

use std::time::Duration;

use crate::step::ErasedOutcome;
use crate::workflow::{AnyStep, JoinRule, Targets};
use crate::{Context, Outcome, StepError, Workflow};

/// What the code of a test's step returns.
pub(super) type Returned = Result<ErasedOutcome, StepError>;

/// A step whose code is `run`.
pub(super) fn step(
    name: &'static str,
    run: impl Fn(&Context) -> Returned + Send + Sync + 'static,
) -> AnyStep {
    AnyStep {
        name,
        run: Box::new(run),
        emits: Vec::new(),
        accepts: Vec::new(),
        routes: Vec::new(),
        join: JoinRule::Default,
        retry: None,
        deadline: None,
        config: None,
        requests: Vec::new(),
    }
}

/// A step that ends with `ok`, which leads to these.
pub(super) fn passes(name: &'static str, targets: &[&'static str]) -> AnyStep {
    step(name, |_| ends("ok")).emits("ok", targets)
}

pub(super) fn ends(event: &'static str) -> Returned {
    Ok(Outcome::completed(event))
}

pub(super) fn ends_with(event: &'static str, result: impl ToString) -> Returned {
    Ok(Outcome::completed_with(event, result.to_string()))
}

impl AnyStep {
    pub(super) fn emits(mut self, event: &'static str, targets: &[&'static str]) -> Self {
        self.emits.push(event);
        self.leads(event, targets)
    }

    pub(super) fn accepts(mut self, event: &'static str, targets: &[&'static str]) -> Self {
        self.accepts.push(event);
        self.leads(event, targets)
    }

    pub(super) fn leads(mut self, event: &'static str, targets: &[&'static str]) -> Self {
        self.routes
            .push((event, Targets::named(targets.iter().copied(), None)));
        self
    }

    /// The transition for `event` is dynamic.
    pub(super) fn chooses(
        mut self,
        event: &'static str,
        targets: &[&'static str],
        choose: impl Fn(&Context) -> Result<Vec<&'static str>, StepError> + Send + Sync + 'static,
    ) -> Self {
        let chooser = Box::new(move |ctx: &Context| Ok(Targets::named(choose(ctx)?, None)));
        self.emits.push(event);
        let targets = Targets::named(targets.iter().copied(), Some(chooser));
        self.routes.push((event, targets));
        self
    }

    pub(super) fn joins(mut self, join: JoinRule) -> Self {
        self.join = join;
        self
    }
}

/// A workflow of these steps, without retries.
pub(super) fn workflow(steps: impl IntoIterator<Item = AnyStep>) -> Workflow {
    let mut workflow = Workflow::new("test", 1).retry(crate::Retry::never());
    workflow.steps.extend(steps);
    workflow
}

/// A step that waits for `go`, as long as it takes.
pub(super) fn waits(name: &'static str, targets: &[&'static str]) -> AnyStep {
    step(name, |_| Ok(Outcome::wait())).accepts("go", targets)
}

/// A step that waits for `go`, or an hour.
pub(super) fn waits_an_hour(name: &'static str, on_timeout: &[&'static str]) -> AnyStep {
    step(name, |_| Ok(Outcome::wait_at_most(seconds(3600))))
        .accepts("go", &["done"])
        .accepts("timeout", on_timeout)
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a panic of `act` says.
pub(super) fn panic_of(act: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).expect_err("a panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .expect("a text")
}
