//! What a step reads, and where it logs. One type for both worlds: backed by the host in a component, by memory in
//! native unit tests.

mod capabilities;
#[cfg(target_family = "wasm")]
pub(crate) mod host;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod memory;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod script;

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{FromContext, Step, StepError};

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every detail.
    Trace,
    /// For those who develop the step.
    Debug,
    /// What happened, in the ordinary course.
    Info,
    /// Odd, but the step goes on.
    Warn,
    /// The step can't do what it is for.
    Error,
}

/// The facts of a log line: `&[("items", &3), ("sku", &sku)]`.
pub type Fields<'a> = &'a [(&'a str, &'a dyn Display)];

/// The instance that a step runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id, a UUID.
    pub id: String,
    /// What people call it: `key::value`.
    pub business_id: String,
    /// The name of its workflow.
    pub workflow: String,
    /// The version of its workflow.
    pub version: u32,
}

/// What a [`Context`] reads from.
pub(crate) trait Source {
    fn initial(&self) -> String;
    /// The error is for people.
    fn result(&self, step: &str) -> Result<Option<String>, String>;
    fn config(&self) -> Option<String>;
    fn instance(&self) -> Instance;
    fn step(&self) -> String;
    fn attempt(&self) -> u32;
    fn idempotency_key(&self) -> String;
    fn log(&self, level: Level, message: &str, fields: Vec<(String, String)>);
    /// What the step saved last, as JSON.
    fn checkpoint(&self) -> Option<String>;
    /// Durable when it returns.
    fn save_checkpoint(&self, progress: String) -> Result<(), StepError>;
    /// Secrets and HTTP, as the test has them.
    #[cfg(not(target_family = "wasm"))]
    fn capabilities(&self) -> std::rc::Rc<std::cell::RefCell<script::Capabilities>>;
}

/// Why a result can't be read, in the words of host and tests alike.
pub(crate) fn unknown_step(step: &str) -> String {
    format!("the workflow has no step `{step}`")
}

/// As [`unknown_step`].
pub(crate) fn not_an_ancestor(step: &str) -> String {
    format!("step `{step}` doesn't lie before it, so whether it has completed depends on its speed")
}

/// What a running step can read: the input of its instance, results of the steps before it, its configuration, and
/// which attempt this is. What is not read costs nothing.
///
/// JSON that doesn't fit the type asked for is a permanent error, which names the step and the field.
///
/// ```
/// use hephaestus_guest::{Context, StepError};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     total_cents: u64,
/// }
///
/// fn total(ctx: &Context) -> Result<u64, StepError> {
///     let order: Order = ctx.initial()?;
///     ctx.info("read the order", &[("total_cents", &order.total_cents)]);
///     Ok(order.total_cents)
/// }
/// ```
pub struct Context {
    source: Box<dyn Source>,
}

impl Context {
    pub(crate) fn new(source: impl Source + 'static) -> Self {
        Self {
            source: Box::new(source),
        }
    }

