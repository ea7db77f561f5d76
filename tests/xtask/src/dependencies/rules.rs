//! The rules of `.deny.toml`, as far as they need no database, and what breaks them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use spdx::{Expression, ParseMode};

/// What the file says; what else is in it is for cargo-deny.
pub(super) struct Rules {
    licences: Vec<String>,
    registries: Vec<String>,
}

/// A package as cargo describes it.
pub(super) struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// `None`: a folder.
    source: Option<String>,
    /// What it asks for in any version, though it isn't in a folder.
    wildcards: Vec<String>,
}

impl Rules {
    pub(super) fn read(text: &str) -> Result<Self> {
        let file: toml::Table = toml::from_str(text).context("not TOML")?;
        let list = |table: &str, key: &str| -> Result<Vec<String>> {
            let found = file.get(table).and_then(|table| table.get(key));
            let list = found.and_then(toml::Value::as_array);
            let list = list.ok_or_else(|| anyhow!("expected a list `{key}` in [{table}]"))?;
            Ok(list
                .iter()
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect())
        };
        Ok(Self {
            licences: list("licenses", "allow")?,
            registries: list("sources", "allow-registry")?,
        })
    }

    /// What is wrong with each package; and licences that are allowed though nothing has them.
    pub(super) fn complaints(&self, packages: &[Package]) -> Vec<String> {
        let mut complaints: Vec<String> = packages.iter().flat_map(|package| self.of(package)).collect();
        let mut used = Vec::new();
        for licence in packages.iter().filter_map(|package| package.licence.as_deref()) {
            if let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) {
                used.extend(expression.requirements().map(|it| it.req.to_string()));
            }
        }
        let unused = self.licences.iter().filter(|licence| !used.contains(licence));
        complaints.extend(unused.map(|licence| {
            format!("the licence {licence} is allowed, but no package has it: take it out of .deny.toml")
        }));
        complaints
    }

    fn of(&self, package: &Package) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut complain =
            |what: String| complaints.push(format!("{} {}: {what}", package.name, package.version));
        if let Some(problem) = self.licence_problem(package) {
            complain(problem);
        }
        if let Some(source) = &package.source {
            let is_known = |known: &String| *source == format!("registry+{known}");
            if !self.registries.iter().any(is_known) {
                complain(format!(
                    "it comes from {source}; expected one of {}",
                    self.registries.join(", ")
                ));
            }
        }
        for wildcard in &package.wildcards {
            complain(format!("it asks for any version of {wildcard}: say which"));
        }
        complaints
    }

    fn licence_problem(&self, package: &Package) -> Option<String> {
        let Some(licence) = &package.licence else {
            return Some("it has no licence".to_owned());
        };
        let expression = match Expression::parse_mode(licence, ParseMode::LAX) {
            Ok(expression) => expression,
            Err(error) => return Some(format!("its licence {licence:?} can't be read: {}", error.reason)),
        };
        let is_allowed = expression.evaluate(|asked| self.licences.contains(&asked.to_string()));
        (!is_allowed).then(|| {
            format!(
                "its licence {licence} is not allowed; look whether it may be combined with Apache-2.0, and add it to .deny.toml, or do without the package"
            )
        })
    }
}

/// What `cargo metadata` lists.
pub(super) fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let packages = metadata["packages"].as_array();
    let packages = packages.ok_or_else(|| anyhow!("cargo metadata lists no packages"))?;
    Ok(packages.iter().map(package).collect())
}

fn package(found: &Value) -> Package {
    let text = |key: &str| found[key].as_str().map(str::to_owned);
    let source = text("source");
    let dependencies = found["dependencies"].as_array().into_iter().flatten();
    // What others ask for is decided already, by Cargo.lock.
    let wild = dependencies
        .filter(|it| source.is_none() && it["req"] == "*" && it["path"].is_null())
        .filter_map(|it| it["name"].as_str());
    Package {
        wildcards: wild.map(str::to_owned).collect(),
        name: text("name").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        licence: text("license"),
        source,
    }
}

/// Packages that are there in several versions, each a line. No offence, but worth a look now and then.
pub(super) fn several_versions(packages: &[Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several
        .map(|(name, versions)| {
            format!(
                "{name} is there in {} versions: {}",
                versions.len(),
                versions.join(", ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn rules() -> Rules {
        let text = r#"
            [licenses]
            allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
            [sources]
            allow-registry = ["https://github.com/rust-lang/crates.io-index"]
        "#;
        Rules::read(text).unwrap()
    }

    fn complaints(packages: Value) -> Vec<String> {
        let packages = super::packages(&json!({ "packages": packages })).unwrap();
        let mut rules = rules();
        rules.licences.truncate(3);
        let all = rules.complaints(&packages);
        all.into_iter()
            .filter(|it| !it.contains("no package has it"))
            .collect()
    }

    fn licensed(licence: &str) -> Vec<String> {
        complaints(json!([{ "name": "a", "version": "1.0.0", "license": licence, "source": CRATES_IO }]))
    }

    #[test]
    fn a_licence_is_allowed_if_one_can_choose_it() {
        for licence in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/Apache-2.0",
            "Apache-2.0 / MIT",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
            "MIT AND Apache-2.0",
        ] {
            assert_eq!(licensed(licence), Vec::<String>::new(), "{licence}");
        }
        for licence in [
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "MIT WITH LLVM-exception",
            "Mine",
        ] {
            assert_eq!(licensed(licence).len(), 1, "{licence}");
        }
        let none = complaints(json!([{ "name": "a", "version": "1.0.0", "license": null, "source": null }]));
        assert_eq!(none, ["a 1.0.0: it has no licence"]);
    }

    #[test]
    fn another_source_is_refused() {
        let from = |source: Value| {
            complaints(json!([{ "name": "a", "version": "1", "license": "MIT", "source": source }]))
        };
        assert_eq!(from(Value::Null), Vec::<String>::new());
        assert_eq!(from(json!(CRATES_IO)), Vec::<String>::new());
        for source in [
            "git+https://github.com/a/a#0",
            "registry+https://mirror.example/index",
        ] {
            assert!(from(json!(source))[0].contains(&format!("it comes from {source}; expected")));
        }
    }

    #[test]
    fn any_version_of_a_foreign_package_is_refused() {
        let asking = |dependency: Value| {
            complaints(json!([{
                "name": "a", "version": "1", "license": "MIT", "source": null, "dependencies": [dependency],
            }]))
        };
        assert_eq!(
            asking(json!({ "name": "b", "req": "*" })),
            ["a 1: it asks for any version of b: say which"]
        );
        assert!(asking(json!({ "name": "b", "req": "*", "path": "/b" })).is_empty());
        assert!(asking(json!({ "name": "b", "req": "^1" })).is_empty());
    }

    #[test]
    fn a_licence_that_nothing_has_and_a_package_in_two_versions_are_seen() {
        let packages = super::packages(&json!({ "packages": [
            { "name": "a", "version": "1", "license": "MIT OR Apache-2.0" },
            { "name": "a", "version": "2", "license": "MIT" },
        ] }))
        .unwrap();
        let unused = rules().complaints(&packages);
        assert_eq!(unused.len(), 1, "{unused:?}");
        assert!(unused[0].contains("Apache-2.0 WITH LLVM-exception is allowed, but"));
        assert_eq!(several_versions(&packages), ["a is there in 2 versions: 1, 2"]);
    }
}
