//! Where a transition leads.

use crate::{Context, StepError, StepName};

/// Where a transition leads.
///
/// ```
/// use hephaestus_guest::{done, either, to};
///
/// let both = to("reserve").and("charge");
/// let the_end = done();
/// let one_of_them = either("courier").or("drone").chosen_by(|ctx| {
///     let urgent: bool = ctx.result("classify")?.unwrap_or_default();
///     Ok(if urgent { to("drone") } else { to("courier") })
/// });
/// ```
pub struct Targets {
    steps: Vec<&'static str>,
    chooser: Option<Chooser>,
}

/// Chooses among the declared targets of a dynamic transition.
pub(crate) type Chooser = Box<dyn Fn(&Context) -> Result<Targets, StepError> + Send + Sync>;

/// To this step.
pub fn to(step: impl StepName) -> Targets {
    Targets {
        steps: vec![step.step_name()],
        chooser: None,
    }
}

/// To the end of the instance.
pub fn done() -> Targets {
    to("done")
}

/// Begins a dynamic transition: the targets it may have.
pub fn either(step: impl StepName) -> Choice {
    Choice {
        steps: vec![step.step_name()],
    }
}

impl Targets {
    /// And to this step, concurrently.
    #[must_use]
    pub fn and(mut self, step: impl StepName) -> Self {
        self.steps.push(step.step_name());
        self
    }

    pub(crate) fn names(&self) -> &[&'static str] {
        &self.steps
    }

    pub(crate) fn into_names(self) -> Vec<&'static str> {
        self.steps
    }

    pub(crate) fn chooser(&self) -> Option<&Chooser> {
        self.chooser.as_ref()
    }
}

/// A dynamic transition whose choice is still to be said. See [`either`].
#[must_use = "say who chooses, with `chosen_by`"]
pub struct Choice {
    steps: Vec<&'static str>,
}

impl Choice {
    /// Another target it may have.
    pub fn or(mut self, step: impl StepName) -> Self {
        self.steps.push(step.step_name());
        self
    }

    /// What chooses: one or more of the targets. It reads what the step that ended could read, and that step's own
    /// result. The choice is recorded; an error fails the step for good.
    pub fn chosen_by(
        self,
        choose: impl Fn(&Context) -> Result<Targets, StepError> + Send + Sync + 'static,
    ) -> Targets {
        Targets {
            steps: self.steps,
            chooser: Some(Box::new(choose)),
        }
    }
}
