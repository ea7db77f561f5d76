//! What an instance may come to, by its plan. A failure that the plan doesn't explain is the host's doing.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hephaestus_core::engine::{EndStatus, EngineLimits, FailureKind, JournalEntry, Record};
use hephaestus_core::{Json, StepRef};
use serde::Deserialize;

/// As the workflow `tests/guests/ledger-steps` says.
const ATTEMPTS: u32 = 3;

/// What the steps of an instance do, as far as it decides how they end: see `tests/guests/ledger-steps`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Plan {
    deeds: BTreeMap<String, Deed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Deed {
    failures: u32,
    for_good: bool,
}

impl Plan {
    /// Reads the input of an instance.
    pub fn of(initial: &Json) -> Result<Self> {
        serde_json::from_str(initial.as_str()).context("a plan")
    }

    /// Whether this step fails for good when it runs.
    fn fails(&self, step: &str) -> bool {
        let fails = |deed: &Deed| deed.failures >= ATTEMPTS || (deed.for_good && deed.failures > 0);
        self.deeds.get(step).is_some_and(fails)
    }
}

/// What this journal says that the plan of its instance doesn't explain.
pub fn unexplained(journal: &[JournalEntry]) -> Option<String> {
    let Record::Created(created) = &journal.first()?.record else {
        return None; // The checker says so.
    };
    let instance = created.instance;
    let plan = match Plan::of(&created.initial) {
        Ok(plan) => plan,
        Err(error) => return Some(format!("{instance}: {error:#}")),
    };
    let is_planned =
        |at: usize, step: &StepRef| plan.fails(step.as_str()) || is_worn_out(&journal[..at], step);
    journal
        .iter()
        .enumerate()
        .find_map(|(at, entry)| match &entry.record {
            Record::StepFailed { step, failure, .. } if !is_planned(at, step) => Some(format!(
                "{instance}: `{step}` failed, which isn't planned: {}: {}",
                failure.kind, failure.message
            )),
            Record::Ended(ended) if ended.status == EndStatus::Failed => {
                let failed = ended.failure.as_ref();
                let is_late = |kind: FailureKind| kind == FailureKind::Deadline && created.deadline.is_some();
                let is_explained = failed.is_some_and(|it| it.step.is_some() || is_late(it.failure.kind));
                (!is_explained).then(|| format!("{instance} failed, which isn't planned: {failed:?}"))
            }
            _ => None,
        })
}

/// Whether the step lost more attempts in a row than it may: each is known to have begun, and it saved nothing meanwhile.
/// Hosts that are killed within the first moments of each life come to that.
fn is_worn_out(journal: &[JournalEntry], step: &StepRef) -> bool {
    let (mut has_begun, mut losses) = (false, 0);
    for entry in journal {
        match &entry.record {
            Record::CheckpointSaved { step: saved, .. } if saved == step => losses = 0,
            Record::Retried { .. } => losses = 0,
            Record::AttemptBegan { step: begun, .. } if begun == step => has_begun = true,
            Record::AttemptsLost { steps, shutdown, .. } if steps.contains(step) => {
                losses += u32::from(std::mem::take(&mut has_begun) && !shutdown);
            }
            _ => {}
        }
    }
    losses > EngineLimits::default().max_recoveries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_is_not_planned_is_found() {
        let journal = |deed: &str| {
            let lines = [
                format!(
                    r#"{{"seq":1,"at":0,"record":{{"created":{{"instance":"01890000-0000-7000-8000-000000000001","workflow":"test","version":1,"digest":"sha256:0707070707070707070707070707070707070707070707070707070707070707","business_id":"test::abc123","initial":{{"deeds":{{"ship":{deed}}}}},"start":"begin"}}}}}}"#
                ),
                r#"{"seq":2,"at":0,"record":{"step_failed":{"step":"ship","attempt":1,"failure":{"kind":"host","message":"gone"}}}}"#.to_owned(),
            ];
            let entries = lines
                .iter()
                .map(|line| serde_json::from_str::<JournalEntry>(line));
            entries.collect::<Result<Vec<_>, _>>().unwrap_or_default()
        };
        assert_eq!(journal("{}").len(), 2);
        let found = unexplained(&journal("{}")).unwrap_or_default();
        assert!(
            found.contains("`ship` failed, which isn't planned: host: gone"),
            "{found}"
        );
        assert_eq!(unexplained(&journal(r#"{"failures":3}"#)), None);
    }
}
