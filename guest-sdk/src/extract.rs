//! What the parameters of a step's function can be.

use serde::de::DeserializeOwned;

use crate::context::Instance;
use crate::reads::{MayRead, Needs};
use crate::{Context, Step, StepError};

/// What a parameter of a [`#[step]`](macro@crate::step) function can be: [`Initial`], [`ResultOf`], an `Option` of it,
/// [`Config`], [`IdempotencyKey`], [`Instance`], or a type of your own that is made of these. `&Context` can be one too.
///
/// ```
/// use hephaestus_guest::{Context, FromContext, Initial, StepError};
///
/// struct Customer(String);
///
/// impl FromContext for Customer {
///     type Reads = ();
///
///     fn from_context(ctx: &Context) -> Result<Self, StepError> {
///         let Initial(order): Initial<serde_json::Value> = ctx.get()?;
///         match order["customer"].as_str() {
///             Some(name) => Ok(Self(name.into())),
///             None => Err(StepError::permanent("the order names no customer")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a step can't have a parameter of type `{Self}`",
    label = "not what a step gets",
    note = "parameters are `Initial<T>`, `ResultOf<step>`, `Option<ResultOf<step>>`, `Config<T>`, `IdempotencyKey`, `Instance` and `&Context`"
)]
pub trait FromContext: Sized {
    /// Which results it reads, see [`reads`](crate::reads).
    type Reads;

    /// Takes it from the context. An error fails the attempt.
    fn from_context(ctx: &Context) -> Result<Self, StepError>;
}

/// The input of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initial<T>(pub T);

impl<T: DeserializeOwned> FromContext for Initial<T> {
    type Reads = ();

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        ctx.initial().map(Self)
    }
}

/// The result of a step that lies before this one, and has always completed when this one runs; where that isn't so,
/// `Option<ResultOf<S>>`. The compiler tells.
pub struct ResultOf<S: Step>(pub S::Output);

impl<S: Step> FromContext for ResultOf<S> {
    type Reads = Needs<S>;

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        ctx.require::<S>().map(Self)
    }
}

impl<S: Step> FromContext for Option<ResultOf<S>> {
    type Reads = MayRead<S>;

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        Ok(ctx.result_of::<S>()?.map(ResultOf))
    }
}

/// What the workflow gives the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config<T>(pub T);

impl<T: DeserializeOwned> FromContext for Config<T> {
    type Reads = ();

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        ctx.config().map(Self)
    }
}

/// The same for every try of this step in this instance, and for nothing else: hand it to the systems that the step
/// calls, so that they recognise a repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl FromContext for IdempotencyKey {
    type Reads = ();

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        Ok(Self(ctx.idempotency_key()))
    }
}

impl FromContext for Instance {
    type Reads = ();

    fn from_context(ctx: &Context) -> Result<Self, StepError> {
        Ok(ctx.instance())
    }
}
