//! The capabilities of native tests: what a test grants and scripts, and what the step did with it. Shared by all
//! contexts in memory.

use std::collections::{BTreeMap, VecDeque};

use hephaestus_core::capability::{HttpPattern, HttpTarget, manifest_lines};

use crate::bindings::hephaestus::workflow::types as wit;
use crate::http::{HttpError, Prepared, Response};
use crate::request::{http_to, to_core};
use crate::testing::SentRequest;
use crate::{Denied, Secret, SecretError};

/// The step that asks.
pub(crate) struct Place {
    pub(crate) workflow: String,
    pub(crate) step: String,
}

/// What an answer is scripted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    method: String,
    url: String,
}

/// Default deny, as in the host: what is not in here isn't granted.
#[derive(Debug, Default)]
pub(crate) struct Capabilities {
    secrets: BTreeMap<String, Secret>,
    answers: BTreeMap<Question, VecDeque<Result<Response, HttpError>>>,
    denied: Vec<HttpPattern>,
    sent: Vec<SentRequest>,
}

impl Capabilities {
    pub(crate) fn grant_secret(&mut self, name: &str, value: &str) {
        self.secrets
            .insert(name.to_owned(), Secret::new(value.to_owned()));
    }

    pub(crate) fn answer(&mut self, method: &str, url: &str, answer: Result<Response, HttpError>) {
        let question = Question {
            method: method.to_ascii_uppercase(),
            url: url.to_owned(),
        };
        self.answers.entry(question).or_default().push_back(answer);
    }

    /// # Panics
    /// If `origin` is none.
    pub(crate) fn deny_http(&mut self, origin: &str) {
        match HttpPattern::parse(origin) {
            Ok(pattern) => self.denied.push(pattern),
            Err(error) => panic!("the test denies HTTP requests to something that is none: {error}"),
        }
    }

    pub(crate) fn sent(&self) -> Vec<SentRequest> {
        self.sent.clone()
    }

    pub(crate) fn secret(&self, name: &str, place: &Place) -> Result<Secret, SecretError> {
        self.secrets
            .get(name)
            .cloned()
            .ok_or_else(|| SecretError::Denied(place.deny(&wit::Request::Secret(name.to_owned()))))
    }

    pub(crate) fn exchange(&mut self, request: &Prepared, place: &Place) -> Result<Response, HttpError> {
        let url = request.url.as_str();
        let target = HttpTarget::parse(url).map_err(|error| HttpError::InvalidRequest {
            url: request.url.to_string(),
            reason: error.problem.to_owned(),
        })?;
        if self.denied.iter().any(|pattern| pattern.covers(&target)) {
            return Err(HttpError::Denied(
                place.deny(&http_to(request.url.without_query(), false)),
            ));
        }
        let question = Question {
            method: request.method.clone(),
            url: url.to_owned(),
        };
        let answer = self.answers.get_mut(&question).and_then(VecDeque::pop_front);
        let Some(answer) = answer else {
            return Err(self.unscripted(&question));
        };
        self.sent.push(SentRequest::new(request));
        answer.map(|response| response.answering(request))
    }

    fn unscripted(&self, question: &Question) -> HttpError {
        let Question { method, url } = question;
        let fix = match self.answers.get(question) {
            Some(_) => format!(
                "the test scripts an answer to {method} {url}, but the step asked once more: add another `.respond({method:?}, {url:?}, …)`"
            ),
            None => {
                let scripted: Vec<String> = self
                    .answers
                    .keys()
                    .map(|it| format!("{} {}", it.method, it.url))
                    .collect();
                let scripted = if scripted.is_empty() {
                    "nothing".to_owned()
                } else {
                    scripted.join(", ")
                };
                format!(
                    "the test scripts no answer to {method} {url}: add `.respond({method:?}, {url:?}, Response::new(200))`; scripted is {scripted}"
                )
            }
        };
        HttpError::Unscripted { fix }
    }
}

impl Place {
    fn deny(&self, request: &wit::Request) -> Denied {
        let lines = manifest_lines(&self.workflow, &self.step, &to_core(request.clone()));
        Denied::new(request, lines)
    }
}
