//! Runs the commands of a page in the folder that the page has to itself.

use std::cell::RefCell;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::page::Block;
use crate::shape::fits;

/// A page's folder.
pub(crate) struct Folder {
    root: TempDir,
    /// Where the next command runs: `cd` leads elsewhere.
    here: RefCell<PathBuf>,
}

/// Something that came out differently than the page shows.
pub(crate) struct Difference {
    /// What, for people.
    pub(crate) complaint: String,
    /// What the page should show: these lines of it, counted from 1, are to be replaced.
    pub(crate) correction: Option<(Range<usize>, String)>,
}

/// A command, and what the page says that it prints.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    command: String,
    output: String,
}

impl Shown {
    /// The lines of the page that show the output.
    fn output_lines(&self) -> Range<usize> {
        let first = self.line + self.command.lines().count();
        first..first + self.output.lines().count()
    }
}

/// What a command came to.
struct Answer {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        Self {
            here: root.path().to_owned().into(),
            root,
        }
    }

    /// Puts a copy of a file there.
    pub(crate) fn put(&self, path: &str, file: &Path) {
        let place = self.root.path().join(path);
        fs::create_dir_all(place.parent().expect("below the folder")).expect("folders");
        fs::copy(file, &place).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Runs the commands of a block, and says what came out differently than the page shows.
    ///
    /// A command's output is what it prints to standard output; if that is nothing, what it prints to standard error. A
    /// command that fails is a complaint, unless the next one asks for its exit code: `$ echo $?`.
    pub(crate) fn run(&self, page: &str, block: &Block) -> Vec<Difference> {
        let commands = commands(block);
        let mut differences = Vec::new();
        let mut differs = |complaint, correction| {
            differences.push(Difference {
                complaint,
                correction,
            });
        };
        if commands.is_empty() {
            differs(format!("{page}:{}: no line begins with `$ `", block.line), None);
        }
        let mut code = 0;
        for (at, shown) in commands.iter().enumerate() {
            let place = format!("{page}:{}: `{}`", shown.line, shown.command);
            let answer = self.answer(&shown.command, code);
            code = answer.code;
            let is_asked = commands
                .get(at + 1)
                .is_some_and(|next| next.command.contains("$?"));
            if code != 0 && !is_asked {
                let why = answer.stderr.trim_end();
                differs(
                    format!("{place} exits with {code}, and nothing asks for it:\n{why}"),
                    None,
                );
            }
            let printed = answer.printed();
            // A command that is shown without output may print what it likes.
            if !shown.output.is_empty() && !fits(&shown.output, printed) {
                let complaint = format!("{place} prints\n\n{printed}\n\nand not\n\n{}\n", shown.output);
                differs(complaint, Some((shown.output_lines(), printed.to_owned())));
            }
        }
        differences
    }

    /// Runs a command as a shell does after one that exited with `code`.
    fn answer(&self, command: &str, code: i32) -> Answer {
        let binary = hephaestus_tests::binary();
        let folder = binary.parent().expect("a file is in a folder");
        let place = self.root.path().join(".where");
        let mut places = vec![folder.to_owned()];
        places.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("trap 'pwd > \"$WHERE\"' EXIT\n(exit {code})\n{command}"))
            .current_dir(&*self.here.borrow())
            .env("WHERE", &place)
            .env("PATH", std::env::join_paths(places).expect("folders"))
            .env_remove("HEPHAESTUS_LOG")
            .env(hephaestus_tests::CODE_CACHE, hephaestus_tests::code_cache())
            .env("NO_COLOR", "1")
            // The order in which `ls` lists.
            .env("LC_ALL", "C")
            .output()
            .expect("a shell");
        let here = fs::read_to_string(&place).expect("where the shell ended");
        self.here.replace(here.trim_end().into());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Answer {
            code: output.status.code().expect("no signal"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl Answer {
    /// What a page shows of it.
    fn printed(&self) -> &str {
        let shown = if self.stdout.is_empty() {
            &self.stderr
        } else {
            &self.stdout
        };
        shown.trim_end()
    }
}

/// The commands of a block. One that ends with `\` goes on in the next line.
fn commands(block: &Block) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut goes_on = false;
    for (index, line) in block.text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(Shown {
                line: block.line + 1 + index,
                command: command.to_owned(),
                output: String::new(),
            });
            goes_on = command.ends_with('\\');
        } else if let Some(last) = commands.last_mut() {
            let text = if goes_on {
                &mut last.command
            } else {
                &mut last.output
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
            goes_on = goes_on && line.ends_with('\\');
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block {
            line: 1,
            language: "console".into(),
            text: text.into(),
            part_of: None,
            not_executed: None,
        }
    }

    #[test]
    fn commands_and_what_they_print_are_told_apart() {
        let shown = |line, command: &str, output: &str| Shown {
            line,
            command: command.into(),
            output: output.into(),
        };
        assert_eq!(
            commands(&block("$ a\nb\n\nc\n$ d \\\n  e\nf")),
            [shown(2, "a", "b\n\nc"), shown(6, "d \\\n  e", "f")]
        );
    }

    #[test]
    fn what_differs_is_told() {
        let folder = Folder::new();
        let differences = |text| folder.run("a.md", &block(text)).len();
        assert_eq!(differences("$ echo a\na"), 0);
        assert_eq!(differences("$ echo a\nb"), 1);
        assert_eq!(differences("$ exit 3"), 1);
        assert_eq!(differences("$ exit 3\n$ echo $?\n3"), 0);
        assert_eq!(differences("$ exit 4\n$ echo $?\n3"), 1);
        assert_eq!(differences("$ echo a >&2\na"), 0);
        assert_eq!(differences("a"), 1);
    }

    #[test]
    fn corrections_know_their_lines() {
        let found = Folder::new().run("a.md", &block("$ echo a \\\n  b\nold\nlines\n$ echo c\nc"));
        let corrections: Vec<_> = found.into_iter().filter_map(|it| it.correction).collect();
        assert_eq!(corrections, [(4..6, "a b".to_owned())]);
    }

    #[test]
    fn the_shell_stays_where_it_went() {
        let folder = Folder::new();
        let text = "$ mkdir a && cd a\n$ basename \"$PWD\"\na\n$ cd ..\n$ exit 3\n$ echo $?\n3\n$ ls\na";
        assert!(folder.run("a.md", &block(text)).is_empty());
    }

    #[test]
    fn files_stay_from_block_to_block() {
        let folder = Folder::new();
        assert!(folder.run("a.md", &block("$ echo a > b")).is_empty());
        assert!(folder.run("a.md", &block("$ cat b\na")).is_empty());
    }
}
