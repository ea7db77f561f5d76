//! Hosts that are killed, and what the next one finds.

use std::time::Duration;

use serde_json::{Value, json};

use hephaestus_tests::place::{Place, step};

#[test]
fn a_host_killed_while_the_order_waits_goes_on() {
    let place = Place::of("order-flow");
    let component = hephaestus_tests::component("order-flow");
    let mut first = place.start(&component, &["-i", "@order.json", "--id", "a1", "--wait", "60s"]);
    first.wait_for("waits for an event");
    first.kill();
    let waiting = place.run_example(&["--id", "a1", "--json"]).expect(3).json();
    let report = place
        .run_example(&["--id", "a1", "-e", "approved", "--json"])
        .expect(0)
        .json();
    assert_eq!(waiting["instance"], report["instance"]);
    assert_eq!(
        step(&report, "validate")["attempts"],
        1,
        "what was durable doesn't run again"
    );
    assert_eq!(step(&report, "ship")["status"], "completed");
}

#[test]
fn a_step_that_ran_when_its_host_was_killed_is_lost_and_runs_again() {
    let place = Place::of("order-flow");
    let hostile = hephaestus_tests::component("hostile");
    let words = ["-i", r#"{"misdeed": "spin"}"#, "--id", "h1"];
    let mut first = place.start(&hostile, &words);
    first.wait_for("started hostile::h1");
    first.kill();
    let mut second = place.start(&hostile, &["--id", "h1", "--json"]);
    second.wait_for("runs again what was running when its host ended: act");
    second.signal("INT");
    let report = second.finish().expect(130).json();
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["status"], "running");
    assert_eq!(step(&report, "act")["lost_attempts"], 1);
}

#[test]
fn whenever_its_host_is_killed_each_step_is_recorded_once() {
    let component = hephaestus_tests::component("order-flow");
    let words = [
        "-i",
        "@order.json",
        "--id",
        "a1",
        "-e",
        "approved",
        "--json",
        "--wait",
        "60s",
    ];
    for delay_ms in (0..600).step_by(60) {
        let place = Place::of("order-flow");
        let first = place.start(&component, &words);
        std::thread::sleep(Duration::from_millis(delay_ms));
        first.kill();
        // The event may have been lost with the host, or sent already; and the order may have ended, or not begun.
        let report = place.run_example(&words).expect(0).json();
        let names = ["validate", "reserve", "charge", "approve", "ship"];
        let completions: Vec<&str> = completions(&report);
        for name in names {
            let times = completions.iter().filter(|completed| **completed == name).count();
            assert_eq!(times, 1, "`{name}` after {delay_ms} ms: {report}");
        }
        assert_eq!(completions.len(), names.len(), "and no other: {report}");
    }
}

fn completions(report: &Value) -> Vec<&str> {
    let history = report["history"].as_array().expect("a history");
    history
        .iter()
        .filter_map(|entry| entry["record"]["step_completed"]["step"].as_str())
        .collect()
}

#[test]
fn an_interrupted_host_ends_in_good_order_and_says_how_to_go_on() {
    for signal in ["INT", "TERM"] {
        let place = Place::of("order-flow");
        let component = hephaestus_tests::component("order-flow");
        let mut first = place.start(&component, &["-i", "@order.json", "--id", "a1", "--wait", "60s"]);
        first.wait_for("waits for an event");
        first.signal(signal);
        let page = first.finish().expect(130).stdout;
        assert!(page.contains("■ interrupted  orderid::a1"), "{page}");
        assert!(page.trim_end().ends_with("--wait 60s --id a1"), "{page}");
        let report = place
            .run_example(&["--id", "a1", "-e", "approved", "--json"])
            .expect(0)
            .json();
        assert_eq!(report["status"], json!("completed"));
    }
}

#[test]
fn what_runs_when_a_signal_comes_may_end_and_is_kept() {
    let place = Place::of("order-flow");
    let checkpointer = hephaestus_tests::component("checkpointer");
    let words = ["-i", r#"{"end": 1, "pause_ms": 1500}"#, "--id", "c1", "--json"];
    for signal in ["INT", "TERM"] {
        let mut first = place.start(&checkpointer, &words);
        first.wait_for("started checkpointer::c1");
        first.signal(signal);
        // That was all there was to do: the exit code says how the instance came out, as always.
        let report = first.finish().expect(0).json();
        assert_eq!(report["status"], "completed");
        assert_eq!(report["interrupted"], false);
        assert_eq!(step(&report, "count")["attempts"], 1);
    }
}

#[test]
fn after_a_signal_nothing_new_begins() {
    let place = Place::of("order-flow");
    let caretaker = hephaestus_tests::component("caretaker");
    let words = ["-i", r#"{"work_ms": 1500}"#, "--id", "h1", "-e", "paid", "--json"];
    let mut first = place.start(&caretaker, &words);
    first.wait_for("started house::h1");
    first.signal("TERM");
    let report = first.finish().expect(130).json();
    assert_eq!(report["interrupted"], true);
    // Its work was let end, and that is durable; what comes behind it is for the next host.
    let work = step(&report, "work");
    assert_eq!(
        (&work["status"], &work["attempts"]),
        (&json!("completed"), &json!(1))
    );
    assert_eq!(step(&report, "report")["status"], "ready");
    let report = place.run(&caretaker, &["--id", "h1", "--json"]).expect(0).json();
    assert_eq!(step(&report, "report")["status"], "completed");
    assert_eq!(step(&report, "work")["attempts"], 1);
}

#[test]
fn a_second_interrupt_ends_a_host_that_is_busy_at_once() {
    let place = Place::of("order-flow");
    let hostile = hephaestus_tests::component("hostile");
    let mut first = place.start(&hostile, &["-i", r#"{"misdeed": "spin"}"#, "--id", "h1"]);
    first.wait_for("started hostile::h1");
    let begin = std::time::Instant::now();
    first.signal("INT");
    first.wait_for("ends in good order");
    first.signal("INT");
    let answer = first.finish().expect(130);
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "it didn't wait for the step"
    );
    assert_eq!(answer.stdout, "", "there was no time for a page");
}
