//! The whole macro: how long it takes.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::workflow;

/// A table of blocks: a step that leads to two, which another one joins.
fn blocks(steps: usize) -> String {
    let mut text = String::from("big v1 {\n");
    let name = |at: usize| match at < steps {
        true => format!("s{at}"),
        false => "done".to_owned(),
    };
    for at in 0..steps {
        let (one, two) = (name(at + 1), name(at + 2));
        let routes = match at % 4 {
            0 => format!("Yes => [{one}, {two}], No => done"),
            1 => format!("Yes | No => {two}"),
            2 => format!("Yes | No => {one}"),
            _ => format!("Yes => {one}, No => done, failed => done"),
        };
        let join = if at % 4 == 3 { " when any" } else { "" };
        writeln!(text, "s{at}{join} => {{ {routes} }}").expect("a string takes it");
    }
    text + "}"
}

/// Some 15 and 200 milliseconds where this was written. The bound is for slow machines and builds without optimisation:
/// what it finds is time that grows with more than the pairs of steps.
#[test]
fn large_tables_are_expanded_at_once() {
    for steps in [40, 200] {
        let tokens = blocks(steps).parse().expect("tokens");
        let begin = Instant::now();
        let expanded = workflow(tokens).to_string();
        let took = begin.elapsed();
        assert!(!expanded.contains("compile_error"), "{expanded}");
        assert!(took < Duration::from_secs(10), "{steps} steps took {took:?}");
    }
}
