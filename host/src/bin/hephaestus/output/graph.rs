//! A workflow as a picture. Each format is a pure function from the graph to text.

mod ascii;
mod dot;
#[cfg(test)]
mod fixtures;
mod lanes;
mod mermaid;

use super::json;
use super::style::Style;
use crate::args::GraphFormat;
use crate::report::graph::GraphReport;

/// Joins in labels are broken into lines of about this length.
const LABEL_COLUMNS: usize = 40;

/// The picture, with a line break at its end. `width` is that of the terminal.
pub(crate) fn draw(
    graph: &GraphReport,
    format: GraphFormat,
    width: usize,
    style: Style,
) -> serde_json::Result<String> {
    Ok(match format {
        GraphFormat::Ascii => ascii::draw(graph, width, style),
        GraphFormat::Mermaid => mermaid::draw(graph),
        GraphFormat::Dot => dot::draw(graph),
        GraphFormat::Json => return json::graph::report(graph),
    })
}
