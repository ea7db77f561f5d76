//! What a run begins with.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use hephaestus_core::definition::Workflow as Proven;
use hephaestus_core::engine::{NewInstance, begin, create};
use hephaestus_core::{BusinessValue, Digest, Json, Timestamp};
use serde::Serialize;

use super::TestRun;
use super::attempt::{Attempt, Scripts};
use super::drive::Drive;
use super::order::Order;
use crate::context::Instance;
use crate::context::memory::{Facts, TEST_INSTANCE};
use crate::context::script::Capabilities;
use crate::testing::json;
use crate::{Context, Step, StepResult, Workflow};

/// What a [`TestRun`] begins with: see [`TestRun::of`].
#[must_use = "nothing runs before `start`"]
pub struct Setup {
    code: Workflow,
    initial: String,
    business_value: String,
    scripts: Scripts,
    order: Order,
    capabilities: Rc<RefCell<Capabilities>>,
}

impl Setup {
    pub(super) fn of(code: Workflow) -> Self {
        Self {
            code,
            initial: "{}".into(),
            business_value: "test".into(),
            scripts: Scripts::default(),
            order: Order::Canonical,
            capabilities: Rc::default(),
        }
    }

    /// The input of the instance; `{}` if nothing is said.
    ///
    /// # Panics
    /// If it can't be written as JSON.
    pub fn initial(mut self, input: impl Serialize) -> Self {
        self.initial = json(&input);
        self
    }

    /// The value for the workflow's business key: `abc123` in `orderid::abc123`.
    pub fn business_value(mut self, value: impl Into<String>) -> Self {
        self.business_value = value.into();
        self
    }

    /// What the first attempts of the step `S` come to, in place of its code. Then its code runs, or the
    /// [stub](Self::stub).
    pub fn script<S: Step>(self, attempts: impl IntoIterator<Item = impl Into<Attempt>>) -> Self {
        self.script_named(S::NAME, attempts)
    }

    /// As [`script`](Self::script), for a step that is known by name.
    pub fn script_named(
        mut self,
        step: &str,
        attempts: impl IntoIterator<Item = impl Into<Attempt>>,
    ) -> Self {
        self.scripts.first(step, attempts.into_iter().map(Into::into));
        self
    }

    /// Runs this in place of the code of the step `S`, at every attempt.
    ///
    /// A panic of the stub is an assertion of yours that failed, and fails the test. To let the step panic, use
    /// [`Attempt::panics`].
    pub fn stub<S: Step>(
        self,
        stub: impl FnMut(&Context) -> StepResult<S::Event, S::Output> + 'static,
    ) -> Self {
        self.stub_named(S::NAME, stub)
    }

    /// As [`stub`](Self::stub), for a step that is known by name. It may return whatever an [`Attempt`] is made of.
    pub fn stub_named<A: Into<Attempt>>(
        mut self,
        step: &str,
        mut stub: impl FnMut(&Context) -> A + 'static,
    ) -> Self {
        self.scripts.stub(step, Box::new(move |ctx| stub(ctx).into()));
        self
    }

    /// Lets steps that run at the same time end in any order, and timers that are due at the same time fire in any
    /// order. The same seed gives the same order. Without it, what began first ends first; and what becomes ready at
    /// the same time begins in the order of the definition.
    pub fn shuffled(mut self, seed: u64) -> Self {
        self.order = Order::Shuffled(seed);
        self
    }

    pub(in crate::testing) fn capabilities(&self) -> &RefCell<Capabilities> {
        &self.capabilities
    }

    /// Creates the instance, and runs it until it ends or waits.
    ///
    /// # Panics
    /// If the host would refuse the workflow (the message says everything that is wrong with it) or the input, or if a
    /// step that is scripted doesn't exist.
    #[track_caller]
    pub fn start(self) -> TestRun {
        let workflow = match self.code.check() {
            Ok(workflow) => Arc::new(workflow),
            Err(unsound) => panic!(
                "the graph of workflow `{}` is not sound:\n{unsound}",
                self.code.name
            ),
        };
        self.check_scripts(&workflow);
        let now = Timestamp(0);
        let created = create(&workflow, self.instance(), now);
        let definition = workflow.definition();
        let facts = Facts {
            initial: created.initial.as_str().into(),
            instance: Instance {
                id: created.instance.to_string(),
                business_id: created.business_id.to_string(),
                workflow: definition.name.to_string(),
                version: definition.version.0,
            },
            capabilities: self.capabilities,
            ..Facts::new()
        };
        let (state, change) = match begin(workflow, created, now) {
            Ok(begun) => begun,
            Err(error) => panic!("the engine doesn't accept its own record: {error}"),
        };
        let mut drive = Drive {
            code: self.code,
            scripts: self.scripts,
            order: self.order,
            state,
            journal: change.entries,
            now,
            facts: Rc::new(RefCell::new(facts)),
            running: Vec::new(),
            seen: BTreeMap::new(),
        };
        drive.settle();
        TestRun::begun(drive)
    }

    #[track_caller]
    fn instance(&self) -> NewInstance {
        let initial = match Json::parse(&self.initial) {
            Ok(initial) if initial.is_object() => initial,
            Ok(other) => panic!("the input of an instance must be a JSON object, not {other}"),
            Err(error) => panic!("the input of the instance is {error}"),
        };
        NewInstance {
            instance: match TEST_INSTANCE.parse() {
                Ok(instance) => instance,
                Err(error) => panic!("{error}"),
            },
            digest: Digest([0; 32]),
            business_value: match BusinessValue::new(&self.business_value) {
                Ok(value) => value,
                Err(error) => panic!("{error}"),
            },
            request_id: None,
            initial,
            deadline: None,
            metadata: BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check_scripts(&self, workflow: &Proven) {
        let exists = |step: &str| step != "done" && workflow.index(step).is_some();
        if let Some(unknown) = self.scripts.steps().find(|step| !exists(step)) {
            let names = workflow.steps().iter().map(|step| step.name.as_str());
            let names: Vec<&str> = names.filter(|name| *name != "done").collect();
            panic!(
                "workflow `{}` has no step `{unknown}` to script, it has {}",
                workflow.definition().name,
                names.join(", ")
            );
        }
    }
}
