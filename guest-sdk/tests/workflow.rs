//! Every word of `workflow!`: what it makes of the table is what the host gets, and the host takes it.
//!
//! The lints are those of the strictest guests: what the macro writes must pass them too.

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

use hephaestus_core::definition as core;
use hephaestus_core::definition::{Backoff, JoinRule, Targets as CoreTargets, Uniqueness};
use hephaestus_guest::steps::{Debug, Wait, WaitForEvent};
use hephaestus_guest::testing::TestContext;
use hephaestus_guest::{
    Config, Context, Finished, Outcome, ResultOf, Step, StepError, Targets, events, step, to, workflow,
};
use serde::{Deserialize, Serialize};

workflow! {
    /// Everything at once.
    #[business_key("orderid", unique = global)]
    #[tag("example", "shop")]
    #[tag("orders")]
    #[metadata(owner = "shop", since = "2026")]
    #[retry(linear = "1s", attempts = 3)]
    #[deadline("30d")]
    #[on_cancel(undo)]
    pub order_flow v7 {
        /// A step of a module.
        stock::reserve => {
            Reserved => [ship, pause],
            SoldOut | Unknown => choose channels from [email, post],
            failed => [email, done],
        }

        /// Another name for a step, with its configuration.
        pause = Wait(Duration::from_secs(5)) => { Timeout => approval }
        pub(crate) approval = WaitForEvent::<Approval, Answer>(None) => { Yes => ship, No | Timeout => done }

        #[retry(exponential = "1s", attempts = 5, cap = "1m", jitter = 20)]
        #[deadline("5s")]
        #[requests(http = "https://post.example", secret = "POST_TOKEN")]
        ship when all[reserve.Reserved, any[approval.Yes]] => done,

        pub(crate) email = notify(Channel::Email) => done,
        pub(crate) post = notify(Channel::Post) when settled => done,
        undo => {}

        done when any,
    }
}

workflow! {
    #[no_export]
    reminder v1 {
        look = Debug(String::from("before the pause")) => [pause_shortly, pause_long],
        pause_shortly = Wait(Duration::from_secs(1)) => { Timeout => look_again }
        pause_long = Wait(Duration::from_secs(2)) => { Timeout => look_again }
        look_again when any => done
    }
}

#[step]
fn look_again() -> Finished {
    Finished
}

#[events(accepts)]
enum Approval {
    Yes,
    No,
    Timeout,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    by: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Channel {
    Email,
    Post,
}

mod stock {
    //! Steps of a module.

    use hephaestus_guest::{events, step};

    /// How it ends.
    #[events]
    pub(crate) enum Stock {
        Reserved,
        SoldOut,
        Unknown,
    }

