//! Standard streams: what goes where, and readers that go away.

use std::process::Stdio;

#[test]
fn without_a_terminal_nothing_steers_one() {
    let place = crate::Place::with("stuck.wasm", &hephaestus_tests::hostile_described("stuck"));
    let answer = place.check(&[]).expect(7);
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
    let wide = answer.stdout.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "80 columns");
}

#[test]
fn json_is_all_that_standard_output_gets_even_when_verbose() {
    let bytes = std::fs::read(hephaestus_tests::component("raw-wit")).expect("the guest");
    let place = crate::Place::with("raw-wit.wasm", &bytes);
    assert_eq!(
        place.check(&["--json", "-vv"]).expect(0).json()["verdict"],
        "sound"
    );
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    for words in [&["check"][..], &["check", "--json"], &["graph"]] {
        let mut child = hephaestus_tests::hephaestus()
            .args(words)
            .arg(hephaestus_tests::component("raw-wit"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().expect("the command ends").code(), Some(0));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_verdict_that_cannot_be_written_is_none() {
    let full = std::fs::File::create("/dev/full").expect("a device that is always full");
    let output = hephaestus_tests::hephaestus()
        .arg("check")
        .arg(hephaestus_tests::component("raw-wit"))
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(6));
}
