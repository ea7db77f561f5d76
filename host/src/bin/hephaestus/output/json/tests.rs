//! Goldens of what is said about a command that could not do its work.

use expect_test::expect;

use super::*;
use crate::output::fixtures;
use crate::usage::UsageError;

#[test]
fn an_error_is_an_object_too() {
    let usage = UsageError::new("--id", "a", "b", "c");
    expect![[r#"
        {"error":{"code":"bad-usage","message":"--id: found a; expected b; c"}}
    "#]]
    .assert_eq(&error(&usage.into()).expect("an object"));
    let host = CommandError::host(anyhow::anyhow!("full").context("failed to write"));
    expect![[r#"
        {"error":{"code":"host-error","message":"failed to write: full (instance 01975c8e-0000-7000-8000-000000000001)","instance":"01975c8e-0000-7000-8000-000000000001"}}
    "#]]
    .assert_eq(&error(&host.with_instance(fixtures::instance())).expect("an object"));
}
