//! Ten small steps in a row, for measurements: each reads its configuration and returns a small JSON.
//!
//! ```text
//! one --finished--> two --finished--> … ten --finished--> done
//! ```

use hephaestus_guest::{Config, Finished, Outcome, step, workflow};
use serde::{Deserialize, Serialize};

workflow! {
    /// A chain.
    pub chain_steps v1 {
        one = link(1) => two,
        two = link(2) => three,
        three = link(3) => four,
        four = link(4) => five,
        five = link(5) => six,
        six = link(6) => seven,
        seven = link(7) => eight,
        eight = link(8) => nine,
        nine = link(9) => ten,
        ten = link(10) => done,
    }
}

/// The result of each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its place in the chain.
    pub number: u32,
    /// Some text, so that the result has the size of a small answer.
    pub note: String,
}

/// One link of the chain.
#[step]
pub fn link(Config(number): Config<u32>) -> Outcome<Finished, Link> {
    let note = "a link of the chain".to_owned();
    Finished.with(Link { number, note })
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::testing::TestContext;

    use super::*;

    #[test]
    fn a_link_knows_its_place() {
        let ended = TestContext::new().config(7).run::<link>();
        let note = "a link of the chain".to_owned();
        assert_eq!(ended, Ok(Finished.with(Link { number: 7, note })));
    }
}
