//! `hephaestus list`.

use hephaestus_tests::place::Place;
use serde_json::{Value, json};

use super::{break_summary, has_parts, host, house, is_refused, run_last_command, waiting_order};

/// Three orders and a house: waiting, completed, failed, waiting.
fn town() -> (Place, [String; 4]) {
    let place = Place::of("order-flow");
    let first = waiting_order(&place, "a1");
    let words = ["-i", "@order-invalid.json", "--id", "a2", "--json"];
    let second = super::instance(&place.run_example(&words).expect(0).json());
    let third = house(&place, "h1", r#"{"work_fails": true}"#);
    let fourth = house(&place, "h2", "{}");
    (place, [first, second, third, fourth])
}

fn listed(place: &Place, words: &[&str]) -> Value {
    let mut all = vec!["list", "--json"];
    all.extend(words);
    place.hephaestus(&all).expect(0).json()
}

fn names(list: &Value) -> Vec<&str> {
    let instances = list["instances"].as_array().expect("instances");
    instances
        .iter()
        .map(|it| it["business_id"].as_str().expect("a name"))
        .collect()
}

#[test]
fn the_newest_comes_first_with_where_it_stands() {
    let (place, _) = town();
    let page = place.hephaestus(&["list"]).expect(0).stdout;
    let lines: Vec<_> = page.lines().collect();
    assert_eq!(lines.len(), 5, "{page}");
    let expected = [
        ["…", "house::h2", "caretaker v1", "waiting", ""],
        [
            "✗",
            "house::h1",
            "caretaker v1",
            "failed",
            "work: guest-error: the door is locked",
        ],
        ["✓", "orderid::a2", "order-flow v1", "completed", ""],
        ["…", "orderid::a1", "order-flow v1", "waiting", ""],
    ];
    for (line, parts) in lines[1..].iter().zip(expected) {
        has_parts(line, &parts);
    }
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
}

#[test]
fn a_list_can_be_narrowed() {
    let (place, [first, second, ..]) = town();
    let cases: [(&[&str], &[&str]); 7] = [
        (&[], &["house::h2", "house::h1", "orderid::a2", "orderid::a1"]),
        (&["--workflow", "order-flow"], &["orderid::a2", "orderid::a1"]),
        (&["--status", "waiting"], &["house::h2", "orderid::a1"]),
        (&["--status", "completed,failed"], &["house::h1", "orderid::a2"]),
        (
            &["--status", "active", "failed", "--workflow", "caretaker"],
            &["house::h2", "house::h1"],
        ),
        (&["--before", &second], &["orderid::a1"]),
        (&["--before", &first], &[]),
    ];
    for (words, expected) in cases {
        assert_eq!(names(&listed(&place, words)), expected, "{words:?}");
    }
    is_refused(&place, &["list", "--before", "a1"], &["--before", "a1", "UUID"]);
    is_refused(
        &place,
        &["list", "--workflow", "No name"],
        &["--workflow", "kebab-case"],
    );
    is_refused(
        &place,
        &["list", "--status", "lost"],
        &["--status", "lost", "waiting"],
    );
    is_refused(&place, &["list", "--limit", "0"], &["--limit", "0"]);
}

#[test]
fn when_there_is_more_the_page_says_how_to_get_it() {
    let (place, ids) = town();
    let words = ["list", "--limit", "2", "--status", "active", "failed"];
    let first = place.hephaestus(&words).expect(0);
    has_parts(
        &first.stdout,
        &["house::h2", "house::h1", "There are older ones:"],
    );
    let second = run_last_command(&place, &first).expect(0).stdout;
    assert!(
        second.contains("orderid::a1") && !second.contains("There are older"),
        "{second}"
    );

    let list = listed(&place, &["--limit", "3"]);
    assert_eq!(list["next_before"], json!(ids[1]));
    let rest = listed(&place, &["--limit", "3", "--before", &ids[1]]);
    assert_eq!(
        (names(&rest), &rest["next_before"]),
        (vec!["orderid::a1"], &Value::Null)
    );
}

#[test]
fn a_program_gets_every_fact() {
    let (place, [_, _, failed, waiting]) = town();
    let list = listed(&place, &["--workflow", "caretaker"]);
    assert_eq!(list["store"], "sqlite:hephaestus.db");
    assert_eq!(list["damaged"], json!([]));
    let [newest, older] = [&list["instances"][0], &list["instances"][1]];
    assert_eq!(newest["instance"], json!(waiting));
    assert!(
        newest["waiting_since"].as_u64() >= newest["created_at"].as_u64(),
        "{newest}"
    );
    assert_eq!(newest["ended_at"], Value::Null);
    assert_eq!(older["instance"], json!(failed));
    assert_eq!(
        (&older["status"], &older["entries"]),
        (&json!("failed"), &json!(3))
    );
    let failure = json!({"step": "work", "kind": "guest-error", "message": "the door is locked"});
    assert_eq!(older["failure"], failure);
}

#[test]
fn it_works_beside_a_host_and_disturbs_nobody() {
    let place = Place::of("order-flow");
    let host = host(&place, "a1");
    let before = place.left_behind();
    for _ in 0..3 {
        assert_eq!(names(&listed(&place, &["--status", "waiting"])), ["orderid::a1"]);
    }
    assert_eq!(place.left_behind(), before);
    host.signal("TERM");
    host.finish().expect(130);
    // Without a host, SQLite makes the two files that belong to its log, and leaves them to the next host.
    assert_eq!(names(&listed(&place, &[])), ["orderid::a1"]);
    place.run_example(&["--id", "a1", "-e", "approved"]).expect(0);
}

#[test]
fn a_store_that_nobody_may_write_to_can_be_read() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    let file = place.path("hephaestus.db");
    let mut permissions = std::fs::metadata(&file).expect("the store").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).expect("read-only");
    assert_eq!(names(&listed(&place, &[])), ["orderid::a1"]);
    place.hephaestus(&["history", "a1"]).expect(0);
}

#[test]
fn one_that_is_damaged_is_named_and_hides_no_other() {
    let (place, ids) = town();
    break_summary(&place.path("hephaestus.db"), &ids[2]);
    let page = place.hephaestus(&["list"]).expect(0).stdout;
    let line = page
        .lines()
        .find(|line| line.contains(&ids[2]))
        .expect("its line");
    has_parts(line, &["!", "damaged: "]);
    has_parts(&page, &["house::h2", "orderid::a2", "orderid::a1"]);
    let list = listed(&place, &[]);
    assert_eq!(list["damaged"][0]["instance"], json!(ids[2]));
    assert_eq!(names(&list).len(), 3);
}

#[test]
fn a_damaged_one_takes_no_other_its_short_name() {
    let (place, ids) = town();
    break_summary(&place.path("hephaestus.db"), &ids[3]);
    let story = place.hephaestus(&["history", "h1"]).expect(0).stdout;
    has_parts(&story, &["house::h1"]);
}

#[test]
fn an_empty_store_is_said_to_be_empty() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    place.hephaestus(&["cancel", "a1"]).expect(0);
    place.hephaestus(&["delete", "a1"]).expect(0);
    let page = place.hephaestus(&["list"]).expect(0).stdout;
    assert_eq!(page, "There is no instance in hephaestus.db.\n");
    let page = place.hephaestus(&["list", "--status", "failed"]).expect(0).stdout;
    has_parts(
        &page,
        &["No such instance is in hephaestus.db", "hephaestus list"],
    );
}
