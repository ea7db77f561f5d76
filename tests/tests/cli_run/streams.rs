//! Standard streams: what goes where, and readers that go away.

use std::io::Write;
use std::process::Stdio;

use hephaestus_tests::place::Place;

#[test]
fn without_a_terminal_nothing_steers_one() {
    let place = Place::of("order-flow");
    let answer = place
        .run_example(&["-i", "@order.json", "-e", "approved"])
        .expect(0);
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert!(
        lines[0].trim_start().starts_with("started orderid::"),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("↻ ship      attempt 1 failed")),
        "{lines:?}"
    );
    assert!(
        lines
            .last()
            .is_some_and(|line| line.trim_start().starts_with("completed in")),
        "{lines:?}"
    );
}

#[test]
fn json_is_all_that_standard_output_gets_even_when_verbose() {
    let place = Place::of("order-flow");
    let answer = place
        .run_example(&["-i", "@order.json", "-e", "approved", "--json", "-vv"])
        .expect(0);
    assert_eq!(answer.json()["status"], "completed");
}

#[test]
fn guests_are_heard_when_asked_for() {
    let place = Place::of("order-flow");
    let hostile = hephaestus_tests::component("hostile");
    let words = ["-i", r#"{"misdeed": "whisper"}"#, "--store", "memory"];
    let quiet = place.run(&hostile, &words);
    let mut words = words.to_vec();
    words.push("-v");
    let loud = place.run(&hostile, &words);
    assert!(!quiet.stderr.contains("\n| act"), "{quiet:#?}");
    assert!(loud.stderr.contains("\n| act"), "{loud:#?}");
}

#[test]
fn an_input_can_be_piped() {
    let place = Place::of("order-flow");
    let mut child = hephaestus_tests::hephaestus()
        .arg("run")
        .arg(hephaestus_tests::component("order-flow"))
        .args(["-i", "-", "--store", "memory", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let order = std::fs::read(place.path("order-invalid.json")).expect("an order");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(&order)
        .expect("the command reads");
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""event":"invalid""#));
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    for word in ["--json", "--id=a1"] {
        let mut child = hephaestus_tests::hephaestus()
            .arg("run")
            .arg(hephaestus_tests::component("raw-wit"))
            .args(["--store", "memory", word])
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

#[test]
fn a_log_filter_that_makes_no_sense_is_bad_usage_in_json_too() {
    let place = Place::of("order-flow");
    let mut command = hephaestus_tests::hephaestus();
    command
        .env("HEPHAESTUS_LOG", "no[filter")
        .arg("run")
        .arg(hephaestus_tests::component("order-flow"))
        .arg("--json");
    let answer = place.start_command(command).finish().expect(2);
    let error = answer.json();
    assert_eq!(error["error"]["code"], "bad-usage");
    let message = error["error"]["message"].to_string();
    assert!(message.contains("HEPHAESTUS_LOG"), "{message}");
    assert_eq!(place.left_behind(), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_outcome_that_cannot_be_written_says_where_to() {
    let full = std::fs::File::create("/dev/full").expect("a device that is always full");
    let output = hephaestus_tests::hephaestus()
        .arg("run")
        .arg(hephaestus_tests::component("raw-wit"))
        .args(["--store", "memory"])
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("the command runs");
    assert_eq!(output.status.code(), Some(6));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("failed to write to standard output: No space left"),
        "{stderr}"
    );
}

#[test]
fn help_and_version_go_to_standard_output() {
    for words in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let output = hephaestus_tests::hephaestus()
            .args(words)
            .output()
            .expect("the command runs");
        assert_eq!(output.status.code(), Some(0));
        assert!(
            output.stderr.is_empty() && !output.stdout.is_empty(),
            "{output:?}"
        );
    }
    let output = hephaestus_tests::hephaestus().output().expect("the command runs");
    assert_eq!(output.status.code(), Some(2), "no command at all");
}
