//! Where compiled components are kept: the option, the variable, the user's folder; and a folder that can't be used.

use std::path::{Path, PathBuf};
use std::process::Output;

/// `hephaestus check` of a good component, without the folder that tests share.
fn check(words: &[&str], variables: &[(&str, &Path)]) -> Output {
    let mut command = hephaestus_tests::hephaestus();
    command.env_remove(hephaestus_tests::CODE_CACHE);
    command.arg("check").arg(hephaestus_tests::component("raw-wit"));
    command.args(words);
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().expect("the command starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    output
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn the_folder_is_the_option_or_the_variable_or_the_users() {
    let place = tempfile::tempdir().expect("a folder");
    let [user, variable, option] = ["user", "variable", "option"].map(|name| place.path().join(name));
    let users = user.join("hephaestus").join("code");
    let variables = [
        ("XDG_CACHE_HOME", user.as_path()),
        (hephaestus_tests::CODE_CACHE, variable.as_path()),
    ];
    let typed = ["--code-cache", option.to_str().expect("UTF-8")];
    let counts = || [&users, &variable, &option].map(|folder| entries(folder).len());

    check(&["--code-cache", "off"], &variables);
    assert_eq!(counts(), [0, 0, 0]);
    check(&typed, &variables);
    assert_eq!(counts(), [0, 0, 1]);
    check(&[], &variables);
    assert_eq!(counts(), [0, 1, 1]);
    check(&[], &variables[..1]);
    assert_eq!(counts(), [1, 1, 1]);
}

#[test]
fn trouble_with_it_is_a_warning_and_changes_no_answer() {
    use std::os::unix::fs::PermissionsExt;

    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("code");
    let variables = [(hephaestus_tests::CODE_CACHE, folder.as_path())];
    let warned = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let first = check(&["--json"], &variables);
    let second = check(&["--json"], &variables);
    assert_eq!(first.stdout, second.stdout);
    assert!(!warned(&first).contains("cache") && !warned(&second).contains("cache"));

    let entry = entries(&folder).remove(0);
    let whole = std::fs::read(&entry).expect("the entry");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(&entry, damaged).expect("written");
    let third = check(&["--json"], &variables);
    assert_eq!(first.stdout, third.stdout);
    let warning = warned(&third);
    assert!(
        warning.contains("its checksum is another one") && warning.contains("is not used, but removed"),
        "{warning}"
    );
    assert_eq!(std::fs::read(&entry).expect("it was made again"), whole);

    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).expect("ours");
    let fourth = check(&["--json"], &variables);
    assert_eq!(first.stdout, fourth.stdout);
    let warning = warned(&fourth);
    assert!(
        warning.contains("and mode 0777; expected owner") && warning.contains("is not used"),
        "{warning}"
    );
}
