//! `#[step]` and `#[events]`, natively: what they make of functions, impl blocks and enums.
//!
//! The lints are those of the strictest guests: what the macros write must pass them too.

#![deny(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason
)]
#![forbid(unsafe_code)]

use std::time::Duration;

use hephaestus_guest::reads::{Needs, Parameters};
use hephaestus_guest::testing::TestContext;
use hephaestus_guest::{
    Config, Context, Event, Finished, FromContext, IdempotencyKey, Initial, Instance, Origin, Outcome,
    Request, ResultOf, Retry, Step, StepError, StepOptions, StepResult, events, step,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
struct Order {
    pieces: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reservation {
    pieces: u32,
}

#[events]
#[derive(PartialOrd, Ord, Hash, Clone)]
enum Stock {
    Reserved,
    /// Nothing is left.
    OutOfStock,
}

#[events]
enum Approval {
    NotNeeded,
    #[accepts]
    Approved,
    #[accepts]
    Timeout,
}

/// Puts the goods aside.
#[step(
    deadline = "5s",
    retry(exponential = "1s", attempts = 5, cap = "2m", jitter = 20)
)]
fn reserve(Initial(order): Initial<Order>, ctx: &Context) -> StepResult<Stock, Reservation> {
    ctx.info("reserving", &[("pieces", &order.pieces)]);
    match order.pieces {
        0 => Err(StepError::permanent("nothing was ordered")),
        1..10 => Ok(Stock::Reserved.with(Reservation { pieces: order.pieces })),
        _ => Ok(Stock::OutOfStock.into()),
    }
}

#[step(retry(never))]
fn give_up(
    Config(reason): Config<String>,
    reserved: Option<ResultOf<reserve>>,
    ctx: &hephaestus_guest::Context,
    IdempotencyKey(key): IdempotencyKey,
    instance: Instance,
) -> Outcome<Finished, String> {
    let pieces = reserved.map_or(0, |ResultOf(reservation)| reservation.pieces);
    let text = format!(
        "{reason}, {pieces}, {}, {}",
        !key.is_empty(),
        ctx.instance() == instance
    );
    Finished.with(text)
}

#[step]
fn approve() -> Outcome<Approval, ()> {
    Outcome::wait_at_most(Duration::from_secs(1))
}

#[step]
fn approve_small() -> Approval {
    Approval::NotNeeded
}

/// The name of the parameter that the macro writes, and of a lint's favourite.
#[step]
fn ctx(_: &Context) -> Result<Finished, StepError> {
    Ok(Finished)
}

struct Ship;

#[step(
    deadline("1h"),
    requests(
        http = "https://post.example",
        private_http = "http://ledger.internal:8080",
        secret = "POST_TOKEN"
    )
)]
impl Ship {
    const CARRIER: &str = "post";

    fn run(ResultOf(reservation): ResultOf<reserve>, ctx: &Context) -> StepResult<Finished, String> {
        ctx.debug("shipping", &[]);
        Ok(Finished.with(Self::label(&reservation)))
    }

    fn label(reservation: &Reservation) -> String {
        format!("{} by {}", reservation.pieces, Self::CARRIER)
    }
}

mod inner {
    //! Steps of a submodule.

    use hephaestus_guest::{Finished, ResultOf, events, step};

    use super::reserve;

    /// How it ends.
    #[events(accepts)]
    pub(crate) enum Answer {
        Yes,
        HTTPError,
    }

    /// Looks.
    #[step]
    pub(super) fn look(_: ResultOf<reserve>) -> Finished {
        Finished
    }
}

struct Pieces(u32);

impl FromContext for Pieces {
    type Reads = (Needs<reserve>,);

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        ctx.require::<reserve>().map(|it| Self(it.pieces))
    }
}

#[step]
fn bill(Pieces(pieces): Pieces) -> Outcome<Finished, u32> {
    Finished.with(2 * pieces)
}

fn names<E: Event>(origin: Origin) -> Vec<&'static str> {
    let events = E::ALL.iter().filter(|event| event.origin() == origin);
    events.map(|event| event.name()).collect()
}

#[test]
fn a_function_stays_what_it_is() {
    let ctx = TestContext::new();
    let outcome = reserve(Initial(Order { pieces: 2 }), &ctx);
    assert_eq!(outcome, Ok(Stock::Reserved.with(Reservation { pieces: 2 })));
    assert_eq!(approve_small(), Approval::NotNeeded);
}

