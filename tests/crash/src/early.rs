//! Hosts that acknowledge too early: planted, to see that they are found.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_host::store::{Store, StoreError, Write, WriteAnswer};
use hephaestus_simulation::stores::Layer;
use tokio::sync::Mutex;

/// What is acknowledged before it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Early {
    /// Events, before they are sent.
    Events,
    /// Starts, before they are written.
    Starts,
}

impl Early {
    /// How a host is told.
    pub fn argument(self) -> [&'static str; 2] {
        match self {
            Self::Events => ["--early", "events"],
            Self::Starts => ["--early", "starts"],
        }
    }
}

/// How long a start stays unwritten.
const LATENESS: Duration = Duration::from_millis(150);

/// A store that says that instances are created a while before they are. All writes stay in their order.
pub struct EarlyStarts {
    inner: Arc<dyn Store>,
    turn: Arc<Mutex<()>>,
}

impl EarlyStarts {
    /// Over a store that doesn't.
    pub fn over(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            turn: Arc::default(),
        }
    }
}

#[async_trait]
impl Layer for EarlyStarts {
    fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if !writes.iter().all(|write| matches!(write, Write::Create { .. })) {
            return self.inner.write(writes).await;
        }
        let answers = vec![WriteAnswer::Committed; writes.len()];
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            tokio::time::sleep(LATENESS).await;
            let written = inner.write(writes).await;
            drop((turn, written));
        });
        Ok(answers)
    }
}
