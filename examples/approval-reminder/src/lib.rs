//! Somebody asks for something. Who doesn't answer is reminded once, then the request goes to their manager.
//!
//! The pauses are timers of the host: they are durable, a host that is down when one is due catches up when it is back.
//! One step, [`answer`], stands in the graph twice, under two names and with a configuration each.

use std::time::Duration;

use hephaestus_guest::{Config, Context, Finished, Initial, Outcome, ResultOf, events, step, workflow};
use serde::{Deserialize, Serialize};

workflow! {
    /// The process.
    #[business_key("requestid")]
    #[tag("example")]
    pub approval_reminder v1 {
        ask => first_chance,

        /// The approver has some time,
        first_chance = answer(Patience::Long) => { Approved => grant, Rejected => refuse, Timeout => remind }
        remind => last_chance,
        /// and less after a reminder.
        last_chance = answer(Patience::Short) => { Approved => grant, Rejected => refuse, Timeout => escalate }

        // Either chance leads here; the other one is dead by then.
        grant when any => done,
        refuse when any => done,
        escalate => done,
    }
}

/// The input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// What is asked for.
    pub what: String,
    /// Who decides.
    pub approver: String,
    /// Whom the request goes to if they don't.
    pub manager: String,
    /// How long the approver may take, in milliseconds.
    #[serde(default = "a_day")]
    pub patience_ms: u64,
}

fn a_day() -> u64 {
    24 * 60 * 60 * 1000
}

/// How long a chance to answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Patience {
    /// As long as the request says.
    Long,
    /// A quarter of it.
    Short,
}

impl Patience {
    fn limit(self, request: &Request) -> Duration {
        let whole = Duration::from_millis(request.patience_ms);
        match self {
            Self::Long => whole,
            Self::Short => whole / 4,
        }
    }
}

/// What the approver says.
#[events(accepts)]
pub enum Answer {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Nothing.
    Timeout,
}

/// What comes along with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// In the approver's own words.
    pub remark: String,
}

/// Tells the approver. Mail is simulated by a log line.
#[step]
pub fn ask(Initial(request): Initial<Request>, ctx: &Context) -> Finished {
    ctx.info(
        "please decide",
        &[("to", &request.approver), ("what", &request.what)],
    );
    Finished
}

/// Waits for the answer. What comes along with it need not be there: a timer brings nothing.
#[step]
pub fn answer(
    Initial(request): Initial<Request>,
    Config(patience): Config<Patience>,
) -> Outcome<Answer, Option<Remark>> {
    Outcome::wait_at_most(patience.limit(&request))
}

/// Tells the approver again.
#[step]
pub fn remind(Initial(request): Initial<Request>, ctx: &Context) -> Finished {
    ctx.warn(
        "you have not decided yet",
        &[("to", &request.approver), ("what", &request.what)],
    );
    Finished
}

/// Records that the request was granted, and in which words.
#[step]
pub fn grant(
    first: Option<ResultOf<first_chance>>,
    last: Option<ResultOf<last_chance>>,
) -> Outcome<Finished, String> {
    Finished.with(match words(first, last) {
        Some(remark) => format!("granted: {remark}"),
        None => "granted".into(),
    })
}

/// Records that the request was refused, and in which words.
#[step]
pub fn refuse(
    first: Option<ResultOf<first_chance>>,
    last: Option<ResultOf<last_chance>>,
) -> Outcome<Finished, String> {
    Finished.with(match words(first, last) {
        Some(remark) => format!("refused: {remark}"),
        None => "refused".into(),
    })
}

/// Passes the request on to the manager.
#[step]
pub fn escalate(Initial(request): Initial<Request>, ctx: &Context) -> Outcome<Finished, String> {
    ctx.warn(
        "nobody decided",
        &[("to", &request.manager), ("what", &request.what)],
    );
    Finished.with(format!("passed on to {}", request.manager))
}

fn words(first: Option<ResultOf<first_chance>>, last: Option<ResultOf<last_chance>>) -> Option<String> {
    let remark = match (first, last) {
        (_, Some(ResultOf(said))) | (Some(ResultOf(said)), None) => said,
        (None, None) => None,
    };
    remark.map(|remark| remark.remark)
}

#[cfg(test)]
mod tests;
