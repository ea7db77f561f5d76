//! Waiting, and going on.

use serde_json::json;

use hephaestus_tests::place::{Place, kinds, step};

#[test]
fn a_waiting_order_says_for_what_and_the_command_it_shows_sends_it() {
    let place = Place::of("order-flow");
    let page = place
        .run_example(&["-i", "@order.json", "--id", "a1"])
        .expect(3)
        .stdout;
    assert!(page.contains("… waiting  orderid::a1"), "{page}");
    assert!(
        page.contains("`approve` has been waiting for approved or rejected"),
        "{page}"
    );
    assert!(page.contains("it times out"), "{page}");
    let command = page.lines().last().expect("a command").trim();
    assert!(command.ends_with("--id a1 --event approved"), "{command}");

    let page = place.shell(command).expect(0).stdout;
    assert!(page.contains("✓ completed  orderid::a1"), "{page}");
}

#[test]
fn an_event_for_nobody_starts_nothing() {
    let place = Place::of("order-flow");
    let event_for = |id| {
        place
            .run_example(&["--id", id, "--event", "approved"])
            .expect(2)
            .stderr
    };
    let refusal = event_for("typo");
    assert!(
        refusal.contains("no instance `orderid::typo` is active"),
        "{refusal}"
    );
    assert_eq!(place.left_behind(), [""; 0], "nothing was created");

    place
        .run_example(&["-i", "@order.json", "--id", "a1", "--event", "approved"])
        .expect(0);
    let refusal = event_for("a1");
    assert!(
        refusal.contains("no instance `orderid::a1` is active"),
        "{refusal}"
    );
    let started = place
        .run_example(&["-i", "@order.json", "--id", "a1", "--json"])
        .expect(3)
        .json();
    assert_eq!(
        started["status"], "waiting",
        "its id is free, and nobody had it meanwhile"
    );
}

#[test]
fn json_says_what_is_waited_for() {
    let place = Place::of("order-flow");
    let report = place
        .run_example(&["-i", "@order.json", "--json"])
        .expect(3)
        .json();
    assert_eq!(report["status"], "waiting");
    let waiting = &report["waiting_for"][0];
    assert_eq!(
        (&waiting["step"], &waiting["events"]),
        (&json!("approve"), &json!(["approved", "rejected"]))
    );
    let [since, due] = ["since", "timeout_due"].map(|name| waiting[name].as_u64().expect("an instant"));
    assert_eq!(due - since, 24 * 60 * 60 * 1000);
}

#[test]
fn an_active_instance_goes_on_with_its_own_input() {
    let place = Place::of("order-flow");
    let first = place
        .run_example(&["-i", "@order.json", "--id", "a1", "--json"])
        .expect(3)
        .json();
    let answer = place
        .run_example(&[
            "-i",
            "@order-invalid.json",
            "--id",
            "a1",
            "-e",
            "approved",
            "--json",
        ])
        .expect(0);
    assert!(answer.stderr.contains("goes on with orderid::a1"), "{answer:#?}");
    assert!(answer.stderr.contains("--input is not used"), "{answer:#?}");
    assert!(
        !answer.stderr.contains("validate"),
        "what happened before is not told again: {answer:#?}"
    );
    let second = answer.json();
    assert_eq!(first["instance"], second["instance"]);
    assert_eq!(second["history"][0], first["history"][0]);
}

#[test]
fn an_instance_id_names_it_too() {
    let place = Place::of("order-flow");
    let first = place
        .run_example(&["-i", "@order.json", "--json"])
        .expect(3)
        .json();
    let id = first["instance"].as_str().expect("an id");
    let second = place
        .run_example(&["--id", id, "-e", "rejected", "--json"])
        .expect(0)
        .json();
    assert_eq!(first["instance"], second["instance"]);
}

#[test]
fn an_instance_that_has_ended_leaves_its_id_free() {
    let place = Place::of("order-flow");
    let words = ["-i", "@order-invalid.json", "--id", "a1", "--json"];
    let [first, second] = [
        place.run_example(&words).expect(0).json(),
        place.run_example(&words).expect(0).json(),
    ];
    assert_ne!(first["instance"], second["instance"]);
    assert_eq!(first["business_id"], second["business_id"]);
}

#[test]
fn the_id_of_an_instance_that_has_ended_is_no_name_for_another() {
    let place = Place::of("order-flow");
    let ended = place
        .run_example(&["-i", "@order-invalid.json", "--json"])
        .expect(0)
        .json();
    let id = ended["instance"].as_str().expect("an id");
    let answer = place
        .run_example(&["--id", id, "-e", "approved", "--json"])
        .expect(2);
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains("which is completed"), "{message}");
}

#[test]
fn a_timer_that_came_due_meanwhile_fires_at_once() {
    let place = Place::of("order-flow");
    let mut order = place.json("order.json");
    order["approval_timeout_ms"] = json!(1_500);
    place
        .run_example(&["-i", &order.to_string(), "--id", "a1"])
        .expect(3);
    std::thread::sleep(std::time::Duration::from_millis(1_600));
    let report = place.run_example(&["--id", "a1", "--json"]).expect(0).json();
    assert_eq!(step(&report, "approve")["timed_out"], true);
    assert_eq!(step(&report, "expire")["status"], "completed");
}

#[test]
fn memory_forgets_and_says_so() {
    let place = Place::of("order-flow");
    let page = place
        .run_example(&["-i", "@order.json", "--store", "memory"])
        .expect(3)
        .stdout;
    assert!(page.contains("kept in memory and is gone now"), "{page}");
    assert!(!page.contains("--event"), "{page}");
    assert_eq!(place.left_behind(), [""; 0]);
}

#[test]
fn an_event_is_sent_once_and_a_second_run_follows_only() {
    let place = Place::of("order-flow");
    place.run_example(&["-i", "@order.json", "--id", "a1"]).expect(3);
    let report = place
        .run_example(&["--id", "a1", "--wait", "10ms", "--json"])
        .expect(3)
        .json();
    assert!(!kinds(&report).contains(&"event_accepted".to_owned()));
    assert_eq!(report["notices"], json!([]));
}
