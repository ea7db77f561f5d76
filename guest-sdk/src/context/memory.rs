//! The context of native unit tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use hephaestus_core::definition::Workflow;

use super::script::Capabilities;
use super::{Instance, Level, Source, not_an_ancestor, unknown_step};
use crate::StepError;
use crate::testing::LogLine;

/// What a test gives, and what the step logged.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) initial: String,
    /// By step. `None`: it hasn't completed, or has no result.
    pub(crate) results: BTreeMap<String, Option<String>>,
    /// The graph. Where it is known, a step reads `results` and no others, as in the host.
    pub(crate) graph: Option<Arc<Workflow>>,
    pub(crate) config: Option<String>,
    pub(crate) instance: Instance,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) logs: Vec<LogLine>,
    /// What the step saved last; the next attempt of it goes on from here.
    pub(crate) checkpoint: Option<String>,
    /// All that it saved, in order.
    pub(crate) checkpoints: Vec<String>,
    pub(crate) capabilities: Rc<RefCell<Capabilities>>,
}

impl Facts {
    /// The first attempt of a step in an instance that nothing is known of.
    pub(crate) fn new() -> Self {
        Self {
            initial: "{}".into(),
            results: BTreeMap::new(),
            graph: None,
            config: None,
            instance: Instance {
                id: TEST_INSTANCE.into(),
                business_id: "test::1".into(),
                workflow: "test".into(),
                version: 1,
            },
            step: "test".into(),
            attempt: 1,
            logs: Vec::new(),
            checkpoint: None,
            checkpoints: Vec::new(),
            capabilities: Rc::default(),
        }
    }
}

/// Reads the facts that the test can still change.
pub(crate) struct Memory(pub(crate) Rc<RefCell<Facts>>);

/// The id of the instance that tests run in.
pub(crate) const TEST_INSTANCE: &str = "00000000-0000-7000-8000-000000000000";

impl Source for Memory {
    fn initial(&self) -> String {
        self.0.borrow().initial.clone()
    }

    fn result(&self, step: &str) -> Result<Option<String>, String> {
        let facts = self.0.borrow();
        match (facts.results.get(step), &facts.graph) {
            (Some(result), _) => Ok(result.clone()),
            (None, None) => Ok(None),
            (None, Some(graph)) if graph.index(step).is_some() => Err(not_an_ancestor(step)),
            (None, Some(_)) => Err(unknown_step(step)),
        }
    }

    fn config(&self) -> Option<String> {
        self.0.borrow().config.clone()
    }

    fn instance(&self) -> Instance {
        self.0.borrow().instance.clone()
    }

    fn step(&self) -> String {
        self.0.borrow().step.clone()
    }

    fn attempt(&self) -> u32 {
        self.0.borrow().attempt
    }

    fn idempotency_key(&self) -> String {
        let facts = self.0.borrow();
        format!("{}/{}", facts.instance.id, facts.step)
    }

    fn log(&self, level: Level, message: &str, fields: Vec<(String, String)>) {
        self.0.borrow_mut().logs.push(LogLine {
            level,
            message: message.into(),
            fields,
        });
    }

    fn checkpoint(&self) -> Option<String> {
        self.0.borrow().checkpoint.clone()
    }

    fn save_checkpoint(&self, progress: String) -> Result<(), StepError> {
        let mut facts = self.0.borrow_mut();
        facts.checkpoints.push(progress.clone());
        facts.checkpoint = Some(progress);
        Ok(())
    }

    fn capabilities(&self) -> Rc<RefCell<Capabilities>> {
        Rc::clone(&self.0.borrow().capabilities)
    }
}
