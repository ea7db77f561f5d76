//! A disk for SQLite that records, fails and loses on demand: a SQLite VFS around the one of the operating system.
//!
//! `kill -9` proves nothing about a disk: the system's cache survives it. So a test watches what a store does to its
//! [`Disk`], and a pure model ([`Platter`]) says what may be left of that if the power fails at any point: what was synced,
//! and of the rest anything ([`Pattern`]). Each of those [images](Image) is opened, and judged.
//!
//! | module | idea |
//! |---|---|
//! | `disk` | records what is done, and fails when told to |
//! | `shim` | puts it under SQLite; the only unsafe code |
//! | `trace`, `content`, `survival` | the model: what was done, and what may be left of it |

mod content;
mod disk;
mod shim;
mod survival;
mod trace;

pub use content::SECTOR_BYTES;
pub use disk::{Call, Disk, Fault, Watched};
pub use survival::{Image, Pattern, Platter};
pub use trace::{FileName, Op};

/// The name of the VFS, for [`SqliteOptions::vfs`](hephaestus_host::store::sqlite::SqliteOptions::vfs). It is registered
/// with the first [`Disk`].
pub const VFS: &str = "hephaestus-disk";

#[cfg(test)]
mod tests {
    //! The price of the exception that this package needs, and the host.

    /// The lines of a section of a manifest, without comments.
    fn section<'a>(manifest: &'a str, name: &str) -> Vec<&'a str> {
        let lines = manifest.lines().skip_while(|line| line.trim() != name).skip(1);
        let section = lines.take_while(|line| !line.starts_with('['));
        section
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect()
    }

    #[test]
    fn the_lints_here_are_those_of_all() {
        let all = include_str!("../../../Cargo.toml");
        let exceptions = [
            include_str!("../Cargo.toml"),
            include_str!("../../../host/Cargo.toml"),
        ];
        for kind in ["rust", "clippy"] {
            let mut expected = section(all, &format!("[workspace.lints.{kind}]"));
            assert!(!expected.is_empty(), "the workspace has lints for {kind}");
            for line in &mut expected {
                if *line == "unsafe_code = \"forbid\"" {
                    *line = "unsafe_code = \"deny\"";
                }
            }
            for here in exceptions {
                assert_eq!(section(here, &format!("[lints.{kind}]")), expected);
            }
        }
    }
}
