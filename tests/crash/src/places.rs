//! Where the programs and the component are that the kill loop needs.

use std::path::PathBuf;

use anyhow::{Result, ensure};

/// Files that `cargo xtask build` and `cargo xtask crash` leave.
#[derive(Debug, Clone)]
pub struct Places {
    /// This package's program, which is also the host that is killed.
    pub crash: PathBuf,
    /// The real `hephaestus`.
    pub hephaestus: PathBuf,
    /// The component whose steps keep the ledger.
    pub component: PathBuf,
}

impl Places {
    /// Looks at `HEPHAESTUS_COMPONENTS` and `HEPHAESTUS_BIN`, and else in the target folder that `crash` is in.
    pub fn beside(crash: PathBuf) -> Result<Self> {
        let release = crash.parent().map(PathBuf::from).unwrap_or_default();
        let set = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
        let component = |name: &str| {
            let folder = match set("HEPHAESTUS_COMPONENTS") {
                Some(folder) => folder.into(),
                None => release.join("../components"),
            };
            folder.join(format!("{name}.wasm"))
        };
        let hephaestus = match set("HEPHAESTUS_BIN") {
            Some(file) => file.into(),
            None => release.join(format!("hephaestus{}", std::env::consts::EXE_SUFFIX)),
        };
        let places = Self {
            component: component("ledger-steps"),
            crash,
            hephaestus,
        };
        for file in [&places.crash, &places.hephaestus, &places.component] {
            ensure!(
                file.is_file(),
                "{} is missing: run `cargo xtask build` first",
                file.display()
            );
        }
        Ok(places)
    }
}
