//! One step in a context that the test makes up.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{LogLine, json};
use crate::context::memory::{Facts, Memory};
use crate::context::script::Capabilities;
use crate::step::erase;
use crate::{Context, Event, Outcome, Step, StepError, StepResult, Workflow};

/// A context in memory. Without further ado: the input `{}`, no results, no configuration, the first attempt.
///
/// ```
/// use hephaestus_guest::testing::TestContext;
/// use hephaestus_guest::{Context, Finished, Outcome, ResultOf, step};
///
/// #[step]
/// fn pick() -> Outcome<Finished, u64> {
///     Finished.with(7)
/// }
///
/// #[step]
/// fn double(ResultOf(number): ResultOf<pick>, ctx: &Context) -> Outcome<Finished, u64> {
///     ctx.info("doubled", &[("number", &number)]);
///     Finished.with(2 * number)
/// }
///
/// let ctx = TestContext::new().result::<pick>(21);
/// assert_eq!(ctx.run::<double>(), Ok(Finished.with(42)));
/// assert_eq!(ctx.logs()[0].message, "doubled");
/// ```
///
/// Reading the result of a step that doesn't lie before the running one works here, and fails in the host: the test
/// context knows no graph. A [`TestRun`](super::TestRun) does.
///
/// # Panics
/// The methods that take a value panic if it can't be written as JSON.
pub struct TestContext {
    facts: Rc<RefCell<Facts>>,
    context: Context,
}

impl Default for TestContext {
    fn default() -> Self {
        Self::new()
    }
}

impl TestContext {
    /// An empty context.
    pub fn new() -> Self {
        let facts = Rc::new(RefCell::new(Facts::new()));
        Self {
            context: Context::new(Memory(Rc::clone(&facts))),
            facts,
        }
    }

    /// The input of the instance.
    #[must_use]
    pub fn initial(self, input: impl Serialize) -> Self {
        self.facts.borrow_mut().initial = json(&input);
        self
    }

    /// The result of an earlier step.
    #[must_use]
    pub fn result<S: Step>(self, result: impl Serialize) -> Self {
        self.facts
            .borrow_mut()
            .results
            .insert(S::NAME.to_owned(), Some(json(&result)));
        self
    }

    /// The configuration of the step.
    #[must_use]
    pub fn config(self, config: impl Serialize) -> Self {
        self.facts.borrow_mut().config = Some(json(&config));
        self
    }

    /// Which try of the step it is, from 1.
    #[must_use]
    pub fn attempt(self, attempt: u32) -> Self {
        self.facts.borrow_mut().attempt = attempt;
        self
    }

    /// What the step saved in an attempt before this one.
    #[must_use]
    pub fn checkpoint(self, progress: impl Serialize) -> Self {
        self.facts.borrow_mut().checkpoint = Some(json(&progress));
        self
    }

    /// Runs one attempt of a step, with the checks that its component makes: it emits no event that is for others to
    /// send, and waits for nothing it doesn't accept.
    pub fn run<S: Step>(&self) -> StepResult<S::Event, S::Output> {
        self.facts.borrow_mut().step = S::NAME.to_owned();
        let outcome = S::run(&self.context)?;
        erase(S::NAME, &outcome)?;
        Ok(outcome)
    }

    /// Runs one attempt of the workflow's step of that name, as the component does for the host: the event by name, the
    /// result as JSON text.
    ///
    /// # Errors
    /// The step's own; a permanent one if there is no such step.
    pub fn execute(
        &self,
        workflow: &Workflow,
        step: &str,
    ) -> Result<Outcome<&'static str, String>, StepError> {
        self.facts.borrow_mut().step = step.to_owned();
        workflow.execute(step, &self.context)
    }

    /// What the dynamic transition of the step `S` for `event` leads to, as the component answers the host.
    ///
    /// # Errors
    /// Those of the choice; a permanent one if the transition isn't dynamic.
    pub fn transit<S: Step>(
        &self,
        workflow: &Workflow,
        event: S::Event,
    ) -> Result<Vec<&'static str>, StepError> {
        self.facts.borrow_mut().step = S::NAME.to_owned();
        workflow.transit(S::NAME, event.name(), &self.context)
    }

    /// What was saved so far with [`Context::save_checkpoint`], in order.
    ///
    /// # Panics
    /// If something was saved that is no `T`.
    pub fn checkpoints<T: DeserializeOwned>(&self) -> Vec<T> {
        let facts = self.facts.borrow();
        let parse = |json: &String| {
            serde_json::from_str(json)
                .unwrap_or_else(|error| panic!("the step saved {json}, which is something else: {error}"))
        };
        facts.checkpoints.iter().map(parse).collect()
    }

    pub(super) fn capabilities(&self) -> Rc<RefCell<Capabilities>> {
        Rc::clone(&self.facts.borrow().capabilities)
    }

    /// What was logged so far.
    pub fn logs(&self) -> Vec<LogLine> {
        self.facts.borrow().logs.clone()
    }
}

/// For steps that are plain functions: `reserve(&ctx)`.
impl Deref for TestContext {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}
