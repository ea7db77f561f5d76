//! How the process ends: every exit code, in one place. Help, documentation and JSON take them from here.

/// How a command came out, as its exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The instance reached `done`; the workflow is sound; what else was asked for is done.
    Completed,
    /// The instance failed.
    Failed,
    /// The command line, or what it names, makes no sense. Nothing was changed.
    Usage,
    /// The instance waits for an event.
    Waiting,
    /// The instance was cancelled; of `cancel` itself, that is the first one.
    Cancelled,
    /// The component, or its graph, is refused.
    Refused,
    /// The host failed: the store, the file system, a bug.
    Host,
    /// The workflow is sound, but some of its runs get stuck.
    Stuck,
    /// The workflow is sound, and asks for what it isn't granted.
    Ungranted,
    /// A signal ended the command before it came to anything.
    Interrupted,
}

impl Exit {
    /// The exit code. These are a public interface: never change one.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Waiting => 3,
            Self::Cancelled => 4,
            Self::Refused => 5,
            Self::Host => 6,
            Self::Stuck => 7,
            Self::Ungranted => 8,
            Self::Interrupted => 130,
        }
    }

    /// The word for it, as `error.code` in JSON has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Usage => "bad-usage",
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Refused => "component-refused",
            Self::Host => "host-error",
            Self::Stuck => "may-get-stuck",
            Self::Ungranted => "not-granted",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The table in the help text of a command: the codes that it can end with, and what they mean there.
pub(crate) fn table(meanings: &[(Exit, &str)]) -> String {
    let line = |(exit, meaning): &(Exit, &str)| format!("  {:>3}  {meaning}", exit.code());
    meanings.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
impl Exit {
    /// All of them, in the order of their codes.
    pub(crate) const ALL: [Self; 10] = [
        Self::Completed,
        Self::Failed,
        Self::Usage,
        Self::Waiting,
        Self::Cancelled,
        Self::Refused,
        Self::Host,
        Self::Stuck,
        Self::Ungranted,
        Self::Interrupted,
    ];
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_distinct_and_all_listed() {
        let mut codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        let listed = codes.clone();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes, listed, "sorted, and no code twice");
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
    }

    #[test]
    fn the_documentation_lists_every_code_with_its_name() {
        let document = include_str!("../../../../docs/cli.md");
        for exit in Exit::ALL {
            let row = format!("| {} | `{}` |", exit.code(), exit.name());
            assert!(document.contains(&row), "docs/cli.md must have a row {row}");
        }
    }
}
