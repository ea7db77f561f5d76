//! Goldens, and that no name can break out of its quotes.

use expect_test::expect;
use hephaestus_host::core::definition::{WorkflowBuilder, step};

use super::*;
use crate::output::graph::fixtures::{graph, order_flow};

#[test]
fn the_order_example() {
    expect![[r#"
        digraph "order-flow" {
            label="order-flow, version 1";
            node [shape=box, style=rounded];
            "validate" [penwidth=2];
            "reserve";
            "charge";
            "approve" [label="approve\nwhen all[reserve.reserved,\ncharge.charged]", shape=hexagon];
            "ship";
            "release" [label="release\nwhen all[reserve.reserved,\nany[charge.declined, approve.rejected,\napprove.timeout, ship.failed]]"];
            "refund" [label="refund\nwhen all[charge.charged,\nany[reserve.out-of-stock,\napprove.rejected, approve.timeout,\nship.failed]]"];
            "refuse" [label="refuse\nwhen settled[validate.invalid,\nreserve.out-of-stock, charge.declined,\napprove.rejected]"];
            "expire";
            "give-up";
            "done" [shape=doublecircle];
            "validate" -> "reserve" [label="valid"];
            "validate" -> "charge" [label="valid"];
            "validate" -> "refuse" [label="invalid"];
            "reserve" -> "approve" [label="reserved"];
            "reserve" -> "release" [label="reserved"];
            "reserve" -> "refund" [label="out-of-stock"];
            "reserve" -> "refuse" [label="out-of-stock"];
            "charge" -> "approve" [label="charged"];
            "charge" -> "refund" [label="charged"];
            "charge" -> "release" [label="declined"];
            "charge" -> "refuse" [label="declined"];
            "approve" -> "ship" [label="approved"];
            "approve" -> "release" [label="rejected"];
            "approve" -> "refund" [label="rejected"];
            "approve" -> "refuse" [label="rejected"];
            "approve" -> "release" [label="timeout"];
            "approve" -> "refund" [label="timeout"];
            "approve" -> "expire" [label="timeout"];
            "ship" -> "done" [label="finished"];
            "ship" -> "release" [label="failed", style=dashed];
            "ship" -> "refund" [label="failed", style=dashed];
            "ship" -> "give-up" [label="failed", style=dashed];
            "release" -> "done" [label="finished"];
            "refund" -> "done" [label="finished"];
            "refuse" -> "done" [label="finished"];
            "expire" -> "done" [label="finished"];
            "give-up" -> "done" [label="finished"];
        }
    "#]].assert_eq(&draw(&graph(&order_flow())));
}

#[test]
fn names_that_mean_something_to_graphviz_are_only_labels() {
    let workflow = WorkflowBuilder::new("digraph", 1)
        .step(step("node").accepts("edge", ["subgraph"]))
        .step(step("subgraph").emits_dynamic("strict", ["graph", "done"]))
        .step(step("graph").emits("o", ["done"]).failed(["done"]))
        .step(step("default").emits("x", []))
        .on_cancel("default")
        .build()
        .expect("a sound workflow");
    expect![[r#"
        digraph "digraph" {
            label="digraph, version 1";
            node [shape=box, style=rounded];
            "node" [penwidth=2];
            "subgraph";
            "graph";
            "done" [shape=doublecircle];
            "default" [style="rounded,dotted"];
            "node" -> "subgraph" [label="edge"];
            "subgraph" -> "graph" [label="strict: some of", style=bold];
            "subgraph" -> "done" [label="strict: some of", style=bold];
            "graph" -> "done" [label="o"];
            "graph" -> "done" [label="failed", style=dashed];
        }
    "#]]
    .assert_eq(&draw(&graph(&workflow)));
}

#[test]
fn quotes_and_backslashes_are_escaped() {
    assert_eq!(quoted(r#"say "\1""#), r#""say \"\\1\"""#);
}
