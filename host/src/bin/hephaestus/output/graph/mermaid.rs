//! A flowchart for Mermaid. Nodes have ids of their own: a step can have a name that means something to Mermaid, like
//! `end`. Dotted lines: the step failed. Thick ones: the workflow's code chooses.

use super::LABEL_COLUMNS;
use crate::output::text::wrap;
use crate::report::graph::{GraphReport, Node, Role};

/// The text, with a line break at its end.
pub(crate) fn draw(graph: &GraphReport) -> String {
    let title = format!("{}, version {}", graph.workflow, graph.version);
    let mut lines = vec![
        "---".to_owned(),
        format!("title: {}", quoted(&title)),
        "---".to_owned(),
        "flowchart TD".to_owned(),
    ];
    for (at, node) in graph.nodes.iter().enumerate() {
        lines.push(format!("    s{at}{}", shape(node)));
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        for branch in &node.branches {
            let label = match branch.is_dynamic {
                true => format!("{}: some of", branch.event),
                false => branch.event.to_string(),
            };
            let (from, to) = match (branch.event.is_failed(), branch.is_dynamic) {
                (true, _) => ("-.", ".->"),
                (false, true) => ("==", "==>"),
                (false, false) => ("--", "-->"),
            };
            let edge = |target: &usize| format!("    s{at} {from} {} {to} s{target}", quoted(&label));
            lines.extend(branch.targets.iter().map(edge));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn shape(node: &Node) -> String {
    let name = node.step.as_str();
    let mut label = name.to_owned();
    if let Some(join) = node.joins().filter(|_| node.role != Role::Done) {
        label += "<br/>";
        label += &wrap(&format!("when {join}"), LABEL_COLUMNS).join("<br/>");
    }
    let label = quoted(&label);
    match node.role {
        Role::Start => format!("([{label}])"),
        Role::Done => format!("((({label})))"),
        Role::OnCancel => format!("[/{label}/]"),
        Role::Step if !node.accepts.is_empty() => format!("{{{{{label}}}}}"),
        Role::Step => format!("[{label}]"),
    }
}

/// Mermaid knows no escapes within quotes, but HTML's.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('#', "#35;").replace('"', "#quot;"))
}

#[cfg(test)]
mod tests;
