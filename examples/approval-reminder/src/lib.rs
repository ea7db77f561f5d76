//! Somebody asks for something. An approver who doesn't answer is reminded once; then their manager is asked.
//!
//! ```text
//! ask -> first-chance --approved or rejected-----------------> grant or refuse -> done
//!             `--timeout-> remind -> last-chance --approved or rejected--^
//!                                        `--timeout-> escalate -> done
//! ```
//!
//! The pauses are timers of the host. They are durable: a host that is down when one is due catches up when it is back.
//! One step, [`answer()`], stands in the graph twice, each time under a name and with a configuration of its own.

use std::time::Duration;

use hephaestus_guest::{Config, Context, Finished, Initial, Outcome, ResultOf, events, step, workflow};
use serde::{Deserialize, Serialize};

workflow! {
    /// A request, from the question to the decision.
    #[business_key("requestid")]
    #[tag("example")]
    pub approval_reminder v1 {
        ask => first_chance,

        /// The approver has as long as the request says.
        first_chance = answer(Patience::Long) => { Approved => grant, Rejected => refuse, Timeout => remind }
        remind => last_chance,
        /// After the reminder they have less.
        last_chance = answer(Patience::Short) => { Approved => grant, Rejected => refuse, Timeout => escalate }

        // Two steps lead here, of which one is never taken: the first to arrive is enough.
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
    /// Whom the request goes to if the approver doesn't.
    pub manager: String,
    /// How long the approver may take, in milliseconds; a day, if the request doesn't say.
    #[serde(default = "a_day")]
    pub patience_ms: u64,
}

fn a_day() -> u64 {
    24 * 60 * 60 * 1000
}

/// The configuration of [`answer()`]: how long this chance is.
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

/// What the approver says: events that are sent from outside, while a step waits for them.
#[events(accepts)]
pub enum Answer {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Nothing: the host sends it when the time is up.
    Timeout,
}

/// What can come along with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// In the approver's own words.
    pub remark: String,
}

/// Asks the approver.
#[step]
pub fn ask(Initial(request): Initial<Request>, ctx: &Context) -> Finished {
    mail(ctx, &request.approver, "please decide", &request);
    Finished
}

/// Waits for the answer. Its code doesn't run again when the answer comes: what comes along is the result, and later
/// steps read it. A form that isn't a [`Remark`] fails the step that reads it; a result that people write without a
/// form would be a `serde_json::Value`.
#[step]
pub fn answer(
    Initial(request): Initial<Request>,
    Config(patience): Config<Patience>,
) -> Outcome<Answer, Option<Remark>> {
    Outcome::wait_at_most(patience.limit(&request))
}

/// Asks the approver again.
#[step]
pub fn remind(Initial(request): Initial<Request>, ctx: &Context) -> Finished {
    mail(ctx, &request.approver, "you have not decided yet", &request);
    Finished
}

/// Passes the request on to the manager.
#[step]
pub fn escalate(Initial(request): Initial<Request>, ctx: &Context) -> Outcome<Finished, String> {
    mail(ctx, &request.manager, "nobody decided", &request);
    Finished.with(format!("passed on to {}", request.manager))
}

/// Records that the request was granted, and in which words.
#[step]
pub fn grant(
    first: Option<ResultOf<first_chance>>,
    last: Option<ResultOf<last_chance>>,
) -> Outcome<Finished, String> {
    Finished.with(decided("granted", first, last))
}

/// Records that the request was refused, and in which words.
#[step]
pub fn refuse(
    first: Option<ResultOf<first_chance>>,
    last: Option<ResultOf<last_chance>>,
) -> Outcome<Finished, String> {
    Finished.with(decided("refused", first, last))
}

/// At most one of the two chances has brought a remark: a timeout brings none.
fn decided(how: &str, first: Option<ResultOf<first_chance>>, last: Option<ResultOf<last_chance>>) -> String {
    let said = last
        .map(|ResultOf(remark)| remark)
        .or(first.map(|ResultOf(remark)| remark));
    match said.flatten() {
        Some(Remark { remark }) => format!("{how}: {remark}"),
        None => how.into(),
    }
}

/// Mail, simulated by a line in the log. A real server would be given `ctx.idempotency_key()`: a step whose host was
/// killed runs again, and nobody wants to be asked twice.
fn mail(ctx: &Context, to: &str, subject: &str, request: &Request) {
    ctx.info(subject, &[("to", &to), ("what", &request.what)]);
}

#[cfg(test)]
mod tests;
