//! `hephaestus delete`.

use hephaestus_tests::place::Place;
use serde_json::json;

use super::{break_summary, has_parts, house, is_refused, waiting_order};

#[test]
fn one_that_has_ended_is_gone_with_its_name() {
    let place = Place::of("order-flow");
    let words = ["-i", "@order-invalid.json", "--id", "a1", "--json"];
    let ended = place.run_example(&words).expect(0).json();
    let answer = place.hephaestus(&["delete", "a1"]).expect(0);
    let id = ended["instance"].as_str().expect("an id");
    has_parts(
        &answer.stdout,
        &["deleted orderid::a1", id, "which was completed"],
    );
    is_refused(&place, &["history", "a1"], &["no instance in hephaestus.db"]);
    is_refused(&place, &["delete", id], &["no instance in hephaestus.db"]);
    waiting_order(&place, "a1");
}

#[test]
fn a_program_is_told_what_it_was() {
    let place = Place::of("order-flow");
    let id = house(&place, "h1", r#"{"work_fails": true}"#);
    let object = place
        .hephaestus(&["delete", "house::h1", "--json"])
        .expect(0)
        .json();
    assert_eq!(object["deleted"], json!(id));
    assert_eq!(object["instance"]["status"], "failed");
}

#[test]
fn one_that_is_active_is_refused_with_the_command_that_cancels_it() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    let parts = ["`orderid::a1`, which is waiting", "cancel it first: `"];
    is_refused(&place, &["delete", "a1"], &parts);
    let refusal = place.hephaestus(&["delete", "a1"]).expect(2).stderr;
    let command = refusal
        .split('`')
        .find(|part| part.contains("hephaestus cancel "))
        .expect("a command");
    place.shell(command).expect(0);
    place.hephaestus(&["delete", "a1"]).expect(0);
}

#[test]
fn one_that_is_damaged_can_be_deleted_if_it_has_ended() {
    let place = Place::of("order-flow");
    let ended = house(&place, "h1", r#"{"work_fails": true}"#);
    let active = house(&place, "h2", "{}");
    for id in [&ended, &active] {
        break_summary(&place.path("hephaestus.db"), id);
    }
    let page = place.hephaestus(&["delete", &ended]).expect(0).stdout;
    has_parts(&page, &["deleted", &ended]);
    is_refused(&place, &["delete", &active], &["which is waiting"]);
}
