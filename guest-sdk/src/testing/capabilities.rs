//! What a test grants to a step, and what the step did with it.

use serde::de::DeserializeOwned;

use super::{Setup, TestContext, TestRun};
use crate::Request;
use crate::http::{HttpError, Prepared, Response};

/// A request that a step sent and that a test answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentRequest {
    /// The method, in capitals.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers, as the step set them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SentRequest {
    pub(crate) fn new(request: &Prepared) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.as_str().to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        }
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }
}

/// A scripted answer: a [`Response`], or an [`HttpError`].
pub trait Answer {
    /// What the step gets.
    fn into_answer(self) -> Result<Response, HttpError>;
}

impl Answer for Response {
    fn into_answer(self) -> Result<Response, HttpError> {
        Ok(self)
    }
}

impl Answer for HttpError {
    fn into_answer(self) -> Result<Response, HttpError> {
        Err(self)
    }
}

/// Capabilities: see [`Context::http`](crate::Context::http) and [`Context::secret`](crate::Context::secret).
impl TestContext {
    /// Grants a secret. Those that are not granted are denied, as in the host.
    #[must_use]
    pub fn secret(self, name: &str, value: &str) -> Self {
        self.capabilities().borrow_mut().grant_secret(name, value);
        self
    }

    /// Scripts the answer to one request. Several for the same request are given in this order. A request that isn't
    /// scripted is [`HttpError::Unscripted`].
    #[must_use]
    pub fn respond(self, method: &str, url: &str, answer: impl Answer) -> Self {
        self.capabilities()
            .borrow_mut()
            .answer(method, url, answer.into_answer());
        self
    }

    /// Denies HTTP requests to an origin, as the host does without a grant. Other requests are denied or not
    /// scripted anyway.
    ///
    /// # Panics
    /// If the origin of the request is none.
    #[must_use]
    pub fn deny(self, request: Request) -> Self {
        if let Some(origin) = request.origin() {
            self.capabilities().borrow_mut().deny_http(origin);
        }
        self
    }

    /// The requests that were sent and answered so far.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.capabilities().borrow().sent()
    }
}

/// Capabilities of all steps of the run: as those of [`TestContext`].
impl Setup {
    /// Grants a secret to every step.
    pub fn secret(self, name: &str, value: &str) -> Self {
        self.capabilities().borrow_mut().grant_secret(name, value);
        self
    }

    /// Scripts the answer to one request: see [`TestContext::respond`].
    pub fn respond(self, method: &str, url: &str, answer: impl Answer) -> Self {
        self.capabilities()
            .borrow_mut()
            .answer(method, url, answer.into_answer());
        self
    }

    /// Denies HTTP requests to an origin: see [`TestContext::deny`].
    ///
    /// # Panics
    /// If the origin of the request is none.
    pub fn deny(self, request: Request) -> Self {
        if let Some(origin) = request.origin() {
            self.capabilities().borrow_mut().deny_http(origin);
        }
        self
    }
}

impl TestRun {
    /// The requests that steps sent and that were answered so far.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.capabilities().borrow().sent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FailureKind;
    use crate::{Context, Finished, StepResult, step, workflow};

    workflow! {
        /// Fetches something.
        fetching v1 {
            fetch => done
        }
    }

    const URL: &str = "https://api.example/thing";

    #[step(requests(http = "https://api.example", secret = "TOKEN"))]
    fn fetch(ctx: &Context) -> StepResult<Finished, u16> {
        let response = ctx.http().get(URL).bearer(&ctx.secret("TOKEN")?).send()?;
        Ok(Finished.with(response.error_for_status()?.status()))
    }

    #[test]
    fn a_run_has_what_its_test_grants() {
        let run = TestRun::of(fetching())
            .secret("TOKEN", "t0ken")
            .respond("GET", URL, Response::new(200))
            .start();
        run.assert_completed();
        assert_eq!(run.requests()[0].header("authorization"), Some("Bearer t0ken"));
    }

    #[test]
    fn a_run_without_grants_fails_as_in_the_host() {
        for run in [
            TestRun::of(fetching()).start(),
            TestRun::of(fetching())
                .secret("TOKEN", "t0ken")
                .deny(Request::http("https://*.example"))
                .deny(Request::http("https://api.example"))
                .start(),
        ] {
            run.assert_failed(FailureKind::CapabilityDenied);
        }
    }
}
