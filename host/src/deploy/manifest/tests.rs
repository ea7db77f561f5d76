//! Manifests as text: what they grant, and what is said about those that are wrong.

use std::time::Duration;

use expect_test::{Expect, expect};
use hephaestus_core::capability::{HttpMethods, Request};
use hephaestus_core::definition::{Backoff, RetryPolicy, WorkflowBuilder, step};

use super::*;
use crate::deploy::grants::{EnvSource, HttpGrant, StepGrants};
use crate::deploy::policy::{Isolation, StepLimits};

const GOOD: &str = r#"
secrets-folder = "secrets"

[secrets]
TOKEN = { env = "SHOP_TOKEN" }
KEY = { file = "/keys/key" }

[workflows.shop]
http = ["https://*.carrier.example"]
secrets = ["TOKEN"]

[workflows.shop.steps.pay]
http = ["https://pay.example/v1", { origin = "http://ledger.internal:8080", private = true }]
secrets = ["KEY", "in-folder"]
"#;

fn parse(text: &str) -> Manifest {
    Manifest::parse(text, Path::new("/etc/shop")).unwrap()
}

fn policy(manifest: &Manifest, workflow: &str, step: &str) -> Arc<StepPolicy> {
    manifest.policy(&workflow.parse().unwrap(), &step.parse().unwrap())
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let error = Manifest::parse(text, Path::new("")).expect_err("it is refused");
    expected.assert_eq(&error.to_string());
}

#[test]
fn a_step_has_what_its_workflow_has_and_its_own() {
    let manifest = parse(GOOD);
    let grants = |workflow: &str, step: &str| policy(&manifest, workflow, step).grants.clone();
    let http = |origin: &str, private| HttpGrant {
        origin: origin.parse().unwrap(),
        private,
        methods: HttpMethods::all(),
    };
    let all = StepGrants {
        http: vec![http("https://*.carrier.example", false)],
        secrets: [("TOKEN".parse().unwrap(), SecretSource::Env("SHOP_TOKEN".into()))].into(),
        ..StepGrants::default()
    };
    assert_eq!(grants("shop", "ship"), all);
    assert_eq!(grants("shopping", "pay"), StepGrants::default());
    let pay = grants("shop", "pay");
    assert_eq!(pay.http[..1], all.http);
    assert_eq!(
        pay.http[1..],
        [
            http("https://pay.example/v1", false),
            http("http://ledger.internal:8080", true)
        ]
    );
    let source = |name: &str| pay.secrets.get(name).cloned();
    assert_eq!(source("TOKEN"), Some(SecretSource::Env("SHOP_TOKEN".into())));
    assert_eq!(source("KEY"), Some(SecretSource::File("/keys/key".into())));
    assert_eq!(
        source("in-folder"),
        Some(SecretSource::File("/etc/shop/secrets/in-folder".into()))
    );
    assert_eq!(source("OTHER"), None);
}

#[test]
fn variables_folders_time_and_chance_are_granted_one_by_one() {
    let manifest = parse(
        r#"
        [workflows.shop]
        clock = true
        env = { REGION = "eu", LOG_LEVEL = "info" }
        files = [{ host = "data", guest = "/in" }]
        http = [{ origin = "https://read.example", methods = ["GET", "HEAD"] }]

        [workflows.shop.steps.pay]
        clock = false
        random = true
        env = { LOG_LEVEL = { host = "SHOP_LOG_LEVEL" } }
        files = [{ host = "/srv/out", guest = "/out", access = "read-write" }, { host = "other", guest = "/in" }]
        "#,
    );
    let ship = &policy(&manifest, "shop", "ship").grants;
    assert!(ship.clock && !ship.random);
    assert_eq!(ship.env.get("REGION"), Some(&EnvSource::Value("eu".into())));
    let folder = |grants: &StepGrants, guest: &str| {
        grants
            .files
            .get(guest)
            .map(|grant| (grant.host.display().to_string(), grant.write))
    };
    assert_eq!(folder(ship, "/in"), Some(("/etc/shop/data".into(), false)));
    assert_eq!(ship.http[0].methods, HttpMethods::new(["HEAD", "GET"]).unwrap());

    let pay = &policy(&manifest, "shop", "pay").grants;
    assert!(!pay.clock && pay.random);
    assert_eq!(pay.env.get("REGION"), ship.env.get("REGION"));
    assert_eq!(
        pay.env.get("LOG_LEVEL"),
        Some(&EnvSource::Host("SHOP_LOG_LEVEL".into()))
    );
    assert_eq!(folder(pay, "/in"), Some(("/etc/shop/other".into(), false)));
    assert_eq!(folder(pay, "/out"), Some(("/srv/out".into(), true)));
}

