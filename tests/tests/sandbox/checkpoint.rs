//! The `checkpoint` interface: what a guest saves, what it gets for it, and that it always ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use expect_test::expect;
use hephaestus_core::Json;
use hephaestus_core::engine::FailureKind;
use hephaestus_host::runner::{Attempt, AttemptReport, Checkpoint, SaveCheckpoint, SaveError, StepExecutor};

use crate::{failure, hostile, misdeed, result};

/// Keeps what it is given, but for what says that it won't do.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

#[async_trait]
impl SaveCheckpoint for Kept {
    async fn save(&self, progress: Json) -> Result<(), SaveError> {
        match progress.as_str() {
            "\"too large\"" => Err(SaveError::TooLarge { limit_bytes: 5 }),
            "\"one too many\"" => Err(SaveError::UsedUp { limit_bytes: 50 }),
            "\"not now\"" => Err(SaveError::Unavailable {
                reason: "the disk is full".into(),
            }),
            progress => {
                self.0.lock().expect("no test has panicked").push(progress.into());
                Ok(())
            }
        }
    }
}

/// Never answers.
struct Silent;

#[async_trait]
impl SaveCheckpoint for Silent {
    async fn save(&self, _: Json) -> Result<(), SaveError> {
        std::future::pending().await
    }
}

async fn execute(attempt: Attempt) -> AttemptReport {
    let (executor, workflow) = hostile().await;
    executor.sandbox(&workflow).execute(attempt).await
}

#[tokio::test]
async fn what_is_saved_is_loaded_and_what_is_not_is_said() {
    let kept = Arc::new(Kept::default());
    let before = Json::parse("{\"page\": 7}").expect("JSON");
    let mut attempt = misdeed("checkpoint");
    attempt.checkpoint = Some(Checkpoint::new(
        Some(before),
        Arc::clone(&kept) as Arc<dyn SaveCheckpoint>,
    ));
    let report = execute(attempt).await;
    let answers: Vec<String> = serde_json::from_str(&result(&report)).expect("a list");
    expect![[r#"
        [
            "Some(\"{\\\"page\\\": 7}\")",
            "Ok(())",
            "Some(\"[1, 2]\")",
            "Err(SaveError::InvalidJson(\"EOF while parsing a value at line 1 column 9\"))",
            "Err(SaveError::TooLarge(5))",
            "Err(SaveError::UsedUp(50))",
            "Err(SaveError::Unavailable(\"the disk is full\"))",
            "Some(\"[1, 2]\")",
        ]
    "#]]
    .assert_debug_eq(&answers);
    assert_eq!(*kept.0.lock().expect("no test has panicked"), ["[1, 2]"]);
}

#[tokio::test]
async fn a_giant_is_refused_before_it_is_copied() {
    let mut attempt = misdeed("giant-checkpoint");
    attempt.checkpoint = Some(Checkpoint::new(None, Arc::new(Kept::default())));
    let report = execute(attempt).await;
    assert_eq!(failure(&report).kind, FailureKind::OutputLimit, "{report:?}");
}

#[tokio::test]
async fn a_save_without_an_answer_ends_with_its_attempt() {
    let mut attempt = misdeed("checkpoint");
    attempt.checkpoint = Some(Checkpoint::new(None, Arc::new(Silent)));
    attempt.deadline = Some(Duration::from_millis(300));
    let report = execute(attempt).await;
    assert_eq!(failure(&report).kind, FailureKind::Deadline, "{report:?}");
}
