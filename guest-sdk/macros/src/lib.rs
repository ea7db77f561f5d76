//! The macros of `hephaestus-guest`, which documents them and is what guests depend on.
//!
//! - `events`: an enum becomes the events of a step;
//! - `step`: a function becomes a step, its parameters what the step reads;
//! - `workflow`: a table becomes a graph, checked with the host's own rules while it compiles.
//!
//! A macro reads its input into a type of its own (`parse`), and writes Rust from that (`expand`). What is wrong is an
//! error at the token it concerns, all of it at once.

mod errors;
mod events;
mod names;
mod options;
mod step;
mod workflow;

use proc_macro::TokenStream;

/// Makes an enum the events that can end a step.
///
/// The names that the host knows are those of the variants in kebab-case: `OutOfStock` is `out-of-stock`. The step's
/// code ends with them; with `#[events(accepts)]` they are sent to the step while it waits, and so is a single variant
/// with `#[accepts]`. A timer sends `timeout`.
///
/// ```
/// use std::time::Duration;
///
/// use hephaestus_guest::{Outcome, StepError, StepResult, events, step};
///
/// #[events]
/// pub enum Stock {
///     Reserved,
///     OutOfStock,
/// }
///
/// #[events]
/// pub enum Approval {
///     /// Small orders need nobody.
///     NotNeeded,
///     #[accepts]
///     Approved,
///     #[accepts]
///     Timeout,
/// }
///
/// #[step]
/// pub fn reserve() -> Outcome<Stock, u64> {
///     Stock::Reserved.with(42)
/// }
///
/// #[step]
/// pub fn approve() -> Outcome<Approval, ()> {
///     Outcome::wait_at_most(Duration::from_secs(3600))
/// }
///
/// assert_eq!(reserve(), Outcome::completed_with(Stock::Reserved, 42));
/// ```
///
/// The enum is `Debug`, `Clone`, `Copy`, `PartialEq` and `Eq`. Further derives stand below `#[events]`; those above it
/// are not seen from here, and must not repeat these. It has a function `with`, which ends the step with an event and a
/// result.
#[proc_macro_attribute]
pub fn events(arguments: TokenStream, item: TokenStream) -> TokenStream {
    events::expand(arguments.into(), item.into()).into()
}

/// Makes a function a step.
///
/// The function stays what it is: call it in tests. Beside it there is a type of the same name, which names the step:
/// in `workflow!`, in `ResultOf<reserve>`, in `ctx.result_of::<reserve>()`. The host knows it by that name in
/// kebab-case: `give_up` is `give-up`.
///
/// Each parameter says what the step reads: `Initial<T>`, `ResultOf<step>`, `Option<ResultOf<step>>`, `Config<T>`,
/// `IdempotencyKey`, `Instance`, a type of yours that implements `FromContext`, or `&Context` for all of it. The return
/// type says how it ends: `StepResult<E, O>`, `Outcome<E, O>`, `Result<E, StepError>` or an event alone.
///
/// ```
/// use hephaestus_guest::testing::TestContext;
/// use hephaestus_guest::{Context, Finished, Initial, ResultOf, StepError, StepResult, events, step};
///
/// #[derive(serde::Deserialize)]
/// pub struct Order {
///     sku: String,
///     pieces: u32,
/// }
///
/// #[events]
/// pub enum Stock {
///     Reserved,
///     OutOfStock,
/// }
///
/// /// Puts the goods aside.
/// #[step(deadline = "5s", retry(exponential = "1s", attempts = 5))]
/// pub fn reserve(Initial(order): Initial<Order>, ctx: &Context) -> StepResult<Stock, u32> {
///     ctx.info("reserving", &[("sku", &order.sku)]);
///     match order.pieces {
///         0 => Err(StepError::permanent("nothing was ordered")),
///         1..10 => Ok(Stock::Reserved.with(order.pieces)),
///         _ => Ok(Stock::OutOfStock.into()),
///     }
/// }
///
/// #[step]
/// pub fn pack(ResultOf(pieces): ResultOf<reserve>) -> Finished {
///     assert!(pieces > 0);
///     Finished
/// }
///
/// let ctx = TestContext::new().initial(serde_json::json!({ "sku": "lamp", "pieces": 3 }));
/// assert_eq!(ctx.run::<reserve>(), Ok(Stock::Reserved.with(3)));
/// ```
///
/// What the step asks for stands in the parentheses, in any order:
///
/// - `deadline = "5s"`: how long an attempt may take;
/// - `retry(exponential = "1s", attempts = 5, cap = "1m", jitter = 20)`: how failed attempts are repeated. `constant`,
///   `linear` or `exponential` says how long the first pause is, and how pauses grow; `attempts` counts the first one too;
///   no pause is longer than `cap`; `jitter` is in percent. Or `retry(never)`;
/// - `requests(http = "https://stock.example", private_http = "http://ledger.internal:8080", secret = "STOCK_TOKEN")`: what
///   it needs from outside of its sandbox. That grants nothing: it tells the operator what to grant. `http = "GET,HEAD https://…"`
///   for some methods; `env = "REGION"`, `files = "/in"`, `write_files = "/out"`, `clock`, `random` too.
///
/// A step with code of several functions is a type, whose `run` is the step; the name is that of the type:
///
/// ```
/// use hephaestus_guest::{Finished, Initial, step};
///
/// pub struct Ship;
///
/// #[step(retry(never))]
/// impl Ship {
///     fn run(Initial(order): Initial<serde_json::Value>) -> Finished {
///         Self::label(&order);
///         Finished
///     }
///
///     fn label(order: &serde_json::Value) -> String {
///         format!("order {order}")
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    step::expand(arguments.into(), item.into()).into()
}

