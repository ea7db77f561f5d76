//! Cycles and reachability.

use expect_test::expect;

use super::{check, order};
use crate::definition::step;

#[test]
fn cycles_are_named_once_each() {
    check(
        order([
            step("a").emits("x", ["b"]),
            step("b").emits("y", ["c", "d"]),
            step("c").emits("again", ["b"]).emits("z", ["done"]),
            step("d").emits("self", ["d", "done"]),
        ]),
        expect![[r#"
            cycle b y
              step `b` leads back to itself: `b` -y-> `c` -again-> `b`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
            cycle d self
              step `d` leads back to itself: `d` -self-> `d`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
        "#]],
    );
}

#[test]
fn all_steps_can_be_reached() {
    check(
        order([
            step("a").emits("x", ["done"]),
            step("b").emits("y", ["c"]),
            step("c").emits("z", ["done"]),
        ]),
        expect![[r#"
            unreachable b -
              no transition leads to `b`
              let a transition lead to it from a step that can be reached, or remove it
            unreachable c -
              only steps that can't be reached themselves lead to `c`: `b`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
    check(
        order([step("a").emits("x", ["b"]), step("b").emits("y", ["b"])]),
        expect![[r#"
            cycle b y
              step `b` leads back to itself: `b` -y-> `b`
              remove one of these transitions: a step runs once at most, and a retry policy repeats one that fails
            unreachable done -
              no transition leads to `done`
              let a transition lead to it from a step that can be reached, or remove it
        "#]],
    );
}
