//! `hephaestus run`, as meant.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use hephaestus_host::core::{BusinessValue, EventName, Json, StepRef};
use hephaestus_host::deploy::Manifest;
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::store::sqlite::{SqliteOptions, Synchronous};

use super::component::read_component;
use super::store::{StoreChoice, read_store};
use super::words::{not_utf8, reason, strip_prefix};
use crate::args::{DurabilityWord, RunArgs};
use crate::invocation::Invocation;
use crate::usage::UsageError;

/// No input is read further than this. The host's own limit is lower; this one keeps `@/dev/zero` from eating memory.
const MAX_INPUT_BYTES: u64 = 64 << 20;

/// What `hephaestus run` is to do.
#[derive(Debug)]
pub(crate) struct RunOptions {
    /// The bytes of the component.
    pub(crate) component: Vec<u8>,
    /// The input; `None`: none was given.
    pub(crate) input: Option<Json>,
    /// The caller's name for the instance.
    pub(crate) id: Option<BusinessValue>,
    /// Where instances are kept.
    pub(crate) store: StoreChoice,
    /// How its file is used.
    pub(crate) durability: Synchronous,
    /// How long instances are kept after they ended; `None`: for ever.
    pub(crate) retain: Option<Duration>,
    /// What steps may use.
    pub(crate) manifest: Manifest,
    /// Events to send, in order.
    pub(crate) events: Vec<EventToSend>,
    /// How long to follow a waiting instance.
    pub(crate) wait: Duration,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
    /// How to repeat this command.
    pub(crate) invocation: Invocation,
}

impl RunOptions {
    /// How a store that is a file is used.
    pub(crate) fn sqlite(&self) -> SqliteOptions {
        let mut options = SqliteOptions::default();
        options.synchronous = self.durability;
        options
    }
}

/// One `--event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventToSend {
    /// The step that it is meant for, if the sender says so.
    pub(crate) step: Option<StepRef>,
    /// Its name.
    pub(crate) name: EventName,
    /// What it brings.
    pub(crate) payload: Option<Json>,
}

impl fmt::Display for EventToSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "{step}.{}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// Makes sense of what was typed. `stdin` is read if the input is `-`.
pub(crate) fn resolve(
    args: &RunArgs,
    program: &OsStr,
    stdin: &mut dyn Read,
) -> Result<RunOptions, UsageError> {
    // The cheap ones first, so that a typo isn't found only after a pipe was drained.
    let id = args.id.as_deref().map(read_id).transpose()?;
    let store = read_store(&args.store)?;
    let events = args
        .event
        .iter()
        .map(|text| read_event(text))
        .collect::<Result<_, _>>()?;
    let wait = args.wait.as_deref().map(read_wait).transpose()?;
    let retain = args.retain.as_deref().map(read_retain).transpose()?;
    let durability = read_durability(args.durability, &store)?;
    let manifest = args.manifest.as_deref().map(read_manifest).transpose()?;
    let component = read_component(&args.component)?.bytes;
    let input = args
        .input
        .as_deref()
        .map(|text| read_input(text, stdin))
        .transpose()?;
    Ok(RunOptions {
        component,
        input,
        id,
        store,
        durability,
        retain,
        manifest: manifest.unwrap_or_default(),
        events,
        wait: wait.unwrap_or_default(),
        json: args.json,
        invocation: Invocation::run(program, args),
    })
}

pub(super) fn read_manifest(path: &Path) -> Result<Manifest, UsageError> {
    Manifest::load(path).map_err(|error| {
        UsageError::new(
            "--manifest",
            format!("that {error}"),
            "a TOML file like the one in docs/manifest.md",
            "correct it; without --manifest nothing is granted",
        )
    })
}

fn read_id(text: &str) -> Result<BusinessValue, UsageError> {
    BusinessValue::new(text).map_err(|error| {
        let fix = match text.split_once("::") {
            Some((_, value)) => format!("leave out the key: --id {value}"),
            None => "choose another value, or leave --id out to get a new one".to_owned(),
        };
        UsageError::new("--id", format!("{:?}", error.text), error.expected, fix)
    })
}