#[test]
fn a_step_gets_its_parameters_from_the_context() {
    let reservation = Reservation { pieces: 3 };
    let ctx = TestContext::new().initial(json!({ "pieces": 3 })).config("late");
    assert_eq!(
        ctx.run::<reserve>(),
        Ok(Stock::Reserved.with(reservation.clone()))
    );
    assert_eq!(
        ctx.run::<give_up>(),
        Ok(Finished.with("late, 0, true, true".into()))
    );
    let ctx = ctx.result::<reserve>(&reservation);
    assert_eq!(
        ctx.run::<give_up>(),
        Ok(Finished.with("late, 3, true, true".into()))
    );
    assert_eq!(ctx.run::<Ship>(), Ok(Finished.with("3 by post".into())));
    assert_eq!(ctx.run::<inner::look>(), Ok(Finished.into()));
    assert_eq!(ctx.run::<bill>(), Ok(Finished.with(6)));
    assert_eq!(ctx.run::<ctx>(), Ok(Finished.into()));
    assert_eq!(
        ctx.run::<approve>(),
        Ok(Outcome::wait_at_most(Duration::from_secs(1)))
    );
    assert_eq!(ctx.run::<approve_small>(), Ok(Approval::NotNeeded.into()));
}

#[test]
fn what_can_not_be_taken_from_the_context_fails_the_attempt() {
    let ctx = TestContext::new().initial(json!({ "pieces": "many" }));
    let error = ctx.run::<reserve>().expect_err("not a number");
    assert!(error.message().contains("field `pieces`"), "{error}");
    assert!(!ctx.run::<Ship>().expect_err("no result").is_retryable());
}

#[test]
fn names_are_kebab_case() {
    assert_eq!(
        [reserve::NAME, give_up::NAME, Ship::NAME],
        ["reserve", "give-up", "ship"]
    );
    assert_eq!(names::<Stock>(Origin::Emitted), ["reserved", "out-of-stock"]);
    assert_eq!(names::<inner::Answer>(Origin::Accepted), ["yes", "http-error"]);
}

#[test]
fn events_are_emitted_unless_they_are_accepted() {
    assert_eq!(names::<Stock>(Origin::Accepted), [""; 0]);
    assert_eq!(names::<Approval>(Origin::Emitted), ["not-needed"]);
    assert_eq!(names::<Approval>(Origin::Accepted), ["approved", "timeout"]);
    assert_eq!(names::<inner::Answer>(Origin::Emitted), [""; 0]);
}

#[test]
fn options_are_constants() {
    const RESERVE: StepOptions = StepOptions::NONE
        .retry(
            Retry::exponential(Duration::from_secs(1))
                .attempts(5)
                .cap(Duration::from_mins(2))
                .jitter_percent(20),
        )
        .deadline(Duration::from_secs(5));
    const SHIP: StepOptions = StepOptions::NONE.deadline(Duration::from_hours(1)).requests(&[
        Request::http("https://post.example"),
        Request::http("http://ledger.internal:8080").private(),
        Request::secret("POST_TOKEN"),
    ]);
    assert_eq!(reserve::OPTIONS, RESERVE);
    assert_eq!(give_up::OPTIONS, StepOptions::NONE.retry(Retry::never()));
    assert_eq!(Ship::OPTIONS, SHIP);
    assert_eq!(approve::OPTIONS, StepOptions::NONE);
}

/// The types are what is tested: it compiles only if they are these.
#[test]
fn types_follow_from_the_signature() {
    fn is<S: Step<Event = E, Output = O, Config = C, Reads = R>, E, O, C, R>() {}
    is::<reserve, Stock, Reservation, (), Parameters<(Initial<Order>,)>>();
    is::<give_up, Finished, String, String, Parameters<Reason>>();
    is::<Ship, Finished, String, (), Parameters<(ResultOf<reserve>,)>>();
    is::<approve, Approval, (), (), Parameters<()>>();
    is::<bill, Finished, u32, (), Parameters<(Pieces,)>>();
}

type Reason = (
    Config<String>,
    Option<ResultOf<reserve>>,
    IdempotencyKey,
    Instance,
);
