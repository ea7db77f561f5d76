//! The context of native unit tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Instance, Level, Source};
use crate::StepError;
use crate::testing::LogLine;

/// What a test gives, and what the step logged.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) initial: String,
    pub(crate) results: BTreeMap<String, String>,
    pub(crate) config: Option<String>,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) logs: Vec<LogLine>,
    /// What the step saved last; the next attempt of it goes on from here.
    pub(crate) checkpoint: Option<String>,
    /// All that it saved, in order.
    pub(crate) checkpoints: Vec<String>,
}

/// Reads the facts that the test can still change.
pub(crate) struct Memory(pub(crate) Rc<RefCell<Facts>>);

/// The id of the instance that tests run in.
const TEST_INSTANCE: &str = "00000000-0000-7000-8000-000000000000";

impl Source for Memory {
    fn initial(&self) -> String {
        self.0.borrow().initial.clone()
    }

    fn result(&self, step: &str) -> Result<Option<String>, String> {
        Ok(self.0.borrow().results.get(step).cloned())
    }

    fn config(&self) -> Option<String> {
        self.0.borrow().config.clone()
    }

    fn instance(&self) -> Instance {
        Instance {
            id: TEST_INSTANCE.into(),
            business_id: "test::1".into(),
            workflow: "test".into(),
            version: 1,
        }
    }

    fn step(&self) -> String {
        self.0.borrow().step.clone()
    }

    fn attempt(&self) -> u32 {
        self.0.borrow().attempt
    }

    fn idempotency_key(&self) -> String {
        format!("{TEST_INSTANCE}/{}", self.0.borrow().step)
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
}
