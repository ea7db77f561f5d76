//! Definitions that can't be had, can't be read or make no sense.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::bindings::exports::hephaestus::workflow::definition::{
    JoinRule, StepDefinition, Targets, Transition, WorkflowDefinition,
};
use crate::bindings::hephaestus::workflow::{checkpoint, context};
use crate::{hoard, spin};

/// How the definition goes wrong: the word after the colon, padded with dots. Tests look for this text in the
/// component and write another word in its place.
pub static MODE: [u8; 32] = *b"hostile-describe-mode:good......";

fn mode() -> String {
    let mode = String::from_utf8_lossy(std::hint::black_box(&MODE)).into_owned();
    let word = mode.split(':').nth(1).unwrap_or_default();
    word.trim_end_matches('.').to_owned()
}

pub fn describe() -> WorkflowDefinition {
    let mut definition = good();
    match mode().as_str() {
        "panic" => panic!("no definition for you"),
        "spin" => spin(),
        "hoard" => hoard(),
        "context" => definition.name = context::initial(),
        "checkpoint" => definition.tags.push(format!("{:?}", checkpoint::save("1"))),
        "observe" => definition.metadata = observations(),
        "giant" => definition.tags = vec!["x".repeat(2 << 20)],
        "unread" => {
            definition.name = "Not A Name".into();
            definition.steps[0].config = Some("{".into());
            definition.steps[1].join = JoinRule::Expression("all[".into());
        }
        "unsound" => {
            definition.start = "nowhere".into();
            definition.version = 0;
        }
        "stuck" => {
            // Whatever else happens: `done` asks for both, and only one can come.
            let join = "all[act.chosen, after.finished]".to_owned();
            definition.steps.push(StepDefinition {
                name: "done".into(),
                emits: Vec::new(),
                join: JoinRule::Expression(join),
                config: None,
                ..definition.steps[1].clone()
            });
        }
        _ => {}
    }
    definition
}

fn good() -> WorkflowDefinition {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let step = |name: &str, emits: &[&str]| StepDefinition {
        name: name.into(),
        emits: names(emits),
        accepts: Vec::new(),
        join: if name == "after" {
            JoinRule::Any
        } else {
            JoinRule::Default
        },
        retry: None,
        deadline: None,
        config: Some(format!("{{\"of\": \"{name}\"}}")),
        requests: Vec::new(),
    };
    let transition = |source: &str, event: &str, targets| Transition {
        source: source.into(),
        event: event.into(),
        targets,
    };
    WorkflowDefinition {
        name: "hostile".into(),
        version: 1,
        start: "act".into(),
        steps: vec![step("act", &["acted", "chosen"]), step("after", &["finished"])],
        transitions: vec![
            transition("act", "acted", Targets::Static(names(&["after"]))),
            transition("act", "chosen", Targets::Dynamic(names(&["after", "done"]))),
            transition("after", "finished", Targets::Static(names(&["done"]))),
        ],
        business_key: None,
        retry: None,
        deadline: None,
        on_cancel: None,
        tags: Vec::new(),
        metadata: Vec::new(),
    }
}

/// What differs from one run of a program to the next, elsewhere.
pub fn observations() -> Vec<(String, String)> {
    let before = Instant::now();
    std::thread::sleep(Duration::from_secs(3600));
    let slept = before.elapsed();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let numbers: HashMap<u32, ()> = (0..100).map(|n| (n, ())).collect();
    let order: Vec<String> = numbers.keys().map(u32::to_string).collect();
    vec![
        ("slept_s".into(), slept.as_secs().to_string()),
        ("now_ms".into(), now.as_millis().to_string()),
        ("order".into(), order.join(" ")),
        ("env".into(), std::env::vars_os().count().to_string()),
    ]
}
