//! What `hephaestus new` made, and what to do with it, as text.

use std::path::Path;

use super::text;
use crate::invocation::quote;
use crate::report::new::NewReport;

/// The page. Its commands can be copied as they are.
pub(crate) fn page(report: &NewReport, program: &Path) -> String {
    let folder = report.folder.display().to_string();
    let made = match report.is_here {
        true => format!("made {} here", report.name),
        false => format!("made {}", text::safe(&folder)),
    };
    let cd = match report.is_here {
        true => String::new(),
        false => format!("  cd {}\n", text::safe(&quote(report.folder.as_os_str()))),
    };
    let program = quote(program.as_os_str());
    let program = text::safe(&program);
    let component = format!("target/wasm32-wasip2/release/{}.wasm", report.crate_name);
    format!(
        "{made}: a workflow that is ready to run; README.md says what is where

{cd}  cargo test
  rustup target add wasm32-wasip2   # once
  cargo component
  {program} check {component}
  {program} run {component} --input @input.json --id a1
"
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn report(folder: &str, is_here: bool) -> NewReport {
        NewReport {
            folder: folder.into(),
            is_here,
            name: "first-flow".parse().expect("a name"),
            crate_name: "first_flow".into(),
        }
    }

    #[test]
    fn paths_with_blanks_are_quoted() {
        let page = page(
            &report("my flows/first-flow", false),
            Path::new("/my tools/hephaestus"),
        );
        expect![[r#"
            made my flows/first-flow: a workflow that is ready to run; README.md says what is where

              cd 'my flows/first-flow'
              cargo test
              rustup target add wasm32-wasip2   # once
              cargo component
              '/my tools/hephaestus' check target/wasm32-wasip2/release/first_flow.wasm
              '/my tools/hephaestus' run target/wasm32-wasip2/release/first_flow.wasm --input @input.json --id a1
        "#]]
        .assert_eq(&page);
    }

    #[test]
    fn nobody_is_sent_where_they_are() {
        let page = page(&report(".", true), Path::new("hephaestus"));
        assert!(page.starts_with("made first-flow here: "), "{page}");
        assert!(!page.contains("cd "), "{page}");
    }
}
