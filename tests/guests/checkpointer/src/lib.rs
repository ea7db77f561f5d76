//! Counts to `end` of the input and saves each number, for the tests that end its host or its attempt meanwhile.
//!
//! ```text
//! count --finished--> done
//! ```

use std::time::Duration;

use hephaestus_guest::{Context, Finished, Initial, StepError, StepResult, step, workflow};
use serde::Deserialize;

workflow! {
    /// One long step.
    #[retry(constant = "1ms", attempts = 3)]
    pub checkpointer v1 {
        count => done,
    }
}

/// The input.
#[derive(Debug, Deserialize)]
pub struct Task {
    end: u64,
    /// How long each number takes.
    pause_ms: u64,
    /// Here the first attempt fails.
    fail_at: Option<u64>,
}

/// Counts on from the checkpoint; tells where this attempt began.
#[step]
pub fn count(Initial(task): Initial<Task>, ctx: &Context) -> StepResult<Finished, u64> {
    let begun_at: u64 = ctx.checkpoint()?.unwrap_or(0);
    for number in begun_at + 1..=task.end {
        std::thread::sleep(Duration::from_millis(task.pause_ms));
        ctx.save_checkpoint(&number)?;
        if task.fail_at == Some(number) && ctx.attempt() == 1 {
            return Err(StepError::retryable("enough for one attempt"));
        }
    }
    Ok(Finished.with(begun_at))
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::testing::TestContext;

    use super::*;

    #[derive(serde::Serialize)]
    struct Input {
        end: u64,
        pause_ms: u64,
        fail_at: Option<u64>,
    }

    fn task(fail_at: Option<u64>) -> TestContext {
        TestContext::new().initial(Input {
            end: 5,
            pause_ms: 0,
            fail_at,
        })
    }

    #[test]
    fn it_goes_on_from_its_checkpoint() {
        let ctx = task(None).checkpoint(2);
        assert_eq!(ctx.run::<count>(), Ok(Finished.with(2)));
        assert_eq!(ctx.checkpoints::<u64>(), [3, 4, 5]);
    }

    #[test]
    fn what_an_attempt_saved_is_there_for_the_next_one() {
        let ctx = task(Some(3));
        assert!(ctx.run::<count>().unwrap_err().is_retryable());
        assert_eq!(ctx.attempt(2).run::<count>(), Ok(Finished.with(3)));
    }

    #[test]
    fn a_checkpoint_of_another_type_is_an_error_that_says_so() {
        let error = task(None).checkpoint("two").run::<count>().unwrap_err();
        assert!(error.message().contains("can't read its checkpoint"), "{error}");
    }
}
