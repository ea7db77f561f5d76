//! `examples/approval-reminder`: answers, reminders, and timers that outlive their host.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hephaestus_tests::component;
use hephaestus_tests::place::{Place, step};
use serde_json::{Value, json};

/// The request of the example, with less patience.
fn request(place: &Place, patience_ms: u64) -> String {
    let mut request = place.json("request.json");
    request["patience_ms"] = json!(patience_ms);
    request.to_string()
}

/// The report of a request that completes.
fn completed(patience_ms: u64, words: &[&str]) -> Value {
    let place = Place::of("approval-reminder");
    let request = request(&place, patience_ms);
    let mut all = vec!["-i", &request, "--store", "memory", "--wait", "60s", "--json"];
    all.extend(words);
    let report = place.run(component("approval-reminder"), &all).expect(0).json();
    assert_eq!(report["status"], "completed");
    report
}

/// The steps that ran, each with its event, in the order in which they began.
fn path(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().expect("steps");
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let name = |step: &Value| format!("{}.{}", text(&step["step"]), text(&step["event"]));
    steps.iter().map(name).collect()
}

/// The journal's records of a kind that are about a step, each with its instant.
fn records<'a>(report: &'a Value, kind: &str, step: &str) -> Vec<(u64, &'a Value)> {
    let history = report["history"].as_array().expect("a history");
    let entries = history.iter().filter_map(|entry| {
        let record = &entry["record"][kind];
        (record["step"] == step).then(|| (entry["at"].as_u64().expect("an instant"), record))
    });
    entries.collect()
}

#[test]
fn who_answers_at_once_is_not_reminded() {
    let report = completed(60_000, &["-e", r#"approved={"remark":"you need it"}"#]);
    assert_eq!(
        path(&report),
        ["ask.finished", "first-chance.approved", "grant.finished"]
    );
    assert_eq!(report["results"]["grant"], "granted: you need it");
}

#[test]
fn who_is_reminded_can_still_answer() {
    // It is kept until the step that it names waits for it.
    let answer = r#"last-chance.approved={"remark":"sorry, I was away"}"#;
    let report = completed(200, &["-e", answer]);
    let expected = [
        "ask.finished",
        "first-chance.timeout",
        "remind.finished",
        "last-chance.approved",
        "grant.finished",
    ];
    assert_eq!(path(&report), expected);
    assert_eq!(report["results"]["grant"], "granted: sorry, I was away");
    assert_eq!(step(&report, "first-chance")["timed_out"], true);
    assert_eq!(step(&report, "last-chance")["timed_out"], false);
}

#[test]
fn a_request_that_nobody_answers_is_passed_on() {
    let report = completed(200, &[]);
    let expected = [
        "ask.finished",
        "first-chance.timeout",
        "remind.finished",
        "last-chance.timeout",
        "escalate.finished",
    ];
    assert_eq!(path(&report), expected);
    assert_eq!(report["results"], json!({ "escalate": "passed on to robin" }));
    for (chance, patience_ms) in [("first-chance", 200), ("last-chance", 50)] {
        let waited_ms = step(&report, chance)["waited_ms"].as_u64();
        assert!(waited_ms >= Some(patience_ms), "`{chance}` not early: {report}");
    }
}

#[test]
fn a_rejection_needs_no_remark() {
    let report = completed(60_000, &["-e", "rejected"]);
    assert_eq!(
        path(&report),
        ["ask.finished", "first-chance.rejected", "refuse.finished"]
    );
    assert_eq!(report["results"]["refuse"], "refused");
}

#[test]
fn a_timer_that_comes_due_while_no_host_runs_fires_late_and_once() {
    const PATIENCE_MS: u64 = 3_000;
    let place = Place::of("approval-reminder");
    let component = component("approval-reminder");
    let request = request(&place, PATIENCE_MS);
    let words = ["--id", "r1", "--wait", "60s"];
    let mut first = place.start(&component, &[&["-i", &request][..], &words].concat());
    first.wait_for("waits for an event");
    first.kill();

    std::thread::sleep(Duration::from_millis(PATIENCE_MS));
    let back_at = SystemTime::now().duration_since(UNIX_EPOCH);
    let back_at = u64::try_from(back_at.expect("after 1970").as_millis()).expect("an instant");
    let report = place
        .run(&component, &[&["--json"][..], &words].concat())
        .expect(0)
        .json();

    let waits = records(&report, "step_waiting", "first-chance");
    let [(_, wait)] = waits[..] else {
        panic!("it began to wait once: {report}");
    };
    let due = wait["timer"]["due"].as_u64().expect("an instant");
    let ends = records(&report, "step_completed", "first-chance");
    let [(end, completed)] = ends[..] else {
        panic!("its timer fired once: {report}");
    };
    assert_eq!(completed["event"], "timeout");
    assert!(due <= back_at, "it was due without a host: {report}");
    assert!(back_at <= end, "and fired when there was one again: {report}");
    // What follows is not late too: its patience begins when it does.
    let last = step(&report, "last-chance")["waited_ms"].as_u64();
    assert!(last >= Some(PATIENCE_MS / 4), "{report}");
    for once in ["ask", "remind", "last-chance", "escalate"] {
        assert_eq!(records(&report, "step_completed", once).len(), 1, "{report}");
    }
}

#[test]
fn a_request_that_says_nothing_fails_with_step_and_field() {
    let place = Place::of("approval-reminder");
    let report = place
        .run(component("approval-reminder"), &["--store", "memory", "--json"])
        .expect(1)
        .json();
    assert_eq!(report["failure"]["step"], "ask");
    let message = report["failure"]["message"].to_string();
    assert!(message.contains("missing field `what`"), "{message}");
}
