//! The guide's complete pieces of code (` ```rust `) as doctests. What else there is on its pages is looked after by the
//! test `guide` of `hephaestus-tests`; the mistakes that it makes on purpose are in `tests/mistakes`.
//!
//! A package of its own, because readers of the guide have the SDK, and no host.

/// One page each.
macro_rules! pages {
    ($($name:ident: $file:literal;)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($file)]
            mod $name {}
        )*
    };
}

pages! {
    steps: "../../../docs/guide/2-steps.md";
    graphs: "../../../docs/guide/3-graphs.md";
    waiting: "../../../docs/guide/4-waiting.md";
    capabilities: "../../../docs/guide/6-capabilities.md";
}
