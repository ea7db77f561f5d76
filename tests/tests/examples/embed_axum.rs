//! `examples/embed-axum`: orders over HTTP, restarts, and what is answered to bad requests.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::service::Service;

/// A folder, and the database in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("orders.db");
    (folder, database)
}

/// A file of `examples/order-flow`, as a new order.
fn new_order(id: &str, file: &str) -> Value {
    let path = hephaestus_tests::repository()
        .join("examples/order-flow")
        .join(file);
    let text = std::fs::read_to_string(path).expect("a file of the example");
    let order: Value = serde_json::from_str(&text).expect("JSON");
    json!({ "id": id, "order": order })
}

fn asks(order: &Value) -> bool {
    let events = order["waiting_for"].as_array();
    events.is_some_and(|events| events.contains(&json!("approved")))
}

fn has_ended(order: &Value) -> bool {
    ["completed", "failed", "cancelled"].contains(&order["status"].as_str().unwrap_or_default())
}

#[test]
fn an_order_is_placed_approved_and_shipped() {
    let (_folder, database) = place();
    let service = Service::start(&database);
    let placed = service
        .post("/orders", &[], &new_order("a1", "order.json"))
        .expect(201);
    assert!(
        placed
            .head
            .contains(&format!("location: /orders/{}", placed.id())),
        "{placed:?}"
    );
    let order = service.order(placed.id(), asks);
    assert_eq!(
        (&order["name"], &order["status"]),
        (&json!("orderid::a1"), &json!("waiting"))
    );
    assert!(order["results"]["ship"].is_null(), "{order}");

    let decision = json!({ "approved": true, "by": "Ada" });
    service
        .post("/orders/orderid::a1/approval", &[], &decision)
        .expect(202);
    let order = service.order("orderid::a1", has_ended);
    assert_eq!(
        (&order["id"], &order["status"]),
        (&placed.body["id"], &json!("completed"))
    );
    assert_eq!(
        order["results"]["approve"], decision,
        "what was sent is the step's result"
    );
    assert!(order["results"]["ship"]["tracking"].is_string(), "{order}");
}

#[test]
fn an_order_outlives_the_service() {
    let (_folder, database) = place();
    let first = Service::start(&database);
    let id = first
        .post("/orders", &[], &new_order("a1", "order.json"))
        .id()
        .to_owned();
    let before = first.order(&id, asks);
    first.kill();

    let second = Service::start(&database);
    assert_eq!(second.order(&id, asks), before);
    second
        .post(
            &format!("/orders/{id}/approval"),
            &[],
            &json!({ "approved": true, "by": "Ada" }),
        )
        .expect(202);
    let order = second.order(&id, has_ended);
    assert!(order["results"]["ship"]["tracking"].is_string(), "{order}");
}

#[test]
fn the_service_ends_in_good_order() {
    for signal in ["TERM", "INT"] {
        let (_folder, database) = place();
        let first = Service::start(&database);
        let id = first
            .post("/orders", &[], &new_order("a1", "order.json"))
            .id()
            .to_owned();
        let status = first.end_with(signal);
        assert!(status.success(), "{signal}: {status}");
        let second = Service::start(&database);
        second.order(&id, asks);
    }
}

#[test]
fn a_name_is_taken_until_its_order_has_ended() {
    let (_folder, database) = place();
    let service = Service::start(&database);
    let first = service
        .post("/orders", &[], &new_order("a1", "order.json"))
        .expect(201);
    let second = service
        .post("/orders", &[], &new_order("a1", "order.json"))
        .expect(409);
    assert_eq!(second.id(), first.id());
    service.order("orderid::a1", asks);
    service
        .post(
            "/orders/orderid::a1/approval",
            &[],
            &json!({ "approved": false, "by": "Bob", "reason": "no" }),
        )
        .expect(202);
    let refused = service.order("orderid::a1", has_ended);
    assert_eq!(refused["results"]["refuse"]["reasons"], json!(["rejected: no"]));
    let third = service
        .post("/orders", &[], &new_order("a1", "order.json"))
        .expect(201);
    assert_ne!(third.id(), first.id());
}

#[test]
fn a_repeated_request_changes_nothing() {
    let (_folder, database) = place();
    let service = Service::start(&database);
    let place = |key| {
        service.post(
            "/orders",
            &[("Idempotency-Key", key)],
            &new_order("a1", "order.json"),
        )
    };
    let first = place("k1").expect(201);
    assert_eq!(place("k1").expect(201).id(), first.id());
    assert_eq!(place("k2").expect(409).id(), first.id());
    service.order("orderid::a1", asks);
    let approve = || {
        let decision = json!({ "approved": true, "by": "Ada" });
        service.post(
            &format!("/orders/{}/approval", first.id()),
            &[("Idempotency-Key", "k3")],
            &decision,
        )
    };
    approve().expect(202);
    service.order("orderid::a1", has_ended);
    approve().expect(202);
    assert_eq!(place("k1").expect(201).id(), first.id(), "even after it ended");
}

#[test]
fn bad_requests_are_told_apart() {
    let (_folder, database) = place();
    let service = Service::start(&database);
    let decision = json!({ "approved": true, "by": "Ada" });
    for (path, headers, body, status, error) in [
        (
            "/orders",
            None,
            json!({ "order": [] }),
            422,
            "expected a JSON object",
        ),
        (
            "/orders",
            None,
            json!({ "id": "A 1", "order": {} }),
            422,
            "a business value",
        ),
        ("/orders", None, json!({}), 422, "missing field `order`"),
        (
            "/orders",
            Some(("idempotency-key", "")),
            json!({ "order": {} }),
            400,
            "a request id",
        ),
        (
            "/orders/a1/approval",
            None,
            decision.clone(),
            400,
            "the name of an instance",
        ),
        (
            "/orders/orderid::a1/approval",
            None,
            decision.clone(),
            404,
            "no instance `orderid::a1`",
        ),
    ] {
        let headers: Vec<_> = headers.into_iter().collect();
        let answer = service.post(path, &headers, &body).expect(status);
        assert!(
            answer.body["error"]
                .as_str()
                .is_some_and(|found| found.contains(error)),
            "{answer:?}"
        );
    }
    let broken = service.request("POST /orders", &[], "{").expect(400);
    assert!(broken.body["error"].is_string(), "{broken:?}");
    let large = json!({ "order": { "note": "x".repeat(1 << 20) } });
    service.post("/orders", &[], &large).expect(422);

    let refused = service
        .post("/orders", &[], &new_order("a1", "order-invalid.json"))
        .expect(201);
    service.order(refused.id(), has_ended);
    let late = service
        .post(&format!("/orders/{}/approval", refused.id()), &[], &decision)
        .expect(409);
    assert_eq!(late.body["error"], "the instance is completed");
}