/// Makes a table a workflow: a function of its name that returns the graph, and the component's exports.
///
/// The graph is checked while it compiles, with the host's own rules: each mistake is an error at the step it concerns.
///
/// ```
/// use hephaestus_guest::{Finished, Outcome, ResultOf, events, step, workflow};
///
/// workflow! {
///     /// An order, from the basket to the carrier.
///     #[business_key("orderid")]
///     pub order_flow v1 {
///         validate => { Valid => [reserve, charge], Invalid => refuse }
///         reserve => { Reserved => [ship, release], OutOfStock => [refund, refuse] }
///         charge => { Charged => [ship, refund], Declined => [release, refuse] }
///         #[retry(constant = "200ms", attempts = 4)]
///         ship => { Finished => done, failed => [release, refund] }
///         release when all[reserve.Reserved, any[charge.Declined, ship.failed]] => done,
///         refund when all[charge.Charged, any[reserve.OutOfStock, ship.failed]] => done,
///         refuse when settled => done,
///     }
/// }
/// #
/// # #[events] pub enum Validation { Valid, Invalid }
/// # #[events] pub enum Stock { Reserved, OutOfStock }
/// # #[events] pub enum Payment { Charged, Declined }
/// # #[step] pub fn validate() -> Validation { Validation::Valid }
/// # #[step] pub fn reserve() -> Stock { Stock::Reserved }
/// # #[step] pub fn charge() -> Outcome<Payment, u64> { Payment::Charged.with(42) }
/// # #[step] pub fn ship(_: ResultOf<charge>) -> Finished { Finished }
/// # #[step] pub fn release() -> Finished { Finished }
/// # #[step] pub fn refund() -> Finished { Finished }
/// # #[step] pub fn refuse() -> Finished { Finished }
///
/// # fn main() {
/// order_flow().assert_sound();
/// # }
/// ```
///
/// # Steps and where they lead
///
/// `pub order_flow v1` is the visibility of the function, the name (`order-flow` to the host) and the version, counted
/// from 1. The first step is where instances begin. Lines end with a comma, which can be left out after a block.
///
/// - `reserve => { Reserved => ship, OutOfStock => refuse }`: a step, by its type or a path to it, and where each of its
///   events leads. It becomes a `match` over the step's enum, so an event that was forgotten is an error.
/// - `A | B => ship`: for both. `A => [ship, bill]`: to both. `done`: the end.
/// - `failed => refund`: where it goes on when the step has used up its attempts. Without it, the instance fails.
/// - `ship => done`: for a step whose only event is `Finished`.
/// - `Wanted => choose channels from [email, post]`: `fn channels(&Context) -> Result<Targets, StepError>` chooses one or
///   more of these. Not for `failed`: what failed may be the very code that chooses.
/// - `remind(Channel::Mail) => ..`: the configuration, for a step that takes one. Any expression of its type.
/// - `pause = Wait(Duration::from_secs(600)) => ..`: another name for a step, which is then a step of its own, with results
///   of its own: `ResultOf<pause>`. It can be seen as far as the workflow; if the step is more private, so must be the
///   name: `pub(crate) pause = ..`.
///
/// ```
/// use std::time::Duration;
///
/// use hephaestus_guest::steps::{Wait, WaitForEvent};
/// use hephaestus_guest::{Config, Context, Finished, StepError, Targets, events, step, to, workflow};
///
/// workflow! {
///     pub reminder v1 {
///         ask => { Wanted => choose channels from [email, post], NotNow | Never => pause }
///         email = remind("email".into()) => answer,
///         post = remind("post".into()) => answer,
///         answer = WaitForEvent::<Answer>(Some(Duration::from_secs(86_400))) when settled => {
///             Yes | Timeout => done,
///         }
///         pause = Wait(Duration::from_secs(600)) => { Timeout => done }
///     }
/// }
///
/// fn channels(ctx: &Context) -> Result<Targets, StepError> {
///     let order: std::collections::BTreeMap<String, bool> = ctx.initial()?;
///     Ok(to::<email>().and_if::<post>(order.contains_key("by_post")))
/// }
///
/// #[events] pub enum Interest { Wanted, NotNow, Never }
/// #[events(accepts)] pub enum Answer { Yes, Timeout }
///
/// #[step]
/// pub fn ask() -> Interest {
///     Interest::Wanted
/// }
///
/// #[step]
/// pub fn remind(Config(channel): Config<String>) -> Finished {
///     assert!(!channel.is_empty());
///     Finished
/// }
/// # fn main() {
/// # reminder().assert_sound();
/// # }
/// ```
///
/// # When steps run
///
/// A step to which several transitions lead has a join:
///
/// - without a word: any of the transitions of one source, and all sources;
/// - `ship when any => ..`: at the first one;
/// - `ship when settled => ..`: when none can come any more, and one came;
/// - `release when all[reserve.Reserved, any[charge.Declined, ship.failed]] => ..`: spelled out, of `all`, `any` and
///   `settled`.
///
/// `done` has the join `settled`; `done when any` ends the instance at the first arrival.
///
/// Combinations of events are explored: all of them, or a sample where the graph is very wide. One after which nothing is left to do while `done` wasn't reached is an
/// error, and told as a story. If it can't happen for reasons that the graph doesn't know, say so:
/// `#[allow_stuck("whoever is out of stock isn't charged")]`.
///
/// # What is said of a step
///
/// Above it, or in its `#[step(..)]`, once: `#[retry(exponential = "1s", attempts = 5)]`, `#[deadline("5s")]`,
/// `#[requests(http = "https://stock.example", secret = "STOCK_TOKEN")]`. The words are those of [`macro@step`].
///
/// # What is said of the workflow
///
/// Above its name:
///
/// - `#[business_key("orderid")]`: what names instances, as in `orderid::abc123`. Without it, the workflow's name. A value
///   is taken once among the active instances of the workflow; `unique = version`, `global` or `none` says otherwise;
/// - `#[tag("orders", "shop")]`, `#[metadata(owner = "shop")]`: to find it by, and for people;
/// - `#[retry(..)]`: for steps that don't say; `#[deadline("30d")]`: for whole instances;
/// - `#[on_cancel(undo)]`: the step that runs when an operator cancels. It has a line `undo => {}`, and nothing leads to it;
/// - `#[allow_stuck("..")]`: see above;
/// - `#[no_export]`: only the function, no component: for a second workflow in a crate, or one that is used in tests.
///
/// ```
/// use hephaestus_guest::{Finished, step, workflow};
///
/// workflow! {
///     /// Documentation of the function.
///     #[business_key("orderid", unique = global)]
///     #[tag("orders", "shop")]
///     #[metadata(owner = "shop", since = "2026")]
///     #[retry(linear = "1s", attempts = 3)]
///     #[deadline("30d")]
///     #[on_cancel(undo)]
///     #[no_export]
///     pub order_flow v1 {
///         #[deadline("5s")]
///         #[requests(http = "https://stock.example", secret = "STOCK_TOKEN")]
///         reserve => [ship, bill],
///         ship => done,
///         bill => done,
///         undo => {}
///         done when any,
///     }
/// }
/// #
/// # #[step] pub fn reserve() -> Finished { Finished }
/// # #[step] pub fn ship() -> Finished { Finished }
/// # #[step] pub fn bill() -> Finished { Finished }
/// # #[step] pub fn undo() -> Finished { Finished }
/// # fn main() {
/// # order_flow().assert_sound();
/// # }
/// ```
///
/// # What is refused
///
/// Everything that the host refuses when a component is deployed, and a run that gets stuck. Beyond that, of each step:
/// the result of another one that doesn't lie before it, or, without `Option`, hasn't always completed when it runs; a
/// configuration that is missing or of another type; an option that is said in two places.
#[proc_macro]
pub fn workflow(tokens: TokenStream) -> TokenStream {
    workflow::workflow(tokens.into()).into()
}
