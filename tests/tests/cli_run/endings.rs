//! The endings of the order, told by `--json`; and the page for people.

use serde_json::{Value, json};

use hephaestus_tests::place::{Place, kinds, step};

/// The report of an order that completes.
fn completed(words: &[&str]) -> Value {
    let place = Place::of("order-flow");
    let mut all = vec!["--json", "--store", "memory", "--wait", "60s"];
    all.extend(words);
    let report = place.run_example(&all).expect(0).json();
    assert_eq!(report["status"], "completed");
    assert_eq!(report["workflow"], "order-flow");
    assert_eq!(report["failure"], Value::Null);
    assert_eq!(report["store"], "memory");
    assert_eq!(report["waiting_for"], json!([]));
    let history = report["history"].as_array().expect("a history");
    let seqs: Vec<u64> = history.iter().filter_map(|entry| entry["seq"].as_u64()).collect();
    assert_eq!(
        seqs,
        (1..=history.len() as u64).collect::<Vec<_>>(),
        "without gaps"
    );
    assert_eq!(kinds(&report).first().map(String::as_str), Some("created"));
    assert_eq!(kinds(&report).last().map(String::as_str), Some("ended"));
    report
}

fn has_results(report: &Value, expected: &[&str]) {
    let mut names: Vec<_> = report["results"].as_object().expect("results").keys().collect();
    names.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[track_caller]
fn is_not_needed(report: &Value, names: &[&str]) {
    let not_needed = report["not_needed"].as_array().expect("steps");
    for name in names {
        assert!(not_needed.contains(&json!(name)), "{name}: {not_needed:?}");
    }
}

#[test]
fn an_approved_order_is_shipped_at_the_second_attempt() {
    let report = completed(&[
        "-i",
        "@order.json",
        "--id",
        "a1",
        "-e",
        r#"approved={"by":"kim"}"#,
    ]);
    has_results(&report, &["validate", "reserve", "charge", "approve", "ship"]);
    assert_eq!(report["business_id"], "orderid::a1");
    assert_eq!(report["results"]["approve"], json!({ "by": "kim" }));
    let ship = step(&report, "ship");
    assert_eq!(
        (&ship["status"], &ship["attempts"]),
        (&json!("completed"), &json!(2))
    );
    assert_eq!(ship["failed_attempts"][0]["kind"], "guest-error");
    assert_eq!(
        kinds(&report)
            .iter()
            .filter(|kind| *kind == "attempt_failed")
            .count(),
        1
    );
    is_not_needed(&report, &["release", "refund", "refuse", "expire"]);
}

#[test]
fn a_rejected_order_gives_stock_and_money_back() {
    let report = completed(&["-i", "@order.json", "-e", "rejected"]);
    for name in ["release", "refund", "refuse"] {
        assert_eq!(step(&report, name)["status"], "completed");
    }
    assert!(report["results"]["ship"].is_null());
    assert_eq!(step(&report, "approve")["event"], "rejected");
}

#[test]
fn an_order_that_nobody_approves_in_time_expires() {
    let place = Place::of("order-flow");
    let mut order = place.json("order.json");
    order["approval_timeout_ms"] = json!(50);
    let report = completed(&["-i", &order.to_string()]);
    let approve = step(&report, "approve");
    assert_eq!(
        (&approve["event"], &approve["timed_out"]),
        (&json!("timeout"), &json!(true))
    );
    assert!(approve["waited_ms"].as_u64() >= Some(50), "not early: {approve}");
    for name in ["release", "refund", "expire"] {
        assert_eq!(step(&report, name)["status"], "completed");
    }
}

#[test]
fn an_invalid_order_is_refused_by_the_business() {
    let report = completed(&["-i", "@order-invalid.json"]);
    has_results(&report, &["validate", "refuse"]);
    assert_eq!(step(&report, "validate")["event"], "invalid");
}

#[test]
fn a_declined_payment_releases_the_stock_and_refunds_nothing() {
    // The approval comes too late for its step, one way or the other. That is no failure.
    let report = completed(&["-i", "@order-declined.json", "-e", "approved"]);
    assert_eq!(step(&report, "charge")["event"], "declined");
    assert_eq!(step(&report, "release")["status"], "completed");
    is_not_needed(&report, &["approve", "refund", "ship"]);
    let undelivered = kinds(&report).contains(&"event_undelivered".to_owned());
    let refused = report["notices"]
        .as_array()
        .is_some_and(|notices| !notices.is_empty());
    assert!(
        undelivered != refused,
        "the event is either undelivered or refused with a notice: {report}"
    );
}

#[test]
fn a_guest_without_the_sdk_runs() {
    let place = Place::of("order-flow");
    let raw = hephaestus_tests::component("raw-wit");
    let words = [
        "--store",
        "memory",
        "-i",
        r#"{"question": 1}"#,
        "-e",
        "ask.answered=42",
        "--json",
    ];
    let report = place.run(&raw, &words).expect(0).json();
    assert_eq!(report["results"]["ask"], 42);
    assert_eq!(
        report["business_id"].as_str().map(|id| id.starts_with("raw::")),
        Some(true)
    );
}

#[test]
fn a_failed_instance_says_where_why_and_what_to_do() {
    let place = Place::of("order-flow");
    let hostile = hephaestus_tests::component("hostile");
    let words = ["-i", r#"{"misdeed": "error"}"#, "--id", "h1"];
    let page = place.run(&hostile, &words).expect(1).stdout;
    for text in [
        "✗ failed  hostile::h1",
        "act failed: guest-error",
        "the stars are wrong",
        "hephaestus retry ",
        "a new instance can be started",
    ] {
        assert!(page.contains(text), "{text:?} in {page}");
    }
    let mut words = words.to_vec();
    words.push("--json");
    let report = place.run(&hostile, &words).expect(1).json();
    assert_eq!(report["failure"]["step"], "act");
    assert_eq!(report["failure"]["kind"], "guest-error");
}

#[test]
fn a_step_that_panics_is_quoted() {
    let place = Place::of("order-flow");
    let hostile = hephaestus_tests::component("hostile");
    // A trap is tried again; the words of the last attempt are shown.
    let words = ["-i", r#"{"misdeed": "panic"}"#, "--store", "memory"];
    let page = place.run(&hostile, &words).expect(1).stdout;
    assert!(page.contains("act failed: trap"), "{page}");
    assert!(page.contains("  it wrote:\n"), "{page}");
    assert!(page.contains("this step panics on purpose"), "{page}");
}

#[test]
fn the_page_says_what_people_ask() {
    let place = Place::of("order-flow");
    let page = place
        .run_example(&["-i", "@order.json", "--id", "a1", "-e", "approved"])
        .expect(0)
        .stdout;
    let texts = [
        "✓ completed  orderid::a1",
        "database  hephaestus.db",
        "✓ validate  valid",
        "✓ ship      finished         2",
        "attempt 1 failed after",
        "    not needed: ",
        "\"tracking\": \"tracking-",
    ];
    for text in texts {
        assert!(page.contains(text), "{text:?} in {page}");
    }
    assert_eq!(place.left_behind(), ["hephaestus.db", "hephaestus.db.lock"]);
}
