//! Hears what guests write. A watcher hears it too, but only from the moment on from which it watches: what the first
//! steps of a new instance wrote may be over by then, and a first step that panics says why only once.

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_host::core::engine::Routing;
use hephaestus_host::core::{Digest, EventName, StepRef};
use hephaestus_host::runner::{
    Attempt, AttemptReport, LoadError, LoadedWorkflow, OutputLine, Sandbox, StepExecutor,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A line, and who wrote it.
#[derive(Debug)]
pub(in crate::commands) struct Heard {
    pub(super) step: StepRef,
    pub(super) attempt: u32,
    pub(super) line: OutputLine,
}

/// An executor that lets somebody listen. The channel has no bound of its own: the sandbox bounds what an attempt can
/// write, and the follower does nothing but read.
pub(in crate::commands) struct Tap {
    executor: Arc<dyn StepExecutor>,
    heard: UnboundedSender<Heard>,
}

impl Tap {
    /// Listens to everything that `executor` executes.
    pub(in crate::commands) fn new(executor: Arc<dyn StepExecutor>) -> (Self, UnboundedReceiver<Heard>) {
        let (heard, listener) = unbounded_channel();
        (Self { executor, heard }, listener)
    }
}

#[async_trait]
impl StepExecutor for Tap {
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        self.executor.load(digest, component).await
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(TappedSandbox {
            sandbox: self.executor.sandbox(workflow),
            heard: self.heard.clone(),
        })
    }
}

struct TappedSandbox {
    sandbox: Box<dyn Sandbox>,
    heard: UnboundedSender<Heard>,
}

#[async_trait]
impl Sandbox for TappedSandbox {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let (step, number) = (attempt.step.clone(), attempt.attempt);
        let report = self.sandbox.execute(attempt).await;
        for line in &report.output {
            // Nobody listens any more when the command ends.
            let _ = self.heard.send(Heard {
                step: step.clone(),
                attempt: number,
                line: line.clone(),
            });
        }
        report
    }

    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing {
        self.sandbox.transit(attempt, event).await
    }
}
