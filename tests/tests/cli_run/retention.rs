//! What a store keeps, and how it keeps it.

use std::time::{Duration, Instant};

use hephaestus_tests::component;
use hephaestus_tests::place::Place;

fn listed(place: &Place) -> Vec<String> {
    let list = place.hephaestus(&["list", "--json"]).expect(0).json();
    let instances = list["instances"].as_array().expect("instances");
    let name = |it: &serde_json::Value| it["business_id"].as_str().map(str::to_owned);
    instances.iter().filter_map(name).collect()
}

#[test]
fn what_ended_long_ago_is_removed_and_what_is_active_stays() {
    let place = Place::of("order-flow");
    place
        .run_example(&["-i", "@order-invalid.json", "--id", "ended"])
        .expect(0);
    place
        .run_example(&["-i", "@order.json", "--id", "waits"])
        .expect(3);
    assert_eq!(listed(&place), ["orderid::waits", "orderid::ended"]);
    let words = [
        "-i",
        "@order.json",
        "--id",
        "new",
        "--wait",
        "60s",
        "--retain",
        "1ms",
    ];
    let mut host = place.start(component("order-flow"), &words);
    host.wait_for("waits for an event");
    let begin = Instant::now();
    while listed(&place).contains(&"orderid::ended".to_owned()) {
        assert!(begin.elapsed() < Duration::from_secs(30), "it is never removed");
    }
    assert_eq!(listed(&place), ["orderid::new", "orderid::waits"]);
    host.signal("TERM");
    host.finish().expect(130);
}

#[test]
fn without_a_word_everything_is_kept_however_it_is_synced() {
    let place = Place::of("order-flow");
    for id in ["a1", "a2"] {
        let words = ["-i", "@order-invalid.json", "--id", id, "--durability", "normal"];
        place.run_example(&words).expect(0);
    }
    assert_eq!(listed(&place), ["orderid::a2", "orderid::a1"]);
}
