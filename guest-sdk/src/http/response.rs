//! The whole answer to a request.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{HttpError, Prepared};

/// How much of a body an error shows.
const EXCERPT_CHARS: usize = 200;

/// The whole answer to a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// `GET https://…`, for errors.
    answers: String,
}

impl Response {
    /// An answer without a body, for tests.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            answers: String::new(),
        }
    }

    /// An answer of JSON, for tests.
    ///
    /// # Panics
    /// If `value` can't be written as JSON.
    pub fn json_of(status: u16, value: impl Serialize) -> Self {
        let body = serde_json::to_vec(&value)
            .unwrap_or_else(|error| panic!("the body of the response is not JSON: {error}"));
        Self::new(status)
            .with_header("content-type", "application/json")
            .with_body(body)
    }

    /// Adds a header, for tests.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, for tests.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn answering(mut self, request: &Prepared) -> Self {
        self.answers = format!("{} {}", request.method, request.url);
        self
    }

    /// The status code, like 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status code is one of success: 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// All headers. What a header says that is no UTF-8 has replacement characters.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.body
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, HttpError> {
        std::str::from_utf8(&self.body).map_err(|error| self.invalid_body(format!("not UTF-8 ({error})")))
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let field = if path == "." {
                String::new()
            } else {
                format!("field `{path}`: ")
            };
            self.invalid_body(format!("{field}{}", error.inner()))
        })?;
        deserializer
            .end()
            .map_err(|error| self.invalid_body(error.to_string()))?;
        Ok(value)
    }

    /// The answer, if its status is one of success; else an error that knows whether trying again helps: it does after
    /// 408, 425, 429 and from 500 on.
    pub fn error_for_status(self) -> Result<Self, HttpError> {
        if self.is_success() {
            return Ok(self);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(HttpError::Status {
            status: self.status,
            request: self.answers,
            excerpt: text.chars().take(EXCERPT_CHARS).collect(),
        })
    }

    fn invalid_body(&self, reason: String) -> HttpError {
        HttpError::InvalidBody {
            request: self.answers.clone(),
            reason,
        }
    }
}

/// Without the body, which may be large, and may be nobody's business.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
