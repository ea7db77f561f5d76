//! What `hephaestus new` made, and what to do with it, as text.

use std::path::Path;

use super::text;
use crate::report::new::NewReport;

/// The page.
pub(crate) fn page(report: &NewReport, program: &Path) -> String {
    let folder = report.folder.display().to_string();
    let folder = text::safe(&folder);
    let program = program.display().to_string();
    let program = text::safe(&program);
    let component = format!("target/wasm32-wasip2/release/{}.wasm", report.crate_name);
    format!(
        "made {folder}: a workflow that is ready to run; README.md says what is where

  cd {folder}
  cargo test
  rustup target add wasm32-wasip2   # once
  cargo component
  {program} check {component}
  {program} run {component} --input @input.json --id a1
"
    )
}
