//! HTTP, as a step needs it: one request, its whole answer, and errors that know whether trying again helps.
//!
//! ```
//! use hephaestus_guest::{Context, StepError};
//!
//! #[derive(serde::Serialize)]
//! struct Charge {
//!     cents: u64,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Receipt {
//!     id: String,
//! }
//!
//! fn charge(ctx: &Context, cents: u64) -> Result<Receipt, StepError> {
//!     let receipt = ctx
//!         .http()
//!         .post("https://pay.example/v1/charges")
//!         .bearer(&ctx.secret("PAY_TOKEN")?)
//!         .idempotent()
//!         .json(&Charge { cents })
//!         .send()?
//!         .error_for_status()?
//!         .json()?;
//!     Ok(receipt)
//! }
//!
//! // And its test:
//! use hephaestus_guest::http::Response;
//! use hephaestus_guest::testing::TestContext;
//! use serde_json::json;
//!
//! let ctx = TestContext::new()
//!     .secret("PAY_TOKEN", "t0ken")
//!     .respond("POST", "https://pay.example/v1/charges", Response::json_of(201, json!({ "id": "c1" })));
//! assert_eq!(charge(&ctx, 4200).unwrap().id, "c1");
//! assert_eq!(ctx.requests()[0].json::<serde_json::Value>().unwrap(), json!({ "cents": 4200 }));
//! ```
//!
//! The operator has to grant it: declare the [`Request`](crate::Request)s of the step, and the manifest gives them. A
//! component that sends no requests doesn't import `wasi:http`.
//!
//! Redirects are not followed: a redirect is an answer like any other, and following it is another request, which needs
//! a grant of its own.

mod call;
mod error;
mod response;
mod url;
#[cfg(target_family = "wasm")]
pub(crate) mod wasi;

use crate::Context;

pub use call::Call;
pub use error::HttpError;
pub use response::Response;
pub(crate) use url::Url;

/// Begins requests: see [`Context::http`].
pub struct Client<'a> {
    ctx: &'a Context,
}

impl<'a> Client<'a> {
    pub(crate) fn new(ctx: &'a Context) -> Self {
        Self { ctx }
    }

    /// A request for what is at `url`.
    pub fn get(&self, url: impl Into<String>) -> Call<'a> {
        self.request("GET", url)
    }

    /// A request that hands something over.
    pub fn post(&self, url: impl Into<String>) -> Call<'a> {
        self.request("POST", url)
    }

    /// A request that puts something in the place of what is at `url`.
    pub fn put(&self, url: impl Into<String>) -> Call<'a> {
        self.request("PUT", url)
    }

    /// A request that changes a part of what is at `url`.
    pub fn patch(&self, url: impl Into<String>) -> Call<'a> {
        self.request("PATCH", url)
    }

    /// A request that removes what is at `url`.
    pub fn delete(&self, url: impl Into<String>) -> Call<'a> {
        self.request("DELETE", url)
    }

    /// A request with another method.
    pub fn request(&self, method: impl Into<String>, url: impl Into<String>) -> Call<'a> {
        Call::new(self.ctx, method.into(), url.into())
    }
}

/// A request, ready to be sent.
pub(crate) struct Prepared {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    #[cfg_attr(
        not(target_family = "wasm"),
        expect(dead_code, reason = "scripted answers take no time")
    )]
    pub(crate) timeout: Option<std::time::Duration>,
}

#[cfg(test)]
mod tests;
