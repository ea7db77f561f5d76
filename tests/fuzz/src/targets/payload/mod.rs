//! What clients hand over: inputs of instances, payloads of events, ids, names, and the origins that steps ask for.
//!
//! - A text is JSON for us only if every reader takes it; then it is kept as it was written.
//! - An input is taken if it is an object within the limit, a payload if it is within the limit; both arrive as they
//!   were sent, through a whole runner.
//! - An id or name that is taken is the same when it is written and read again.
//! - What a step asks for is granted by the lines of a manifest that the host says grant it.

mod runner;

use std::fmt::{Debug, Display};
use std::path::Path;
use std::str::FromStr;

use fastrand::Rng;
use hephaestus_core::capability::{HttpPattern, HttpTarget, Request, SecretName, manifest_lines};
use hephaestus_core::definition::{Workflow, WorkflowBuilder, step};
use hephaestus_core::{
    BusinessId, BusinessKeyName, BusinessValue, Digest, EventId, EventName, InstanceId, Json, RequestId,
    StepRef, TimerId, WorkflowName,
};
use hephaestus_host::InstanceRef;
use hephaestus_host::deploy::{Manifest, Review};

use crate::mutate;
use crate::target::{Bounds, Target, no_seeds};

/// See the module.
pub(crate) const TARGET: Target = Target {
    name: "payload",
    about: "inputs, payloads, ids, origins",
    run,
    seeds: no_seeds,
    generate,
    bounds: Bounds::TEXT,
};

const WORDS: &[&str] = &[
    "{\"a\":",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    "\\u0000",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\udc00",
    "1e400",
    "-0",
    "1E+2",
    "0.1",
    "null",
    "true",
    ",",
    ":",
    " ",
    "\n",
    "\u{feff}",
    "é",
    "😀",
    "https://",
    "http://",
    "*.",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "127.0.0.1",
    "0x7f.1",
    "@",
    "%2e",
    "%2F",
    "..",
    "//",
    ":65536",
    ":0",
    "?",
    "#",
    "::",
    "-",
    "xn--",
    "sha256:",
    "01890000-0000-7000-8000-000000000001",
];

fn generate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    mutate::bytes(rng, seeds, WORDS)
}

fn run(input: &[u8]) {
    // What isn't UTF-8 never comes as far as this: it is made a text first, as a terminal would.
    let text = String::from_utf8_lossy(input);
    names(&text);
    origins(&text);
    if let Some(json) = json(&text) {
        runner::demand_arrival(&json);
    }
}

fn json(text: &str) -> Option<Json> {
    let json = match Json::parse(text) {
        Ok(json) => json,
        Err(error) => {
            assert!(!error.reason.is_empty(), "refused without a reason");
            return None;
        }
    };
    assert_eq!(
        json.as_str(),
        text.trim_matches([' ', '\n', '\r', '\t']),
        "kept as it was written"
    );
    let value: Result<serde_json::Value, _> = serde_json::from_str(json.as_str());
    let value = value.unwrap_or_else(|error| panic!("not every reader takes it: {error}"));
    assert_eq!(json.is_object(), value.is_object());
    assert_eq!(json.decode(), Ok(value));
    let written = serde_json::to_string(&json).unwrap_or_else(|error| panic!("can't be written: {error}"));
    assert_eq!(serde_json::from_str::<Json>(&written).ok().as_ref(), Some(&json));
    Some(json)
}

fn names(text: &str) {
    round_trip::<WorkflowName>(text);
    round_trip::<StepRef>(text);
    round_trip::<EventName>(text);
    round_trip::<BusinessKeyName>(text);
    round_trip::<BusinessValue>(text);
    round_trip::<BusinessId>(text);
    round_trip::<InstanceId>(text);
    round_trip::<InstanceRef>(text);
    round_trip::<TimerId>(text);
    round_trip::<EventId>(text);
    round_trip::<RequestId>(text);
    round_trip::<Digest>(text);
    round_trip::<SecretName>(text);
}

fn round_trip<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) {
    match text.parse::<T>() {
        Ok(read) => {
            let written = read.to_string();
            let again = written.parse::<T>();
            assert_eq!(again.ok(), Some(read), "{written:?}, written and read again");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "refused without a reason"),
    }
}

fn origins(text: &str) {
    round_trip::<HttpPattern>(text);
    if let Ok(pattern) = HttpPattern::parse(text) {
        assert!(pattern.includes(&pattern), "{pattern} doesn't include itself");
    }
    if let Ok(target) = HttpTarget::parse(text) {
        let origin = target.origin();
        assert!(
            origin.covers(&target),
            "{origin} doesn't cover what it is the origin of: {text:?}"
        );
        assert!(!target.host().is_empty() && target.port() != 0, "{text:?}");
    }
    let secret = Request::Secret {
        name: text.to_owned(),
    };
    demand_granted(secret);
    for private in [false, true] {
        for methods in [Vec::new(), vec!["GET".to_owned()], vec![text.to_owned()]] {
            let origin = text.to_owned();
            demand_granted(Request::Http {
                origin,
                private,
                methods,
            });
        }
        demand_granted(Request::Files {
            path: text.to_owned(),
            write: private,
        });
    }
    demand_granted(Request::Env {
        name: text.to_owned(),
    });
    demand_granted(Request::Clock);
    demand_granted(Request::Random);
}

/// The lines that the host says would grant it, do.
fn demand_granted(request: Request) {
    if request.check().is_err() {
        return;
    }
    let lines = manifest_lines("asking", "one", &request);
    let workflow = asking(request);
    let manifest = Manifest::parse(&format!("secrets-folder = \"/s\"\n{lines}\n"), Path::new("/"));
    let manifest = manifest.unwrap_or_else(|error| panic!("{lines}: {error}"));
    assert!(!Review::new(&workflow, &manifest, None).lacks_grants(), "{lines}");
}

fn asking(request: Request) -> Workflow {
    let one = step("one").emits("ok", ["done"]).request(request);
    let built = WorkflowBuilder::new("asking", 1).step(one).build();
    built.unwrap_or_else(|error| panic!("a request that was checked is refused: {error}"))
}
