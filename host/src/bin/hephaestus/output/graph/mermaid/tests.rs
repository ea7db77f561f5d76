//! Goldens, and that no name can break out of its quotes.

use expect_test::expect;
use hephaestus_host::core::definition::{WorkflowBuilder, step};

use super::*;
use crate::output::graph::fixtures::{graph, order_flow};

#[test]
fn the_order_example() {
    expect![[r#"
        ---
        title: "order-flow, version 1"
        ---
        flowchart TD
            s0(["validate"])
            s1["reserve"]
            s2["charge"]
            s3{{"approve<br/>when all[reserve.reserved,<br/>charge.charged]"}}
            s4["ship"]
            s5["release<br/>when all[reserve.reserved,<br/>any[charge.declined, approve.rejected,<br/>approve.timeout, ship.failed]]"]
            s6["refund<br/>when all[charge.charged,<br/>any[reserve.out-of-stock,<br/>approve.rejected, approve.timeout,<br/>ship.failed]]"]
            s7["refuse<br/>when settled[validate.invalid,<br/>reserve.out-of-stock, charge.declined,<br/>approve.rejected]"]
            s8["expire"]
            s9["give-up"]
            s10((("done")))
            s0 -- "valid" --> s1
            s0 -- "valid" --> s2
            s0 -- "invalid" --> s7
            s1 -- "reserved" --> s3
            s1 -- "reserved" --> s5
            s1 -- "out-of-stock" --> s6
            s1 -- "out-of-stock" --> s7
            s2 -- "charged" --> s3
            s2 -- "charged" --> s6
            s2 -- "declined" --> s5
            s2 -- "declined" --> s7
            s3 -- "approved" --> s4
            s3 -- "rejected" --> s5
            s3 -- "rejected" --> s6
            s3 -- "rejected" --> s7
            s3 -- "timeout" --> s5
            s3 -- "timeout" --> s6
            s3 -- "timeout" --> s8
            s4 -- "finished" --> s10
            s4 -. "failed" .-> s5
            s4 -. "failed" .-> s6
            s4 -. "failed" .-> s9
            s5 -- "finished" --> s10
            s6 -- "finished" --> s10
            s7 -- "finished" --> s10
            s8 -- "finished" --> s10
            s9 -- "finished" --> s10
    "#]].assert_eq(&draw(&graph(&order_flow())));
}

#[test]
fn names_that_mean_something_to_mermaid_are_only_labels() {
    let workflow = WorkflowBuilder::new("graph", 1)
        .step(step("end").accepts("click", ["subgraph"]))
        .step(step("subgraph").emits_dynamic("style", ["class", "done"]))
        .step(step("class").emits("o", ["done"]).failed(["done"]))
        .step(step("default").emits("x", []))
        .on_cancel("default")
        .build()
        .expect("a sound workflow");
    expect![[r#"
        ---
        title: "graph, version 1"
        ---
        flowchart TD
            s0(["end"])
            s1["subgraph"]
            s2["class"]
            s3((("done")))
            s4[/"default"/]
            s0 -- "click" --> s1
            s1 == "style: some of" ==> s2
            s1 == "style: some of" ==> s3
            s2 -- "o" --> s3
            s2 -. "failed" .-> s3
    "#]]
    .assert_eq(&draw(&graph(&workflow)));
}

#[test]
fn quotes_and_entities_are_escaped() {
    assert_eq!(quoted(r##"say "#1""##), "\"say #quot;#35;1#quot;\"");
}
