//! Requests of native steps: what goes out, what comes back, what the errors say.

use std::time::Duration;

use serde_json::{Value, json};

use super::{HttpError, Response};
use crate::testing::TestContext;
use crate::{Context, Request, Secret, StepError};

const URL: &str = "https://api.example/v1/things?token=abc";

#[test]
fn a_request_goes_out_as_it_was_put_together() {
    let ctx = TestContext::new().secret("TOKEN", "hunter2").respond(
        "POST",
        URL,
        Response::json_of(201, json!({ "id": 7 })),
    );
    let response = ctx
        .http()
        .post(URL)
        .bearer(&Context::secret(&ctx, "TOKEN").unwrap())
        .header("X-Shop", "a")
        .idempotent()
        .timeout(Duration::from_secs(1))
        .json(&json!({ "name": "thing" }))
        .send()
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    assert_eq!(response.json::<Value>().unwrap(), json!({ "id": 7 }));

    let sent = &ctx.requests()[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", URL));
    assert_eq!(sent.header("authorization"), Some("Bearer hunter2"));
    assert_eq!(sent.header("x-shop"), Some("a"));
    assert_eq!(
        sent.header("idempotency-key"),
        Some(ctx.idempotency_key().as_str())
    );
    assert_eq!(sent.json::<Value>().unwrap(), json!({ "name": "thing" }));
}

#[test]
fn several_requests_of_a_step_have_keys_of_their_own() {
    let ctx = TestContext::new()
        .respond("PUT", URL, Response::new(204))
        .respond("PUT", URL, Response::new(204));
    for part in ["a", "b"] {
        let _ = ctx.http().put(URL).idempotent_as(part).send().unwrap();
    }
    let keys: Vec<String> = ctx
        .requests()
        .iter()
        .filter_map(|sent| sent.header("idempotency-key").map(str::to_owned))
        .collect();
    let key = ctx.idempotency_key();
    assert_eq!(keys, [format!("{key}/a"), format!("{key}/b")]);
}

#[test]
fn what_is_not_scripted_says_what_to_script() {
    let ctx = TestContext::new().respond("GET", "https://a.example/x", Response::new(200));
    let error = ctx.http().get("https://a.example/y").send().unwrap_err();
    expect_test::expect![[r#"the test scripts no answer to GET https://a.example/y: add `.respond("GET", "https://a.example/y", Response::new(200))`; scripted is GET https://a.example/x"#]].assert_eq(&error.to_string());
    let _ = ctx.http().get("https://a.example/x").send().unwrap();
    let error = ctx.http().get("https://a.example/x").send().unwrap_err();
    expect_test::expect![[r#"the test scripts an answer to GET https://a.example/x, but the step asked once more: add another `.respond("GET", "https://a.example/x", …)`"#]].assert_eq(&error.to_string());
}

#[test]
fn a_denial_says_which_line_is_missing() {
    let ctx = TestContext::new().deny(Request::http("https://api.example"));
    let error = ctx.http().get(URL).send().unwrap_err();
    assert!(matches!(error, HttpError::Denied(_)), "{error:?}");
    let error = StepError::from(error);
    assert!(error.is_denied() && !error.is_retryable());
    expect_test::expect![[r#"
        this step is not granted HTTP requests to `https://api.example/v1/things`; the manifest grants it with:
        [workflows.test.steps.test]
        http = ["https://api.example"]"#]].assert_eq(error.message());
    let error = StepError::from(Context::secret(&ctx, "TOKEN").unwrap_err());
    assert!(error.is_denied());
    expect_test::expect![[r#"
        this step is not granted the secret `TOKEN`; the manifest grants it with:
        [workflows.test.steps.test]
        secrets = ["TOKEN"]"#]]
    .assert_eq(error.message());
}

#[test]
fn statuses_know_whether_trying_again_helps() {
    for (status, retryable) in [
        (400, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let ctx = TestContext::new().respond("GET", URL, Response::new(status).with_body("no"));
        let error = ctx
            .http()
            .get(URL)
            .send()
            .unwrap()
            .error_for_status()
            .unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{status}");
        assert_eq!(
            error.to_string(),
            format!("GET https://api.example/v1/things was answered with status {status}: no"),
            "without the query"
        );
    }
    assert!(Response::new(204).error_for_status().is_ok());
    assert!(Response::new(302).error_for_status().is_err());
}

#[test]
fn what_can_not_be_sent_is_said_without_its_secrets() {
    let ctx = TestContext::new();
    let http = ctx.http();
    let mut said = String::new();
    for call in [
        http.get("api.example"),
        http.get("https://"),
        http.get("https://a b.example/"),
        http.get("https://user:hunter2@api.example/"),
        http.get("https://127.1/"),
        http.request("GE T", URL),
        http.get(URL).header("a:b", "c"),
        http.get(URL).header("a", "hunter2\nb: c"),
        http.get(URL)
            .json(&std::collections::BTreeMap::from([((1, 2), 3)])),
    ] {
        said.push_str(&format!("{}\n", call.send().unwrap_err()));
    }
    expect_test::expect![[r#"
        a request to api.example can't be sent: a URL begins with `https://` or `http://`
        a request to https:// can't be sent: a URL names a host
        a request to https://a b.example/ can't be sent: a URL has no spaces and no letters beyond ASCII: encode them as %xx
        a request to https://api.example/ can't be sent: a URL has no user name and no password here: send them in a header
        a request to https://127.1/ can't be sent: its host ends in a number, but is no IPv4 address of four numbers from 0 to 255
        a request to https://api.example/v1/things can't be sent: "GE T" is no method
        a request to https://api.example/v1/things can't be sent: "a:b" is no name of a header
        a request to https://api.example/v1/things can't be sent: the header `a` has control characters in its value
        a request to https://api.example/v1/things can't be sent: the body can't be written as JSON: key must be a string
    "#]].assert_eq(&said);
}

#[test]
fn bodies_that_are_not_what_was_asked_for_are_errors() {
    let body = |bytes: &[u8]| {
        let ctx = TestContext::new().respond("GET", URL, Response::new(200).with_body(bytes));
        ctx.http().get(URL).send().unwrap()
    };
    assert_eq!(body(b"a").text(), Ok("a"));
    assert!(body(&[0xff]).text().is_err());
    assert_eq!(body(b"[1]").json::<Vec<u32>>(), Ok(vec![1]));
    let error = body(b"{\"a\": {\"b\": \"c\"}}")
        .json::<std::collections::BTreeMap<String, std::collections::BTreeMap<String, u32>>>()
        .unwrap_err();
    expect_test::expect![[r#"the body of the answer to GET https://api.example/v1/things can't be read: field `a.b`: invalid type: string "c", expected u32 at line 1 column 15"#]].assert_eq(&error.to_string());
    assert!(body(b"1 2").json::<u32>().is_err());
}

#[test]
fn errors_can_be_scripted() {
    let timeout = HttpError::Timeout { url: URL.into() };
    let ctx = TestContext::new().respond("GET", URL, timeout.clone());
    let error = ctx.http().get(URL).send().unwrap_err();
    assert_eq!(error, timeout);
    assert!(StepError::from(error).is_retryable());
}

#[test]
fn secrets_keep_to_themselves() {
    let secret = Secret::new("hunter2".into());
    assert_eq!(format!("{secret:?}"), "Secret(…)");
    assert_eq!(secret.expose(), "hunter2");
}

#[test]
fn requests_are_called_what_core_calls_them() {
    for request in [
        Request::http("https://a.example"),
        Request::http("https://a.example").private(),
        Request::secret("TOKEN"),
    ] {
        assert_eq!(
            request.to_string(),
            crate::request::to_core(request.to_wit()).to_string()
        );
    }
}
