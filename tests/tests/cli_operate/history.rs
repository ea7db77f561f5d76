//! `hephaestus history`.

use hephaestus_tests::component;
use hephaestus_tests::place::Place;
use serde_json::{Value, json};

use super::{break_summary, has_parts, host, house, is_refused, waiting_order};

fn told(place: &Place, words: &[&str]) -> String {
    let mut all = vec!["history"];
    all.extend(words);
    place.hephaestus(&all).expect(0).stdout
}

fn entries(place: &Place, words: &[&str]) -> Value {
    let mut all = vec!["history", "--json"];
    all.extend(words);
    place.hephaestus(&all).expect(0).json()
}

#[test]
fn a_journal_is_told_as_a_story() {
    let place = Place::of("order-flow");
    let words = [
        "-i",
        "@order.json",
        "--id",
        "a1",
        "-e",
        r#"approved={"by":"kim"}"#,
    ];
    place.run_example(&words).expect(0);
    let story = told(&place, &["a1"]);
    let parts = [
        "✓ completed  orderid::a1",
        "order-flow, version 1",
        "database  hephaestus.db",
        "(UTC)",
        "+0 ms  started; `validate` is next",
        "`validate` ended with `valid`; next:",
        "the event `approved` was accepted",
        r#"payload {"by": "kim"}"#,
        "`approve` ended with `approved`",
        "attempt 1 of `ship` failed; the next one",
        "guest-error: ",
        "attempt 2 of `ship` is next",
        "`ship` ended with `finished` at attempt 2",
        "completed after",
    ];
    let words = unfolded(&story);
    for part in parts {
        assert!(words.contains(&unfolded(part)), "{part:?} in {story}");
    }
    for line in story.lines() {
        // A long word of a step's result, such as a number with the instance's id in it, stays whole.
        let is_whole = line.trim().split(' ').any(|word| word.chars().count() > 40);
        assert!(line.chars().count() <= 80 || is_whole, "{line}");
    }
    assert!(!words.contains("of memory"), "{story}");
    let story = told(&place, &["a1", "--receipts"]);
    let receipts = unfolded(&story).matches("of memory").count();
    assert_eq!(receipts, 6 + 1, "for each attempt, and all together: {story}");
    assert!(story.contains("  consumed  6 attempts, "), "{story}");
}

/// The words of a page, wherever its lines end.
fn unfolded(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_name_of_an_instance_leads_to_it() {
    let place = Place::of("order-flow");
    let id = waiting_order(&place, "a1");
    let other = house(&place, "h1", "{}");
    let beginning = common_and_one_more(&id, &other);
    for name in [
        "a1",
        "orderid::a1",
        &id,
        &id.to_uppercase(),
        &id[..35],
        &beginning,
    ] {
        assert_eq!(entries(&place, &[name])["instance"], json!(id), "{name}");
    }
}

/// What two ids have in common, and one digit more of the first, but at least as many as name an instance.
fn common_and_one_more(id: &str, other: &str) -> String {
    let common = id.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    id[..(common + 1).max(9)].to_owned()
}

#[test]
fn a_name_for_several_is_told_with_their_ids() {
    let place = Place::of("order-flow");
    let order = waiting_order(&place, "a1");
    let house = house(&place, "a1", "{}");
    let parts = [
        "`a1`, which may be several",
        &order,
        &house,
        "house::a1",
        "orderid::a1",
    ];
    is_refused(&place, &["history", "a1"], &parts);
    assert_eq!(entries(&place, &["house::a1"])["instance"], json!(house));
    is_refused(
        &place,
        &["history", &order[..8]],
        &["which may be several", &order],
    );
}

#[test]
fn a_name_that_is_used_again_is_that_of_the_active_one() {
    let place = Place::of("order-flow");
    let words = ["-i", "@order-invalid.json", "--id", "a1", "--json"];
    let ended = place.run_example(&words).expect(0).json();
    assert_eq!(entries(&place, &["a1"])["instance"], ended["instance"]);
    let active = waiting_order(&place, "a1");
    assert_eq!(entries(&place, &["a1"])["instance"], json!(active));
}

#[test]
fn a_program_gets_the_entries_as_they_are_stored() {
    let place = Place::of("order-flow");
    let words = ["-i", "@order.json", "--id", "a1", "--json"];
    let report = place.run_example(&words).expect(3).json();
    let all = entries(&place, &["a1"]);
    assert_eq!(all["history"], report["history"]);
    assert_eq!((&all["status"], &all["entries"]), (&json!("waiting"), &json!(5)));
    let rest = entries(&place, &["a1", "--after", "3"]);
    let seqs: Vec<_> = rest["history"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|it| &it["seq"])
        .collect();
    assert_eq!(seqs, [&json!(4), &json!(5)]);
    assert_eq!(rest["entries"], json!(5), "how many there are");
    let story = told(&place, &["a1", "--after", "4"]);
    has_parts(&story, &["     5  ", "`approve` waits for an event"]);
    assert!(!story.contains("validate"), "{story}");
    has_parts(
        &told(&place, &["a1", "--after", "5"]),
        &["Nothing came after entry 5"],
    );
}

#[test]
fn it_follows_a_host_that_goes_on() {
    let place = Place::of("order-flow");
    let host = host(&place, "a1");
    let seen = entries(&place, &["a1"])["entries"].clone();
    assert_eq!(seen, json!(5));
    host.signal("TERM");
    host.finish().expect(130);
    place.run_example(&["--id", "a1", "-e", "rejected"]).expect(0);
    let story = told(&place, &["a1", "--after", "5"]);
    has_parts(&story, &["✓ completed", "the event `rejected` was accepted"]);
}

#[test]
fn a_failed_one_says_how_to_let_it_try_again() {
    let place = Place::of("order-flow");
    house(&place, "h1", r#"{"work_fails": true}"#);
    let answer = place.hephaestus(&["history", "h1"]).expect(0);
    has_parts(&answer.stdout, &["✗ failed  house::h1", "the door is locked"]);
    let page = super::run_last_command(&place, &answer).expect(3).stdout;
    has_parts(&page, &["… waiting  house::h1"]);
}

#[test]
fn what_a_long_step_saves_is_told_once() {
    let place = Place::of("order-flow");
    let words = ["-i", r#"{"end": 9, "pause_ms": 0}"#, "--id", "c1"];
    place.run(component("checkpointer"), &words).expect(0);
    let story = told(&place, &["c1"]);
    assert_eq!(story.matches("saved how far").count(), 1, "{story}");
    has_parts(&story, &["the last of 9 times"]);
}

#[test]
fn a_damaged_summary_hides_no_journal() {
    let place = Place::of("order-flow");
    let id = waiting_order(&place, "a1");
    break_summary(&place.path("hephaestus.db"), &id);
    let story = told(&place, &[&id]);
    has_parts(
        &story,
        &[
            "! damaged  orderid::a1",
            "its summary: ",
            "`approve` waits for an event",
        ],
    );
    assert_eq!(entries(&place, &[&id])["status"], Value::Null);
}
