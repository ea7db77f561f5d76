//! A request that is being put together.

use std::time::Duration;

use serde::Serialize;

use super::{HttpError, Prepared, Response, Url};
use crate::{Context, Secret};

/// A request that is being put together. Begun by [`Client`](super::Client), sent by [`send`](Self::send), which also
/// reports what was wrong with it.
#[must_use = "nothing is sent before `send`"]
pub struct Call<'a> {
    ctx: &'a Context,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    timeout: Option<Duration>,
    /// The first thing that was wrong.
    problem: Option<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(ctx: &'a Context, method: String, url: String) -> Self {
        Self {
            ctx,
            method,
            url,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            problem: None,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Authorises the request with a token: `Authorization: Bearer …`.
    pub fn bearer(self, token: &Secret) -> Self {
        self.header("authorization", format!("Bearer {}", token.expose()))
    }

    /// Adds the header `Idempotency-Key`, with the key of this step in this instance: the other side can then tell a
    /// repetition, after a retry or a crash, from a new request. For one request of the step;
    /// [`idempotent_as`](Self::idempotent_as) tells several apart.
    pub fn idempotent(self) -> Self {
        let key = self.ctx.idempotency_key();
        self.header("idempotency-key", key)
    }

    /// As [`idempotent`](Self::idempotent), for one of several requests of the step: the key ends with `/part`.
    pub fn idempotent_as(self, part: &str) -> Self {
        let key = format!("{}/{part}", self.ctx.idempotency_key());
        self.header("idempotency-key", key)
    }

    /// Hands bytes over.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Hands a value over as JSON, and says so in `Content-Type`.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body = body,
            Err(error) => {
                let problem = format!("the body can't be written as JSON: {error}");
                self.problem.get_or_insert(problem);
            }
        }
        self.header("content-type", "application/json")
    }

    /// How long connecting may take, how long the other side may think before it answers, and how long it may pause
    /// while it does: each of them. The host has limits of its own, and the attempt its deadline.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends the request, and waits for the whole answer. An answer with a status of failure is an answer too: see
    /// [`Response::error_for_status`].
    pub fn send(self) -> Result<Response, HttpError> {
        let url = Url::parse(&self.url).map_err(|reason| HttpError::InvalidRequest {
            url: Url::shown(&self.url),
            reason: reason.to_owned(),
        })?;
        let invalid = |reason: String| HttpError::InvalidRequest {
            url: url.to_string(),
            reason,
        };
        if let Some(reason) = self.problem {
            return Err(invalid(reason));
        }
        check_method(&self.method).map_err(invalid)?;
        for (name, value) in &self.headers {
            check_header(name, value).map_err(invalid)?;
        }
        self.ctx.exchange(Prepared {
            method: self.method.to_ascii_uppercase(),
            url,
            headers: self.headers,
            body: self.body,
            timeout: self.timeout,
        })
    }
}

fn check_method(method: &str) -> Result<(), String> {
    if is_token(method) {
        Ok(())
    } else {
        Err(format!("{method:?} is no method"))
    }
}

/// The value stays out of the error: it may be a secret.
fn check_header(name: &str, value: &str) -> Result<(), String> {
    if !is_token(name) {
        return Err(format!("{name:?} is no name of a header"));
    }
    if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        return Err(format!("the header `{name}` has control characters in its value"));
    }
    Ok(())
}

/// What HTTP calls a token.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
