//! Waits to be paid, and tidies up when it is cancelled, for the tests of what operators do. The input says what goes wrong,
//! at the first attempt each time: an operator's retry helps.
//!
//! ```text
//! work --paid--> report --finished--> done        cancelled: tidy
//! ```

use std::time::Duration;

use hephaestus_guest::{Context, Finished, Initial, Outcome, StepError, StepResult, events, step, workflow};
use serde::Deserialize;

workflow! {
    /// A step that waits, one behind it, and one that cleans up.
    #[business_key("house")]
    #[on_cancel(tidy)]
    pub caretaker v1 {
        work => { Paid => report },
        report => done,
        tidy => {}
    }
}

/// The input.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct House {
    /// How long the work takes before it waits.
    work_ms: u64,
    /// The work fails at its first attempt.
    work_fails: bool,
    /// The tidying fails at its first attempt.
    tidy_fails: bool,
    /// How long the tidying takes.
    tidy_ms: u64,
}

/// What ends the work.
#[events(accepts)]
pub enum Work {
    /// Somebody paid.
    Paid,
}

/// Waits for its wages.
#[step]
pub fn work(Initial(house): Initial<House>, ctx: &Context) -> StepResult<Work> {
    std::thread::sleep(Duration::from_millis(house.work_ms));
    if house.work_fails && ctx.attempt() == 1 {
        return Err(StepError::permanent("the door is locked"));
    }
    Ok(Outcome::wait())
}

/// Says that it is done.
#[step]
pub fn report() -> Finished {
    Finished
}

/// Leaves the place as it was.
#[step]
pub fn tidy(Initial(house): Initial<House>, ctx: &Context) -> StepResult<Finished> {
    std::thread::sleep(Duration::from_millis(house.tidy_ms));
    if house.tidy_fails && ctx.attempt() == 1 {
        return Err(StepError::permanent("the broom is broken"));
    }
    Ok(Finished.into())
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::testing::TestContext;

    use super::*;

    fn house(text: &str) -> TestContext {
        let house: serde_json::Value = serde_json::from_str(text).expect("JSON");
        TestContext::new().initial(house)
    }

    #[test]
    fn what_goes_wrong_does_so_once() {
        let ctx = house(r#"{"work_fails": true, "tidy_fails": true}"#);
        assert!(ctx.run::<work>().is_err() && ctx.run::<tidy>().is_err());
        let ctx = ctx.attempt(2);
        assert!(ctx.run::<work>().is_ok() && ctx.run::<tidy>().is_ok());
    }

    #[test]
    fn an_empty_input_is_a_quiet_house() {
        assert!(house("{}").run::<work>().is_ok());
    }
}
