//! The mistakes that the guide makes on purpose, and what the compiler says of them.
//!
//! After a change: `TRYBUILD=overwrite cargo test -p hephaestus-guide --test mistakes`; the test `guide` of
//! `hephaestus-tests` then says which page shows something else.

#[test]
fn mistakes_are_told_as_the_guide_shows_them() {
    trybuild::TestCases::new().compile_fail("tests/mistakes/*.rs");
}
