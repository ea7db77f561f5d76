//! What lies in what, on the disk: a folder that a step may change must not hold anything that decides what steps may do.
//!
//! A guest is kept beneath its folders by the system. But the path of a folder that lies in one which a guest may change is
//! the guest's to bend: it can put a link to anywhere in its place, and the next guest that is shown it sees that.

use std::path::{Path, PathBuf};

/// A path without links and `..`, as far as it exists.
pub(crate) fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = PathBuf::new();
    for ancestor in absolute.ancestors() {
        if let Ok(real) = std::fs::canonicalize(ancestor) {
            // Joined with nothing, it would get a slash.
            return if missing.as_os_str().is_empty() {
                real
            } else {
                real.join(missing)
            };
        }
        let Some(name) = ancestor.file_name() else { break };
        missing = if missing.as_os_str().is_empty() {
            PathBuf::from(name)
        } else {
            Path::new(name).join(missing)
        };
    }
    absolute
}

/// Whether `inner` is `folder` or lies in it. Both are [`real`].
pub(crate) fn holds(folder: &Path, inner: &Path) -> bool {
    inner.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_as_far_as_there_is_something() {
        let folder = tempfile::tempdir().unwrap();
        let root = real(folder.path());
        std::fs::create_dir(root.join("there")).unwrap();
        std::os::unix::fs::symlink(root.join("there"), root.join("link")).unwrap();
        assert_eq!(real(&root.join("link/not/yet")), root.join("there/not/yet"));
        assert_eq!(real(&root.join("there/../there")), root.join("there"));
        assert!(holds(&root, &real(&root.join("link"))));
        assert!(!holds(&root.join("the"), &root.join("there")));
    }
}
