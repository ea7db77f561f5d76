//! `hephaestus new`: a crate with a workflow, to begin with.
//!
//! The files lie beside this one as templates; what is in double braces is filled in. A test makes the crate, runs its
//! tests, builds its component, checks and runs it.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::error::CommandError;
use crate::report::new::NewReport;
use crate::resolved::new::{NewOptions, Sdk, snake};

/// A file of the crate: where it goes, and what is in it.
struct Template {
    path: &'static str,
    text: &'static str,
}

const TEMPLATES: [Template; 7] = [
    Template {
        path: "Cargo.toml",
        text: include_str!("template/Cargo.toml.template"),
    },
    Template {
        path: ".cargo/config.toml",
        text: include_str!("template/config.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("template/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("template/README.md.template"),
    },
    Template {
        path: "input.json",
        text: include_str!("template/input.json.template"),
    },
    Template {
        path: "src/lib.rs",
        text: include_str!("template/lib.rs.template"),
    },
    Template {
        path: "src/tests.rs",
        text: include_str!("template/tests.rs.template"),
    },
];

/// Does it. What was written of a crate that can't be finished stays, for the error to be looked at.
pub(crate) fn new(options: &NewOptions) -> Result<NewReport, CommandError> {
    let values = Values::of(options)?;
    for template in &TEMPLATES {
        write(&options.folder.join(template.path), &values.fill(template.text))
            .map_err(CommandError::host)?;
    }
    Ok(NewReport {
        folder: options.folder.clone(),
        is_here: is_here(&options.folder),
        name: options.name.clone(),
        crate_name: values.snake,
    })
}

/// Whether it is the current folder.
fn is_here(folder: &Path) -> bool {
    match (folder.canonicalize(), std::env::current_dir()) {
        (Ok(folder), Ok(here)) => here.canonicalize().is_ok_and(|here| here == folder),
        _ => false,
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to make the folder {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// What the templates leave open.
struct Values {
    name: String,
    snake: String,
    sdk: String,
}

impl Values {
    fn of(options: &NewOptions) -> Result<Self, CommandError> {
        Ok(Self {
            name: options.name.to_string(),
            snake: snake(&options.name),
            sdk: match &options.sdk {
                Sdk::Registry => format!("{:?}", env!("CARGO_PKG_VERSION")),
                Sdk::Folder(folder) => format!("{{ path = {} }}", toml_text(folder)?),
            },
        })
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{{name}}", &self.name)
            .replace("{{snake}}", &self.snake)
            .replace("{{sdk}}", &self.sdk)
    }
}

/// A path as a string of TOML, which has the escapes of JSON.
fn toml_text(path: &Path) -> Result<String, CommandError> {
    let text = path.to_str().with_context(|| {
        format!(
            "failed to name {} in a Cargo.toml: the path is not UTF-8",
            path.display()
        )
    });
    let text = text.map_err(CommandError::host)?;
    serde_json::to_string(text).map_err(CommandError::host)
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATES, Values};

    #[test]
    fn nothing_is_left_open() {
        let values = Values {
            name: "order-intake".into(),
            snake: "order_intake".into(),
            sdk: "\"0.1\"".into(),
        };
        for template in &TEMPLATES {
            let text = values.fill(template.text);
            assert!(!text.contains("{{") && !text.contains("}}"), "{}", template.path);
        }
    }
}
