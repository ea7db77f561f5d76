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
///   it needs from outside of its sandbox. That grants nothing: it tells the operator what to grant.
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

/// Makes a table a workflow.
#[proc_macro]
pub fn workflow(tokens: TokenStream) -> TokenStream {
    workflow::workflow(tokens.into()).into()
}