#[test]
fn grants_that_make_no_sense_are_refused() {
    let line = |line: &str| format!("[workflows.shop]\n{line}\n");
    check(
        &line("clock = \"real\""),
        expect![[r#"line 2, column 9: invalid type: string "real", expected a boolean"#]],
    );
    check(
        &line("env = { \"A=B\" = \"x\" }"),
        expect![[
            r#"line 2, column 9: "A=B" is not the name of an environment variable: expected 1 to 128 letters, digits and `_`, not beginning with a digit (like `LOG_LEVEL`)"#
        ]],
    );
    check(
        &line("env = { A = 1 }"),
        expect![[
            r#"line 2, column 13: invalid type: integer `1`, expected a value like "debug", or { host = "NAME" } for that of a variable of the host"#
        ]],
    );
    check(
        &line("env = { A = { hosts = \"A\" } }"),
        expect!["line 2, column 15: unknown field `hosts`, expected `host`; did you mean `host`?"],
    );
    check(
        &line("env = { A = { host = \"\" } }"),
        expect![[r#"line 2, column 13: no environment has a variable """#]],
    );
    check(
        &line("http = [{ origin = \"https://a.example\", methods = [] }]"),
        expect![
            "line 2, column 9: `methods` names none: leave it out to grant all, or the entry to grant nothing"
        ],
    );
    check(
        &line("files = [{ host = \"\", guest = \"/in\" }]"),
        expect![[r#"line 2, column 19: "" is not a folder; `.` is that of the manifest"#]],
    );
    check(
        &line("files = [\"/in\"]"),
        expect![[
            r#"line 2, column 10: invalid type: string "/in", expected a table like { host = "data/in", guest = "/in" }"#
        ]],
    );
    check(
        &line("files = [{ host = \"a\", guest = \"in\" }]"),
        expect![[
            r#"line 2, column 32: "in" is not a folder of a guest: expected an absolute path without `.` and `..` (like `/data/in`)"#
        ]],
    );
    check(
        &line("files = [{ host = \"a\", guest = \"/in\", access = \"rw\" }]"),
        expect!["line 2, column 48: unknown variant `rw`, expected `read` or `read-write`"],
    );
    check(
        &line("files = [{ host = \"a\", guest = \"/in\" }, { host = \"b\", guest = \"/in\" }]"),
        expect![
            "[workflows.shop] shows two folders to the guest as `/in`: leave one of them out, or give it another name"
        ],
    );
    check(
        &line("http = [{ origin = \"https://a.example\", methods = [\"get\"] }]"),
        expect![[
            r#"line 2, column 9: "get" is not an HTTP method that can be granted: expected one like `GET` or `POST`, in capitals; `CONNECT` never is"#
        ]],
    );
}

#[test]
fn a_folder_that_steps_are_shown_holds_nothing_that_decides() {
    let files = |access: &str, more: &str| {
        format!(
            "[workflows.shop]\nfiles = [{{ host = \"/srv/data\", guest = \"/data\", access = \"{access}\" }}{more}]\n"
        )
    };
    let inner = ", { host = \"/srv/data/in\", guest = \"/in\" }";
    let secret = "[secrets]\nKEY = { file = \"/srv/data/keys/key\" }\n";
    assert!(Manifest::parse(&files("read", inner), Path::new("/etc")).is_ok());
    check(
        &files("read-write", inner),
        expect![
            "steps are shown the folder /srv/data, in which is another folder that a step is shown, /srv/data/in: who may use the one decides about the other; show them another folder"
        ],
    );
    check(
        &(secret.to_owned() + &files("read", "")),
        expect![
            "steps are shown the folder /srv/data, in which is a secret, /srv/data/keys/key: who may use the one decides about the other; show them another folder"
        ],
    );
    check(
        &("secrets-folder = \"/srv\"\n".to_owned() + &files("read", ", { host = \"/\", guest = \"/all\" }")),
        expect![
            "steps are shown the folder /, in which is a secret, /srv: who may use the one decides about the other; show them another folder"
        ],
    );
    let again =
        files("read-write", "") + "[workflows.other]\nfiles = [{ host = \"/srv/data\", guest = \"/d\" }]\n";
    assert!(Manifest::parse(&again, Path::new("")).is_ok(), "the same folder");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hephaestus.toml");
    std::fs::write(
        &path,
        "[workflows.shop]\nfiles = [{ host = \".\", guest = \"/all\", access = \"read-write\" }]\n",
    )
    .unwrap();
    let error = Manifest::load(&path).unwrap_err().to_string();
    assert!(error.contains("in which is this manifest"), "{error}");
}

#[test]
fn an_empty_manifest_grants_nothing() {
    assert_eq!(*policy(&parse(""), "a", "b"), StepPolicy::default());
}

#[test]
fn the_more_special_limit_counts() {
    let manifest = parse(
        r#"
        [workflows.shop]
        deadline = "5m"
        memory = "64 MiB"
        max-log = "1KiB"
        isolation = "step"
        retry = { max-attempts = 7 }

        [workflows.shop.steps.pay]
        deadline = "1h 30m"
        max-output = "2MB"
        isolation = "instance"
        retry = { backoff = "constant", initial = "10s", cap = "10s", jitter-percent = 0 }
        "#,
    );
    let ship = policy(&manifest, "shop", "ship");
    assert_eq!(
        ship.limits,
        StepLimits {
            deadline: Some(Duration::from_secs(300)),
            memory_bytes: Some(64 << 20),
            output_bytes: None,
            log_bytes: Some(1 << 10),
        }
    );
    assert_eq!(ship.isolation, Isolation::Step);
    assert_eq!(ship.retry.as_ref().map(|retry| retry.max_attempts), Some(7));
    let pay = policy(&manifest, "shop", "pay");
    assert_eq!(
        pay.limits,
        StepLimits {
            deadline: Some(Duration::from_secs(5400)),
            output_bytes: Some(2_000_000),
            ..ship.limits.clone()
        }
    );
    assert_eq!(pay.isolation, Isolation::Instance);
    assert_eq!(
        pay.retry.as_deref(),
        Some(&RetryPolicy {
            backoff: Backoff::Constant,
            initial: Duration::from_secs(10),
            cap: Duration::from_secs(10),
            jitter_percent: 0,
            ..RetryPolicy::default()
        })
    );
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let line = |line: &str| format!("[workflows.shop]\n{line}\n");
    check(
        &line("deadline = 30"),
        expect![[
            r#"line 2, column 12: invalid type: integer `30`, expected a span of time with its unit, like "30s", "5m" or "1h 30m""#
        ]],
    );
    check(
        &line("deadline = \"soon\""),
        expect![[
            r#"line 2, column 12: invalid value: string "soon", expected a span of time with its unit, like "30s", "5m" or "1h 30m""#
        ]],
    );
    check(
        &line("deadline = \"0s\""),
        expect![[r#"line 2, column 12: "0s" is zero"#]],
    );
    check(
        &line("memory = \"5 GiB\""),
        expect![[
            r#"line 2, column 10: invalid value: string "5 GiB", expected a size with its unit, 4 GiB at most, like "128 MiB" or "64 KiB""#
        ]],
    );
    check(
        &line("memory = \"64\""),
        expect![[
            r#"line 2, column 10: invalid value: string "64", expected a size with its unit, 4 GiB at most, like "128 MiB" or "64 KiB""#
        ]],
    );
    check(
        &line("max-log = \"0 B\""),
        expect![[
            r#"line 2, column 11: invalid value: string "0 B", expected a size with its unit, 4 GiB at most, like "128 MiB" or "64 KiB""#
        ]],
    );
    check(
        &line("isolation = \"steps\""),
        expect![
            "line 2, column 13: unknown variant `steps`, expected `instance` or `step`; did you mean `step`?"
        ],
    );
    check(
        &line("retry = { max-attempts = 0 }"),
        expect![
            "line 2, column 9: the retry policy allows no attempt; the first attempt counts: 1 means no retry"
        ],
    );
    check(
        &line("retry = { attempts = 3 }"),
        expect![
            "line 2, column 11: unknown field `attempts`, expected one of `max-attempts`, `backoff`, `initial`, `cap`, `jitter-percent`; did you mean `max-attempts`?"
        ],
    );
    check(
        "[workflows.shop.steps.pay.steps.again]\n",
        expect!["line 1, column 23: a step has no steps of its own"],
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    check(
        "[workflow.shop]\n",
        expect![
            "line 1, column 2: unknown field `workflow`, expected one of `secrets-folder`, `secrets`, `workflows`; did you mean `workflows`?"
        ],
    );
    check(
        "[workflows.shop]\nhtpp = []\n",
        expect![
            "line 2, column 1: unknown field `htpp`, expected one of `deadline`, `memory`, `max-output`, `max-log`, `retry`, `isolation`, `http`, `secrets`, `env`, `files`, `clock`, `random`, `steps`; did you mean `http`?"
        ],
    );
    check(
        "[workflows.shop.steps.pay]\nhttp = []\n  secret = [\"A\"]\n",
        expect![
            "line 3, column 3: unknown field `secret`, expected one of `deadline`, `memory`, `max-output`, `max-log`, `retry`, `isolation`, `http`, `secrets`, `env`, `files`, `clock`, `random`, `steps`; did you mean `secrets`?"
        ],
    );
    check(
        "[workflows.Shop]\n",
        expect![[
            r#"line 1, column 12: "Shop" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"#
        ]],
    );
    check(
        "[workflows.shop.steps.pay_out]\n",
        expect![[
            r#"line 1, column 23: "pay_out" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"#
        ]],
    );
    check(
        "[workflows.shop]\nhttp = \"https://a.test\"\n",
        expect![[r#"line 2, column 8: invalid type: string "https://a.test", expected a sequence"#]],
    );
    check(
        "[workflows.shop]\nhttp = [\n  \"https://a.test\",\n  \"a.test\",\n]\n",
        expect![[
            r#"line 4, column 3: "a.test" is not an origin: it has no scheme; expected `scheme://host[:port][/path]`, like `https://api.example.org` or `https://*.example.org/v1`"#
        ]],
    );
    check(
        "[workflows.shop]\nhttp = [{ origin = \"http://a.test\", privat = true }]\n",
        expect![
            "line 2, column 37: unknown field `privat`, expected one of `origin`, `private`, `methods`; did you mean `private`?"
        ],
    );
    check(
        "[workflows.shop]\nhttp = [{ private = true }]\n",
        expect!["line 2, column 9: missing field `origin`"],
    );
    check(
        "[workflows.shop]\nhttp = [1]\n",
        expect![[
            r#"line 2, column 9: invalid type: integer `1`, expected an origin like "https://api.example", or a table { origin, private, methods }"#
        ]],
    );
    check(
        "[secrets]\nTOKEN = { enf = \"A\" }\n",
        expect!["line 2, column 11: unknown field `enf`, expected `env` or `file`; did you mean `env`?"],
    );
    check(
        "[secrets]\nTOKEN = { env = \"A\", file = \"b\" }\n",
        expect!["line 2, column 9: a secret has one source: `env` or `file`"],
    );
    check(
        "[secrets]\nTOKEN = \"hunter2\"\n",
        expect![[
            r#"line 2, column 9: invalid type: a text, expected where the secret's value is: { env = "NAME" } or { file = "PATH" }; values don't belong here"#
        ]],
    );
    check(
        "[secrets]\nTOKEN = 1234\n",
        expect![[
            r#"line 2, column 9: invalid type: a number, expected where the secret's value is: { env = "NAME" } or { file = "PATH" }; values don't belong here"#
        ]],
    );
    check(
        "[secrets]\nTOKEN = { env = \"A=B\" }\n",
        expect![[r#"the secret `TOKEN` comes from the environment variable "A=B", which is no name of one"#]],
    );
    check(
        "[secrets]\n\"../x\" = { env = \"A\" }\n",
        expect![[
            r#"line 2, column 1: "../x" is not the name of a secret: expected 1 to 128 letters, digits, `_` and `-`, beginning with a letter or `_` (like `STOCK_TOKEN`)"#
        ]],
    );
    check(
        "[workflows.shop]\nsecrets = [\"TOKEN\"]\n",
        expect![[
            r#"[workflows.shop] grants the secret `TOKEN`, but nothing says where its value is: add `TOKEN = { env = "TOKEN" }` or `TOKEN = { file = "PATH" }` under [secrets], or name a `secrets-folder` with a file of that name"#
        ]],
    );
    check(
        "[workflows.shop\n",
        expect!["line 1, column 16: unclosed table, expected `]`"],
    );
}

/// Whoever writes a secret's value where its source belongs must not find it in a log.
#[test]
fn values_of_secrets_are_not_repeated() {
    for value in [
        "\"hunter2\"",
        "{ value = \"hunter2\" }",
        "[\"hunter2\"]",
        "{ env = [\"hunter2\"] }",
    ] {
        let error = Manifest::parse(&format!("[secrets]\nTOKEN = {value}\n"), Path::new(""))
            .expect_err("it is refused");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn files_are_named_in_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hephaestus.toml");
    let error = Manifest::load(&path).unwrap_err().to_string();
    assert!(error.starts_with("failed to read the manifest "), "{error}");
    std::fs::write(&path, "secret-folder = 1").unwrap();
    let error = Manifest::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("hephaestus.toml is refused: line 1, column 1: unknown field"),
        "{error}"
    );
}

#[test]
fn what_a_workflow_asks_for_in_vain_is_listed() {
    let http = |origin: &str| Request::Http {
        origin: origin.into(),
        private: false,
        methods: Vec::new(),
    };
    let secret = |name: &str| Request::Secret { name: name.into() };
    let workflow = WorkflowBuilder::new("shop", 1)
        .step(
            step("ship")
                .emits("x", ["done"])
                .request(http("https://eu.carrier.example"))
                .request(secret("KEY")),
        )
        .build()
        .unwrap();
    let manifest = parse(GOOD);
    let review = Review::new(&workflow, &manifest, None);
    let granted: Vec<bool> = review.asked.iter().map(|asked| asked.granted).collect();
    assert_eq!(granted, [true, false]);
    assert_eq!(
        review.asked[1].manifest,
        "[workflows.shop.steps.ship]\nsecrets = [\"KEY\"]"
    );
    assert_eq!(review.unknown_steps, ["pay".parse().unwrap()]);
}

#[test]
fn a_new_manifest_counts_at_once() {
    let current = CurrentManifest::default();
    let shared = current.clone();
    let grants = || policy(&shared.get(), "shop", "ship").grants.clone();
    assert_eq!(grants(), StepGrants::default());
    current.replace(parse(GOOD));
    assert_eq!(grants().http.len(), 1);
}
