//! `cargo xtask demo`: the order workflow from nothing, by the same command that people would type.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::build;
use crate::process::{self, say};
use crate::workspace::Workspace;

/// The example that is shown.
const EXAMPLE: &str = "order-flow";

/// Answers the workflow's question, so that the demo needs nobody at the keyboard.
const APPROVAL: &str = r#"approved={"by":"the demo"}"#;

/// Builds everything, then runs the example on our terminal. The exit code is that of `hephaestus run`.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    build::all(workspace)?;
    let folder = workspace.target.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    // A business value of its own for each run: else the second demo would find the first one's order.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut command = command(workspace, &folder, &format!("demo{}", since_epoch.as_millis()));
    say("running the order workflow. To run it yourself, from the root of the repository:");
    eprintln!("\n  {}\n", process::shell_line(&command));
    let status = process::status(&mut command)?;
    // Killed by a signal: there is no code to pass on.
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    if code != 0 {
        say(format_args!(
            "hephaestus ended with exit code {code}; `hephaestus run --help` says what that means"
        ));
    }
    Ok(ExitCode::from(code))
}

fn command(workspace: &Workspace, folder: &Path, id: &str) -> Command {
    let from_root = |path: &Path| {
        path.strip_prefix(&workspace.root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let mut command = Command::new(from_root(&workspace.binary()));
    command.arg("run").arg(from_root(&workspace.component(EXAMPLE)));
    command
        .arg("--input")
        .arg(format!("@examples/{EXAMPLE}/order.json"));
    command.arg("--id").arg(id);
    command
        .arg("--store")
        .arg(format!("sqlite:{}", from_root(&folder.join("hephaestus.db"))));
    command.args(["--event", APPROVAL]);
    command.current_dir(&workspace.root);
    command
}
