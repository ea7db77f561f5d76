//! What an attempt does.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_guest::{Context, OrFail, StepError};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The input of an instance.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Where the ledger is, like `http://127.0.0.1:4711`.
    pub ledger: String,
    /// What steps do; those that aren't named tell the ledger that they began, and end.
    pub deeds: BTreeMap<String, Deed>,
    /// Which of `left`, `middle` and `right` are taken; none: straight to the question.
    pub branches: Vec<String>,
    /// How long the question waits for an answer; for ever if it isn't said.
    pub patience_ms: Option<u64>,
}

/// What one step does.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deed {
    /// How long it works.
    pub work_ms: u64,
    /// In how many parts; behind each it saves which one it was.
    pub saves: u32,
    /// So many of its attempts fail, and can be tried again.
    pub failures: u32,
    /// Those attempts panic instead.
    pub panics: bool,
    /// The last of them fails for good.
    pub for_good: bool,
}

impl Plan {
    /// Does the deed of the step that executes: its answer is the attempt that did it.
    pub fn act(&self, ctx: &Context) -> Result<u32, StepError> {
        let step = ctx.step();
        let deed = self.deeds.get(&step).cloned().unwrap_or_default();
        let attempt = ctx.attempt();
        let done: u32 = ctx.checkpoint()?.unwrap_or(0);
        self.tell(ctx, "began", done)?;
        let parts = deed.saves.max(1);
        for part in done + 1..=parts {
            std::thread::sleep(Duration::from_millis(deed.work_ms / u64::from(parts)));
            if deed.saves > 0 {
                ctx.save_checkpoint(&part)?;
                self.tell(ctx, "saved", part)?;
            }
        }
        match attempt {
            attempt if attempt > deed.failures => Ok(attempt),
            attempt if deed.for_good && attempt == deed.failures => {
                Err(StepError::permanent("it can't be done"))
            }
            attempt => {
                assert!(!deed.panics, "attempt {attempt} panics");
                Err(StepError::retryable("not yet"))
            }
        }
    }

    /// Tells the ledger, and goes on when the ledger has written it down.
    fn tell(&self, ctx: &Context, what: &str, checkpoint: u32) -> Result<(), StepError> {
        let line = json!({
            "what": what,
            "instance": ctx.instance().id,
            "step": ctx.step(),
            "attempt": ctx.attempt(),
            "key": ctx.idempotency_key(),
            "checkpoint": checkpoint,
        });
        let call = ctx.http().post(format!("{}/{what}", self.ledger)).json(&line);
        let answer = call.send().or_retry("the ledger doesn't answer")?;
        answer.error_for_status().or_retry("the ledger refuses")?;
        Ok(())
    }
}
