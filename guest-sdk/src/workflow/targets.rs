//! Where a transition leads.

use crate::{Context, Step, StepError};

/// Where a transition leads: to all of these steps.
///
/// ```
/// # use hephaestus_guest::{Finished, step};
/// # #[step] fn reserve() -> Finished { Finished }
/// # #[step] fn charge() -> Finished { Finished }
/// use hephaestus_guest::{Targets, done, to};
///
/// let both = to::<reserve>().and::<charge>();
/// let the_end = done();
/// let what_is_wanted = Targets::none().and_if::<reserve>(true).and_if::<charge>(false);
/// ```
pub struct Targets {
    steps: Vec<&'static str>,
    chooser: Option<Chooser>,
}

/// Chooses among the declared targets of a dynamic transition.
pub(crate) type Chooser = Box<dyn Fn(&Context) -> Result<Targets, StepError> + Send + Sync>;

/// To this step.
pub fn to<S: Step>() -> Targets {
    Targets::none().and::<S>()
}

/// To the end of the instance.
pub fn done() -> Targets {
    Targets::none().and_done()
}

impl Targets {
    /// No target yet. A transition needs one at least.
    pub fn none() -> Self {
        Self {
            steps: Vec::new(),
            chooser: None,
        }
    }

    /// And to this step, concurrently.
    #[must_use]
    pub fn and<S: Step>(mut self) -> Self {
        self.steps.push(S::NAME);
        self
    }

    /// And to this step if that is wanted.
    #[must_use]
    pub fn and_if<S: Step>(self, wanted: bool) -> Self {
        if wanted { self.and::<S>() } else { self }
    }

    /// And to the end of the instance.
    #[must_use]
    pub fn and_done(mut self) -> Self {
        self.steps.push("done");
        self
    }

    /// Makes the transition dynamic: `choose` picks one or more of these targets. It reads what the step that ended
    /// could read, and that step's own result. The choice is recorded; an error fails the step for good.
    #[must_use]
    pub fn chosen_by(
        mut self,
        choose: impl Fn(&Context) -> Result<Self, StepError> + Send + Sync + 'static,
    ) -> Self {
        self.chooser = Some(Box::new(choose));
        self
    }

    /// For tests whose graphs are data.
    #[cfg(test)]
    pub(crate) fn named(steps: impl IntoIterator<Item = &'static str>, chooser: Option<Chooser>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            chooser,
        }
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
