//! `hephaestus store`: check, backup, vacuum.

use std::fs;

use hephaestus_tests::place::Place;
use serde_json::json;

use super::{break_summary, has_parts, host, house, is_refused, run_last_command, waiting_order};

#[test]
fn a_sound_store_is_said_to_be_sound_and_every_journal_was_run_through_again() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    house(&place, "h1", r#"{"work_fails": true}"#);
    let page = place.hephaestus(&["store", "check"]).expect(0).stdout;
    has_parts(
        &page,
        &["✓ sound  hephaestus.db", "instances   2\n", "components  2"],
    );
    let object = place.hephaestus(&["store", "check", "--json"]).expect(0).json();
    assert_eq!(object["verdict"], "sound");
    assert_eq!((&object["instances"], &object["folded"]), (&json!(2), &json!(2)));
    assert_eq!(object["findings"], json!([]));
}

#[test]
fn what_is_damaged_is_named() {
    let place = Place::of("order-flow");
    let id = waiting_order(&place, "a1");
    break_summary(&place.path("hephaestus.db"), &id);
    let page = place.hephaestus(&["store", "check"]).expect(6).stdout;
    has_parts(
        &page,
        &[
            "✗ damaged  hephaestus.db",
            &format!("instance {id}"),
            "made before",
        ],
    );
    let object = place.hephaestus(&["store", "check", "--json"]).expect(6).json();
    assert_eq!(object["verdict"], "damaged");
    assert_eq!(object["findings"][0]["instance"], json!(id));
}

#[test]
fn a_copy_is_made_beside_a_host_and_is_a_store() {
    let place = Place::of("order-flow");
    let host = host(&place, "a1");
    let answer = place.hephaestus(&["store", "backup", "order-copy.db"]).expect(0);
    has_parts(&answer.stdout, &["copied hephaestus.db to order-copy.db"]);
    place.hephaestus(&["store", "check"]).expect(0);
    has_parts(
        &run_last_command(&place, &answer).expect(0).stdout,
        &["✓ sound  order-copy.db"],
    );
    let vacuum = place.hephaestus(&["store", "vacuum"]).expect(6);
    has_parts(
        &vacuum.stderr,
        &[&format!("process {}", host.id()), "stop that one first"],
    );
    host.signal("TERM");
    host.finish().expect(130);
    // The copy goes its own way.
    place
        .run_example(&["--id", "a1", "-e", "approved", "--store", "sqlite:order-copy.db"])
        .expect(0);
    let list = place.hephaestus(&["list", "--json"]).expect(0).json();
    assert_eq!(list["instances"][0]["status"], "waiting");
}

#[test]
fn nothing_is_written_over() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    fs::write(place.path("order-notes"), "mine").expect("a file");
    let parts = ["TO", "order-notes, which is there already"];
    is_refused(&place, &["store", "backup", "order-notes"], &parts);
    is_refused(
        &place,
        &["store", "backup", "none/copy.db"],
        &["TO", "no folder none"],
    );
    assert_eq!(
        fs::read_to_string(place.path("order-notes")).expect("the file"),
        "mine"
    );
}

#[test]
fn a_vacuum_gives_room_back_and_keeps_everything() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    let large = format!(r#"{{"work_fails": true, "filler": "{}"}}"#, "x".repeat(60_000));
    for number in 0..8 {
        let id = house(&place, &format!("h{number}"), &large);
        place.hephaestus(&["delete", &id]).expect(0);
    }
    let object = place.hephaestus(&["store", "vacuum", "--json"]).expect(0).json();
    let [before, after] = ["bytes_before", "bytes_after"].map(|name| object[name].as_u64());
    assert!(after < before, "{object}");
    let page = place.hephaestus(&["store", "vacuum"]).expect(0).stdout;
    has_parts(&page, &["hephaestus.db: ", " before, ", " now"]);
    place.hephaestus(&["store", "check"]).expect(0);
    place.run_example(&["--id", "a1", "-e", "approved"]).expect(0);
}

#[test]
fn nothing_is_made_where_no_store_is() {
    let place = Place::of("order-flow");
    for words in [
        &["store", "check"][..],
        &["store", "backup", "order-copy.db"],
        &["store", "vacuum"],
    ] {
        is_refused(&place, words, &["--store", "no file hephaestus.db"]);
    }
    assert_eq!(place.left_behind(), [""; 0]);
    assert!(!place.path("order-copy.db").exists());
}
