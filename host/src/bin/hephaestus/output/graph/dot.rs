//! A graph for Graphviz. Dashed lines: the step failed. Bold ones: the workflow's code chooses.

use super::LABEL_COLUMNS;
use crate::output::text::wrap;
use crate::report::graph::{GraphReport, Node, Role};

/// The text, with a line break at its end.
pub(crate) fn draw(graph: &GraphReport) -> String {
    let title = format!("{}, version {}", graph.workflow, graph.version);
    let mut lines = vec![
        format!("digraph {} {{", quoted(graph.workflow.as_str())),
        format!("    label={};", quoted(&title)),
        "    node [shape=box, style=rounded];".to_owned(),
    ];
    lines.extend(graph.nodes.iter().map(statement));
    for node in &graph.nodes {
        for branch in &node.branches {
            let mut attributes = format!("label={}", quoted(branch.event.as_str()));
            if branch.event.is_failed() {
                attributes += ", style=dashed";
            } else if branch.is_dynamic {
                attributes = format!(
                    "label={}, style=bold",
                    quoted(&format!("{}: some of", branch.event))
                );
            }
            for target in &branch.targets {
                let (source, target) = (node.step.as_str(), graph.nodes[*target].step.as_str());
                lines.push(format!(
                    "    {} -> {} [{attributes}];",
                    quoted(source),
                    quoted(target)
                ));
            }
        }
    }
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn statement(node: &Node) -> String {
    let name = quoted(node.step.as_str());
    let mut attributes: Vec<String> = Vec::new();
    if let Some(join) = node.joins().filter(|_| node.role != Role::Done) {
        let mut lines = vec![node.step.to_string()];
        lines.extend(wrap(&format!("when {join}"), LABEL_COLUMNS));
        // Graphviz reads `\n` as a line break.
        attributes.push(format!(
            "label={}",
            quoted(&lines.join("\n")).replace('\n', "\\n")
        ));
    }
    match node.role {
        Role::Start => attributes.push("penwidth=2".to_owned()),
        Role::Done => attributes.push("shape=doublecircle".to_owned()),
        Role::OnCancel => attributes.push("style=\"rounded,dotted\"".to_owned()),
        Role::Step if !node.accepts.is_empty() => attributes.push("shape=hexagon".to_owned()),
        Role::Step => {}
    }
    match attributes.is_empty() {
        true => format!("    {name};"),
        false => format!("    {name} [{}];", attributes.join(", ")),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