    /// The input of the instance: always a JSON object.
    pub fn initial<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        self.parse(&self.source.initial(), || "the input of the instance".into())
    }

    /// The result of a step that lies before this one on some path. `None`: it hasn't completed (its branch was not
    /// taken), or completed without a result. A step that doesn't lie before this one is a permanent error.
    pub fn result_of<S: Step>(&self) -> Result<Option<S::Output>, StepError> {
        self.result(S::NAME)
    }

    /// As [`result_of`](Self::result_of), for a step whose result has to be there: a permanent error if it isn't.
    pub fn require<S: Step>(&self) -> Result<S::Output, StepError> {
        match self.result_of::<S>()? {
            Some(output) => Ok(output),
            // What can be read from nothing (`()`, an `Option`, any JSON) is there even so.
            None => serde_json::from_str("null").map_err(|_| {
                StepError::permanent(format!(
                    "step `{}` needs the result of step `{1}`, which hasn't completed, or completed without a result: \
                     read `Option<ResultOf<…>>`, or let `{1}` end `.with(…)` one",
                    self.step(),
                    S::NAME
                ))
            }),
        }
    }

    /// As [`result_of`](Self::result_of), for a step that is known by name only.
    pub fn result<T: DeserializeOwned>(&self, step: &str) -> Result<Option<T>, StepError> {
        let json = self.source.result(step).map_err(|reason| {
            StepError::permanent(format!("step `{}` can't read a result: {reason}", self.step()))
        })?;
        // `null` and no result are the same to the reader: an event without a payload leaves either.
        match json.as_deref() {
            None | Some("null") => Ok(None),
            Some(json) => self
                .parse(json, || format!("the result of step `{step}`"))
                .map(Some),
        }
    }

    /// The configuration of the step, as the workflow gives it; without one, JSON's `null`.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        let config = self.source.config();
        self.parse(config.as_deref().unwrap_or("null"), || "its configuration".into())
    }

    /// Whatever can be had from a context: what the parameters of a [`#[step]`](macro@crate::step) function get.
    pub fn get<T: FromContext>(&self) -> Result<T, StepError> {
        T::from_context(self)
    }

    /// The instance that the step runs in.
    pub fn instance(&self) -> Instance {
        self.source.instance()
    }

    /// The name of the running step.
    pub fn step(&self) -> String {
        self.source.step()
    }

    /// Which try of the step this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.source.attempt()
    }

    /// The same for every try of this step in this instance, and for nothing else: hand it to the systems that the
    /// step calls, so that they recognise a repetition.
    pub fn idempotency_key(&self) -> String {
        self.source.idempotency_key()
    }

    /// What this step saved last with [`save_checkpoint`](Self::save_checkpoint), in this attempt or in one before it.
    /// `None`: it has saved nothing yet.
    ///
    /// A long step begins with it, and so never does again what it has done:
    ///
    /// ```
    /// use hephaestus_guest::{Context, StepError};
    ///
    /// fn send_all(letters: &[String], ctx: &Context) -> Result<(), StepError> {
    ///     let sent: usize = ctx.checkpoint()?.unwrap_or(0);
    ///     for (at, letter) in letters.iter().enumerate().skip(sent) {
    ///         ctx.info("sends a letter", &[("to", letter)]);
    ///         ctx.save_checkpoint(&(at + 1))?;
    ///     }
    ///     Ok(())
    /// }
    ///
    /// use hephaestus_guest::testing::TestContext;
    ///
    /// let ctx = TestContext::new().checkpoint(1);
    /// send_all(&["Ada".into(), "Bo".into(), "Cy".into()], &ctx).unwrap();
    /// assert_eq!(ctx.checkpoints::<usize>(), [2, 3]);
    /// ```
    ///
    /// What happened after the last save happens again if the attempt fails or its host ends: between a deed and its
    /// checkpoint there is always a gap, for which there is [`idempotency_key`](Self::idempotency_key).
    pub fn checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, StepError> {
        let progress = self.source.checkpoint();
        let progress = progress.as_deref();
        progress
            .map(|json| self.parse(json, || "its checkpoint".into()))
            .transpose()
    }

    /// Saves how far the step has come, in the place of what it saved before. Durable when this returns: a next attempt
    /// goes on from here, whether this one fails or its host ends. Each save is a write of the host's store: save after
    /// what would be a pity to do again, not after every line. Dropped when the step is over.
    ///
    /// An error says whether another attempt may succeed (the store doesn't answer) or not (it is too long: 256 KiB
    /// unless the host says otherwise). What was saved before stays; a step that can do without goes on.
    pub fn save_checkpoint<T: Serialize + ?Sized>(&self, progress: &T) -> Result<(), StepError> {
        let progress = serde_json::to_string(progress).map_err(|error| {
            StepError::permanent(format!(
                "the checkpoint of step `{}` can't be written as JSON: {error}",
                self.step()
            ))
        })?;
        self.source.save_checkpoint(progress)
    }

    /// Writes one log line, kept with the attempt.
    pub fn log(&self, level: Level, message: &str, fields: Fields<'_>) {
        let fields = fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.to_string()))
            .collect();
        self.source.log(level, message, fields);
    }

    /// Logs every detail.
    pub fn trace(&self, message: &str, fields: Fields<'_>) {
        self.log(Level::Trace, message, fields);
    }

    /// Logs for those who develop the step.
    pub fn debug(&self, message: &str, fields: Fields<'_>) {
        self.log(Level::Debug, message, fields);
    }

    /// Logs what happened, in the ordinary course.
    pub fn info(&self, message: &str, fields: Fields<'_>) {
        self.log(Level::Info, message, fields);
    }

    /// Logs something odd.
    pub fn warn(&self, message: &str, fields: Fields<'_>) {
        self.log(Level::Warn, message, fields);
    }

    /// Logs why the step can't do what it is for.
    pub fn error(&self, message: &str, fields: Fields<'_>) {
        self.log(Level::Error, message, fields);
    }

    fn parse<T: DeserializeOwned>(&self, json: &str, what: impl Fn() -> String) -> Result<T, StepError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." {
                String::new()
            } else {
                format!(", field `{path}`")
            };
            StepError::permanent(format!(
                "step `{}` can't read {}{field}: {}",
                self.step(),
                what(),
                error.inner()
            ))
        })
    }
}