fn read_event(text: &str) -> Result<EventToSend, UsageError> {
    let (name, payload) = match text.split_once('=') {
        Some((name, payload)) => (name, Some(payload)),
        None => (text, None),
    };
    let (step, name) = match name.split_once('.') {
        Some((step, name)) => (Some(step), name),
        None => (None, name),
    };
    let not_a_name = |_| {
        UsageError::new(
            "--event",
            format!("{text:?}"),
            "NAME, NAME=JSON or STEP.NAME=JSON, with kebab-case names",
            "like --event approved or --event 'approved={\"by\":\"kim\"}'",
        )
    };
    let step = step.map(StepRef::new).transpose().map_err(not_a_name)?;
    let name = EventName::new(name).map_err(not_a_name)?;
    if name.is_failed() {
        return Err(UsageError::new(
            "--event",
            "`failed`, which is reserved",
            "an event that a step accepts",
            "only the host says that a step failed",
        ));
    }
    let payload = payload.map(Json::parse).transpose().map_err(|error| {
        UsageError::new(
            "--event",
            format!("a payload of `{name}` that is {error}"),
            "one JSON value behind `=`",
            format!("text needs its quotes twice: --event '{name}=\"text\"'"),
        )
    })?;
    Ok(EventToSend { step, name, payload })
}

fn read_durability(word: Option<DurabilityWord>, store: &StoreChoice) -> Result<Synchronous, UsageError> {
    if word.is_some() && *store == StoreChoice::Memory {
        return Err(UsageError::new(
            "--durability",
            "it beside `--store memory`, where nothing is durable",
            "a store that is a file",
            "leave it out, or say --store sqlite:PATH",
        ));
    }
    Ok(match word {
        None | Some(DurabilityWord::Full) => Synchronous::Full,
        Some(DurabilityWord::Normal) => Synchronous::Normal,
    })
}

fn read_retain(text: &str) -> Result<Duration, UsageError> {
    humantime::parse_duration(text).map_err(|error| {
        UsageError::new(
            "--retain",
            format!("{text:?} ({error})"),
            "a duration with its unit",
            "like --retain 30d or --retain 12h",
        )
    })
}

pub(super) fn read_wait(text: &str) -> Result<Duration, UsageError> {
    humantime::parse_duration(text).map_err(|error| {
        UsageError::new(
            "--wait",
            format!("{text:?} ({error})"),
            "a duration with its unit",
            "like --wait 30s, --wait 5min or --wait 2h",
        )
    })
}

fn read_input(text: &OsStr, stdin: &mut dyn Read) -> Result<Json, UsageError> {
    let (place, text) = if text == "-" {
        ("standard input".to_owned(), read_text(stdin, "standard input")?)
    } else if let Some(path) = strip_prefix(text, "@") {
        let place = Path::new(&path).display().to_string();
        let mut file = File::open(&path).map_err(|cause| unreadable(&place, &cause))?;
        let text = read_text(&mut file, &place)?;
        (place, text)
    } else {
        let text = text.to_str().ok_or_else(|| unreadable("the text", &not_utf8()))?;
        ("the text".to_owned(), text.to_owned())
    };
    read_object(&place, &text)
}

fn read_object(place: &str, text: &str) -> Result<Json, UsageError> {
    let json = Json::parse(text).map_err(|error| {
        UsageError::new(
            "--input",
            format!("in {place}: {error}"),
            "one JSON object",
            "give the text, @FILE, or - for standard input",
        )
    })?;
    let (bytes, max_bytes) = (json.as_str().len(), RunnerLimits::default().max_input_bytes);
    if bytes > max_bytes {
        return Err(UsageError::new(
            "--input",
            format!("{bytes} bytes in {place}"),
            format!("at most {max_bytes} bytes"),
            "hand large data over by reference",
        ));
    }
    if json.is_object() {
        return Ok(json);
    }
    let found = match json.to_value() {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    };
    Err(UsageError::new(
        "--input",
        format!("{found} in {place}"),
        "one JSON object",
        "put the value into an object, like {\"value\": …}",
    ))
}

fn read_text(from: &mut dyn Read, place: &str) -> Result<String, UsageError> {
    let mut text = String::new();
    from.take(MAX_INPUT_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|cause| unreadable(place, &cause))?;
    if text.len() as u64 > MAX_INPUT_BYTES {
        return Err(UsageError::new(
            "--input",
            format!("more than {MAX_INPUT_BYTES} bytes in {place}"),
            "an input that an instance can carry",
            "hand large data over by reference",
        ));
    }
    Ok(text)
}

fn unreadable(place: &str, cause: &io::Error) -> UsageError {
    UsageError::new(
        "--input",
        format!("that {place} can't be read ({})", reason(cause)),
        "a JSON object in UTF-8",
        "give the text, @FILE, or - for standard input",
    )
}

#[cfg(test)]
mod tests;
