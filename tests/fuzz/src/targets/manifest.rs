//! The text of a manifest. An operator writes it, maybe with a program that puts names of strangers into it.
//!
//! - Whatever the text is, it is accepted or refused with a reason.
//! - The same text, read again, grants the same; so does one with a comment behind it.
//! - A workflow that it doesn't name is granted nothing.
//! - Limits that it sets are within their own bounds.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use fastrand::Rng;
use hephaestus_core::capability::Request;
use hephaestus_core::definition::limits::{MAX_ATTEMPTS, MAX_SPAN};
use hephaestus_core::definition::{Workflow, WorkflowBuilder, step};
use hephaestus_core::{StepRef, WorkflowName};
use hephaestus_host::deploy::policy::StepPolicy;
use hephaestus_host::deploy::{Manifest, Review};

use crate::mutate;
use crate::target::{Bounds, Target, no_seeds};

/// See the module.
pub(crate) const TARGET: Target = Target {
    name: "manifest",
    about: "texts of manifests",
    run,
    seeds: no_seeds,
    generate,
    bounds: Bounds::TEXT,
};

/// What texts of manifests are made of, and what is hard for those who read TOML.
const WORDS: &[&str] = &[
    "[workflows.order-flow]\n",
    "[workflows.order-flow.steps.charge]\n",
    "[workflows.x.steps.y]\n",
    "[[workflows]]\n",
    "[secrets]\n",
    "secrets = [\"A\"]\n",
    "secrets-folder = \"/run\"\n",
    "http = [\"https://*.example.org\"]\n",
    "http = [{ origin = \"http://127.0.0.1:1\", private = true }]\n",
    "deadline = \"2m\"\n",
    "memory = \"64 MiB\"\n",
    "max-log = \"18446744073709551615 EiB\"\n",
    "isolation = \"step\"\n",
    "retry = { max-attempts = 5, backoff = \"linear\", initial = \"1ns\", cap = \"9999y\", jitter-percent = 101 }\n",
    "y 1s",
    " GB",
    "A = { env = \"A\" }\n",
    "A = { file = \"../a\" }\n",
    "\"\"\"",
    "'''",
    "\\u0000",
    "\\U0001F600",
    "\r\n",
    "[",
    "{",
    "\"",
    " = ",
    ".",
    "#",
    "1979-05-27T07:32:00Z",
    "0x",
    "inf",
    "\u{feff}",
    "é",
];

fn generate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    mutate::bytes(rng, seeds, WORDS)
}

fn run(input: &[u8]) {
    // What isn't UTF-8 is refused where the file is read.
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let folder = Path::new("/etc/hephaestus");
    let manifest = match Manifest::parse(text, folder) {
        Ok(manifest) => manifest,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "refused without a reason");
            return;
        }
    };
    let commented = Manifest::parse(&format!("{text}\n# said again\n"), folder);
    let names = names(text);
    for again in [Manifest::parse(text, folder), commented] {
        let again = again.unwrap_or_else(|error| panic!("accepted, then refused: {error}"));
        demand_the_same(&manifest, &again, &names);
    }
    let unnamed: WorkflowName = name("not-in-any-manifest");
    for step in names.iter().filter_map(|name| name.parse::<StepRef>().ok()) {
        let policy = manifest.policy(&unnamed, &step);
        assert_eq!(
            *policy,
            StepPolicy::default(),
            "granted to a workflow that isn't named"
        );
    }
    let _missing = Review::new(&WORKFLOW, &manifest, None).lacks_grants();
    let _unknown = manifest.unknown_steps(&WORKFLOW);
}

fn demand_the_same(first: &Manifest, second: &Manifest, names: &BTreeSet<String>) {
    let workflows = names.iter().filter_map(|name| name.parse::<WorkflowName>().ok());
    for workflow in workflows {
        for step in names.iter().filter_map(|name| name.parse::<StepRef>().ok()) {
            let (one, other) = (first.policy(&workflow, &step), second.policy(&workflow, &step));
            within_bounds(&one);
            assert_eq!(
                one, other,
                "{workflow}, {step}: read again, it grants something else"
            );
        }
    }
}

/// What is accepted can be kept: the limits of limits.
fn within_bounds(policy: &StepPolicy) {
    let limits = &policy.limits;
    for bytes in [limits.memory_bytes, limits.output_bytes, limits.log_bytes]
        .into_iter()
        .flatten()
    {
        assert!((1..=4 << 30).contains(&bytes), "{policy:?}");
    }
    let longest = limits.deadline.unwrap_or(MAX_SPAN);
    assert!(!longest.is_zero() && longest <= MAX_SPAN, "{policy:?}");
    if let Some(retry) = &policy.retry {
        assert!(
            (1..=MAX_ATTEMPTS).contains(&retry.max_attempts) && retry.jitter_percent <= 100,
            "{policy:?}"
        );
        assert!(retry.initial <= MAX_SPAN && retry.cap <= MAX_SPAN, "{policy:?}");
    }
}

/// Some of what could be a name in the text. Those of workflows and steps are among the first words of their lines.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let names = words.filter(|word| !word.is_empty()).map(str::to_owned);
    names
        .take(400)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .take(40)
        .collect()
}

/// A workflow that asks for things, some of which the seeds grant.
static WORKFLOW: LazyLock<Workflow> = LazyLock::new(|| {
    let http = Request::Http {
        origin: "https://pay.example/v1".to_owned(),
        private: true,
        methods: Vec::new(),
    };
    let secret = Request::Secret {
        name: "CARD_KEY".to_owned(),
    };
    let built = WorkflowBuilder::new("order-flow", 1)
        .step(
            step("charge")
                .emits("charged", ["done"])
                .request(http)
                .request(secret)
                .request(Request::Clock),
        )
        .build();
    built.unwrap_or_else(|error| panic!("the workflow of this target: {error}"))
});

fn name<T: std::str::FromStr<Err = hephaestus_core::InvalidName>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}
