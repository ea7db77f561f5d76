//! What `workflow!`, `#[step]` and `#[events]` say of mistakes: each file below `compile_fail` makes one, and beside it
//! stands what the compiler then writes.
//!
//! After a change: `TRYBUILD=overwrite cargo test -p hephaestus-guest --test compile_fail`, and read the difference as
//! somebody who made that mistake would.

#[test]
fn mistakes_are_told_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*/*.rs");
}
