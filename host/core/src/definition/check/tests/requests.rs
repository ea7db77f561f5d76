//! Requests for capabilities.

use expect_test::expect;

use super::check_changed;
use crate::capability::Request;
use crate::definition::limits::MAX_REQUESTS_PER_STEP;

fn http(origin: &str) -> Request {
    Request::Http {
        origin: origin.into(),
        private: false,
        methods: Vec::new(),
    }
}

fn secret(name: &str) -> Request {
    Request::Secret { name: name.into() }
}

#[test]
fn requests_are_well_formed_and_made_once() {
    check_changed(
        |it| {
            it.steps[0].requests = vec![http("https://a.test"), http("a.test"), secret("../etc")];
            it.steps[1].requests = vec![secret("A"), http("https://a.test"), secret("A")];
        },
        expect![[r#"
            bad-request a -
              step `a` asks for a capability that is none: "a.test" is not an origin: it has no scheme; expected `scheme://host[:port][/path]`, like `https://api.example.org` or `https://*.example.org/v1`
              correct the request; what it asks for is granted in the manifest
            bad-request a -
              step `a` asks for a capability that is none: "../etc" is not the name of a secret: expected 1 to 128 letters, digits, `_` and `-`, beginning with a letter or `_` (like `STOCK_TOKEN`)
              correct the request; what it asks for is granted in the manifest
            bad-request b -
              step `b` asks twice for the secret `A`
              ask once
        "#]],
    );
}

#[test]
fn a_step_asks_for_so_much_only() {
    check_changed(
        |it| it.steps[0].requests = vec![secret("A"); MAX_REQUESTS_PER_STEP + 1],
        expect![[r#"
            limit-exceeded a -
              65 requests for capabilities in step `a`: 64 are allowed
              ask for what they have in common, like `https://*.example.org`
        "#]],
    );
}
