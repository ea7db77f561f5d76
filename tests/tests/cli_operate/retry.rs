//! `hephaestus retry`.

use hephaestus_tests::component;
use hephaestus_tests::place::{Place, kinds, step};
use serde_json::json;

use super::{has_parts, house, is_refused, waiting_order};

#[test]
fn a_failed_instance_goes_on_where_it_failed_with_the_code_in_the_store() {
    let place = Place::of("order-flow");
    let id = house(&place, "h1", r#"{"work_fails": true}"#);
    let answer = place.hephaestus(&["retry", "h1"]).expect(3);
    has_parts(&answer.stderr, &["retries house::h1", &id, "waits for an event"]);
    let parts = [
        "… waiting  house::h1",
        "`work` has been waiting for paid",
        "hephaestus run COMPONENT.WASM --id h1 --event paid",
    ];
    has_parts(&answer.stdout, &parts);
    let report = place
        .run(component("caretaker"), &["--id", "h1", "-e", "paid", "--json"])
        .expect(0)
        .json();
    assert_eq!(report["instance"], json!(id));
    assert_eq!(step(&report, "work")["attempts"], 2);
}

#[test]
fn the_page_of_a_failure_shows_the_command() {
    let place = Place::of("order-flow");
    let words = ["-i", r#"{"work_fails": true}"#, "--id", "h1"];
    let page = place.run(component("caretaker"), &words).expect(1).stdout;
    let command = page
        .lines()
        .find(|line| line.contains(" retry "))
        .expect("a command");
    place.shell(command.trim()).expect(3);
}

#[test]
fn json_is_the_report_of_run() {
    let place = Place::of("order-flow");
    house(&place, "h1", r#"{"work_fails": true}"#);
    let report = place
        .hephaestus(&["retry", "h1", "--json", "--wait", "10ms"])
        .expect(3)
        .json();
    assert_eq!(report["status"], "waiting");
    assert_eq!(report["waiting_for"][0]["events"], json!(["paid"]));
    assert_eq!(
        kinds(&report),
        ["created", "step_failed", "ended", "retried", "step_waiting"]
    );
}

#[test]
fn what_is_granted_now_decides() {
    let place = Place::of("order-flow");
    let input = r#"{"call": {"secret": "TOKEN", "fail": true}, "after": null}"#;
    let words = ["-i", input, "--id", "c1", "--json"];
    let failed = place.run(component("caller"), &words).expect(1).json();
    assert_eq!(failed["failure"]["kind"], "capability-denied", "{failed}");
    place.hephaestus(&["retry", "c1"]).expect(1);

    let manifest =
        "[secrets]\nTOKEN = { file = \"token\" }\n[workflows.caller.steps.call]\nsecrets = [\"TOKEN\"]\n";
    std::fs::write(place.path("hephaestus.toml"), manifest).expect("a manifest");
    std::fs::write(place.path("token"), "swordfish").expect("a secret");
    let words = ["retry", "c1", "--manifest", "hephaestus.toml", "--json"];
    let report = place.hephaestus(&words).expect(0).json();
    assert_eq!(report["results"]["call"]["secret_bytes"], json!(9));
    assert_eq!(step(&report, "call")["attempts"], 3);
}

#[test]
fn one_that_has_not_failed_is_not_retried() {
    let place = Place::of("order-flow");
    waiting_order(&place, "a1");
    let parts = [
        "`orderid::a1`, which is waiting",
        "an instance that failed",
        "hephaestus run COMPONENT.WASM",
    ];
    is_refused(&place, &["retry", "a1"], &parts);
    place.run_example(&["--id", "a1", "-e", "approved"]).expect(0);
    is_refused(
        &place,
        &["retry", "a1"],
        &["which is completed", "start a new one"],
    );
}

#[test]
fn a_name_that_somebody_else_has_by_now_is_not_taken_away() {
    let place = Place::of("order-flow");
    let failed = house(&place, "h1", r#"{"work_fails": true}"#);
    let active = house(&place, "h1", "{}");
    let parts = ["`house::h1`", &active, "cancel"];
    is_refused(&place, &["retry", &failed], &parts);
    place.hephaestus(&["cancel", &active]).expect(0);
    place.hephaestus(&["retry", &failed]).expect(3);
}