    /// Puts the goods aside.
    #[step]
    pub(crate) fn reserve() -> Stock {
        Stock::Reserved
    }
}

/// Reads the result of a step that goes by another name in the table.
#[step]
fn ship(ResultOf(answer): ResultOf<approval>) -> Outcome<Finished, String> {
    Finished.with(answer.by)
}

#[step]
fn notify(Config(channel): Config<Channel>) -> Outcome<Finished, Channel> {
    Finished.with(channel)
}

#[step]
fn undo() -> Finished {
    Finished
}

fn channels(ctx: &Context) -> Result<Targets, StepError> {
    let wants_post: bool = ctx.initial()?;
    Ok(to::<email>().and_if::<post>(wants_post))
}

fn definition() -> core::WorkflowDefinition {
    order_flow()
        .definition()
        .unwrap_or_else(|error| panic!("{error}"))
}

fn find(name: &str) -> core::StepDefinition {
    let mut steps = definition().steps.into_iter();
    let step = steps.find(|step| step.name.as_str() == name);
    step.unwrap_or_else(|| panic!("no step `{name}`"))
}

fn leads_to(source: &str, event: &str) -> (bool, Vec<String>) {
    let mut transitions = definition().transitions.into_iter();
    let found = transitions.find(|it| it.source.as_str() == source && it.event.as_str() == event);
    let Some(core::Transition { targets, .. }) = found else {
        panic!("`{source}` has no transition for `{event}`");
    };
    let names = targets.declared().iter().map(ToString::to_string).collect();
    (matches!(targets, CoreTargets::Dynamic(_)), names)
}

#[test]
fn what_the_macro_takes_the_host_takes() {
    order_flow().assert_sound();
    reminder().assert_sound();
}

#[test]
fn the_header_is_that_of_the_workflow() {
    let definition = definition();
    assert_eq!(
        (definition.name.as_str(), definition.version.0),
        ("order-flow", 7)
    );
    assert_eq!(definition.start.as_str(), "reserve");
    assert_eq!(definition.business_key.name.as_str(), "orderid");
    assert_eq!(definition.business_key.uniqueness, Uniqueness::Global);
    assert_eq!(definition.tags, ["example", "shop", "orders"]);
    let facts: Vec<_> = definition
        .metadata
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(facts, ["owner=shop", "since=2026"]);
    let retry = definition.retry.expect("it is said");
    assert_eq!((retry.max_attempts, retry.backoff), (3, Backoff::Linear));
    assert_eq!(definition.deadline, Some(Duration::from_hours(30 * 24)));
    assert_eq!(definition.on_cancel.expect("it is said").as_str(), "undo");
}

#[test]
fn options_of_the_table_are_those_of_the_step() {
    let ship = find("ship");
    let retry = ship.retry.expect("it is said");
    assert_eq!((retry.max_attempts, retry.jitter_percent), (5, 20));
    assert_eq!(
        (retry.initial, retry.cap),
        (Duration::from_secs(1), Duration::from_mins(1))
    );
    assert_eq!(ship.deadline, Some(Duration::from_secs(5)));
    let requests: Vec<_> = ship.requests.iter().map(ToString::to_string).collect();
    assert_eq!(
        requests,
        [
            "HTTP requests to `https://post.example`",
            "the secret `POST_TOKEN`"
        ]
    );
}

#[test]
fn events_lead_where_the_table_says() {
    assert_eq!(
        leads_to("reserve", "reserved"),
        (false, vec!["ship".into(), "pause".into()])
    );
    let either = (true, vec!["email".to_owned(), "post".to_owned()]);
    assert_eq!(leads_to("reserve", "sold-out"), either);
    assert_eq!(leads_to("reserve", "unknown"), either);
    assert_eq!(
        leads_to("reserve", "failed"),
        (false, vec!["email".into(), "done".into()])
    );
    assert_eq!(leads_to("approval", "no"), (false, vec!["done".into()]));
    assert_eq!(leads_to("email", "finished"), (false, vec!["done".into()]));
}

#[test]
fn joins_are_those_of_the_table() {
    let JoinRule::Expression(join) = find("ship").join else {
        panic!("it is spelled out");
    };
    assert_eq!(join.to_string(), "all[reserve.reserved, any[approval.yes]]");
    assert_eq!(find("post").join, JoinRule::Settled);
    assert_eq!(find("email").join, JoinRule::Default);
    assert_eq!(find("done").join, JoinRule::Any);
}

#[test]
fn another_name_is_a_step_of_its_own() {
    assert_eq!([pause::NAME, email::NAME, post::NAME], ["pause", "email", "post"]);
    assert_eq!(
        find("pause").config.expect("it is given").as_str(),
        r#"{"secs":5,"nanos":0}"#
    );
    assert_eq!(find("post").config.expect("it is given").as_str(), r#""Post""#);
    let ctx = TestContext::new().result::<approval>(&Answer { by: "Ada".into() });
    assert_eq!(ctx.run::<ship>(), Ok(Finished.with("Ada".into())));
}

/// As many steps as nobody draws any more.
macro_rules! wide {
    ($($name:ident)*) => {
        workflow! {
            #[no_export]
            wide v1 {
                begin => [$($name),*],
                $($name => end,)*
                end when settled => done,
            }
        }

        $(
            #[step]
            fn $name() -> Finished {
                Finished
            }
        )*
    };
}

wide! {
    s01 s02 s03 s04 s05 s06 s07 s08 s09 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19 s20
    s21 s22 s23 s24 s25 s26 s27 s28 s29 s30 s31 s32 s33 s34 s35 s36 s37 s38 s39 s40
}

#[step]
fn begin() -> Finished {
    Finished
}

#[step]
fn end() -> Finished {
    Finished
}

#[test]
fn a_table_can_be_large_and_written_by_another_macro() {
    let workflow = wide().check().expect("sound");
    assert_eq!(workflow.steps().len(), 43);
}
