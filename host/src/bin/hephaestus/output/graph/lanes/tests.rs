//! What always holds in a gutter, whatever the graph.

use hephaestus_host::core::definition::{JoinRule, StepBuilder, step};

use super::*;
use crate::output::graph::fixtures::{graph, order_flow, thirty_steps, workflow};

/// Graphs drawn from a seed: up to twenty steps, each with up to three events to up to three later steps.
fn random(seed: u64) -> GraphReport {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).expect("small")
    };
    let count = 2 + below(19);
    let names: Vec<String> = (0..count).map(|at| format!("s{at}")).collect();
    let mut steps: Vec<StepBuilder> = Vec::new();
    for at in 0..count {
        let mut builder = step(&names[at]);
        for event in 0..1 + below(3) {
            // The first event keeps all steps within reach.
            let mut targets: Vec<&str> = match names.get(at + 1) {
                Some(next) if event == 0 => vec![next],
                _ => Vec::new(),
            };
            for _ in 0..below(3) {
                let target = names
                    .get(at + 1 + below(count - at))
                    .map_or("done", String::as_str);
                if !targets.contains(&target) {
                    targets.push(target);
                }
            }
            if targets.is_empty() {
                targets.push("done");
            }
            builder = builder.emits(&format!("e{event}"), targets);
        }
        steps.push(if at == 0 {
            builder
        } else {
            builder.join(JoinRule::Any)
        });
    }
    graph(&workflow("random", steps))
}

fn rows(blocks: &[Block]) -> Vec<&Row> {
    blocks
        .iter()
        .flat_map(|block| block.notes.iter().chain(&block.branches))
        .collect()
}

fn check(graph: &GraphReport, max: usize) {
    let notes: Vec<usize> = (0..graph.nodes.len()).map(|at| at % 3).collect();
    let (blocks, without) = lay_out(graph, &notes, max);
    let rows = rows(&blocks);
    // What leaves a line downwards comes into the next one from above, and nothing else does.
    for pair in rows.windows(2) {
        let width = pair[0].cells.len().max(pair[1].cells.len());
        for at in 0..width {
            let down = pair[0].cells.get(at).is_some_and(|cell| cell.down);
            let up = pair[1].cells.get(at).is_some_and(|cell| cell.up);
            assert_eq!(down, up, "column {at}");
        }
    }
    let hangs = rows
        .last()
        .is_some_and(|row| row.cells.iter().any(|cell| cell.down));
    assert!(!hangs, "no line leads to nowhere");
    // Each transition touches the lanes of all its targets that have one, besides its own.
    for (node, block) in graph.nodes.iter().zip(&blocks) {
        for (branch, row) in node.branches.iter().zip(&block.branches) {
            let targets = branch.targets.iter();
            let drawn = targets.filter(|at| graph.nodes[**at].role != Role::Done && !without.contains(at));
            for target in drawn {
                let is_touched = |cell: &Cell| {
                    cell.down && (cell.left || cell.right || cell.origin) && cell.owner == Some(*target)
                };
                let takes_over = |cell: &Cell| cell.origin && cell.down;
                assert!(
                    row.cells.iter().any(|cell| is_touched(cell) || takes_over(cell)),
                    "{} -> {target}: {row:?}",
                    node.step
                );
            }
        }
    }
    let lanes = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    assert!(lanes <= max + 1, "one stem more at most: {lanes}");
}

#[test]
fn lines_never_break() {
    for seed in 0..2_000 {
        check(&random(seed), 100);
    }
    check(&graph(&order_flow()), 100);
    check(&graph(&thirty_steps()), 100);
}

#[test]
fn where_lanes_are_few_lines_never_break_either() {
    for seed in 0..2_000 {
        for max in [1, 3] {
            check(&random(seed), max);
        }
    }
}

#[test]
fn only_what_has_no_room_gets_no_lane() {
    let graph = graph(&thirty_steps());
    let notes = vec![0; graph.nodes.len()];
    assert!(lay_out(&graph, &notes, 16).1.is_empty());
    assert!(!lay_out(&graph, &notes, 8).1.is_empty());
}
