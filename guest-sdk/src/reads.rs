//! Which results a step reads, as types: so that a graph can be checked for them while it is compiled.
//!
//! A step says in [`Step::Reads`](crate::Step::Reads) what it reads: [`Needs`], [`MayRead`], tuples of them, `()`, or
//! [`Parameters`].
//! [`workflow!`](crate::workflow) says of each pair of steps whether one lies [`Before`] the other, and whether it is
//! then [`Certain`]; a step that reads what it can't is then an error at its place in the table.

use std::marker::PhantomData;

use crate::FromContext;

/// Needs the result of the step `X`.
pub struct Needs<X>(PhantomData<X>);

/// Reads the result of the step `X` if there is one.
pub struct MayRead<X>(PhantomData<X>);

/// Reads what parameters of these types do: `T` is a tuple of types that implement [`FromContext`].
pub struct Parameters<T>(PhantomData<T>);

/// The step lies before the step `S` in the workflow `W`.
#[diagnostic::on_unimplemented(
    message = "step `{S}` reads the result of `{Self}`, which doesn't lie before it in `{W}`",
    label = "reads the result of `{Self}`",
    note = "a step can read the results of the steps that lie on a path to it: whether another one has completed depends on its speed",
    note = "lead a transition from `{Self}` towards `{S}`, or don't read its result"
)]
pub trait Before<W, S> {
    /// [`Always`] or [`Sometimes`].
    type Certainty;
}

/// It has always completed then.
pub enum Always {}

/// It has completed on some paths only.
pub enum Sometimes {}

/// The step `X` has always completed when the step `S` runs in the workflow `W`.
#[diagnostic::on_unimplemented(
    message = "step `{S}` needs the result of `{X}`, which hasn't always completed when `{S}` runs in `{W}`",
    label = "needs the result of `{X}`",
    note = "read `Option<ResultOf<{X}>>` instead, or change the join of `{S}` so that it waits for `{X}`"
)]
pub trait Certain<W, S, X> {}

impl<W, S, X> Certain<W, S, X> for Always {}

/// All that is read can be read by the step `S` in the workflow `W`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what `Step::Reads` is made of",
    note = "it is made of `Needs`, `MayRead`, tuples of them, `()`, or `Parameters`"
)]
pub trait Readable<W, S> {}

impl<W, S, X: Before<W, S>> Readable<W, S> for Needs<X> where X::Certainty: Certain<W, S, X> {}

impl<W, S, X: Before<W, S>> Readable<W, S> for MayRead<X> {}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<W, S, $($name: Readable<W, S>),*> Readable<W, S> for ($($name,)*) {}

        impl<W, S, $($name: FromContext<Reads: Readable<W, S>>),*> Readable<W, S> for Parameters<($($name,)*)> {}
    };
}

tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
