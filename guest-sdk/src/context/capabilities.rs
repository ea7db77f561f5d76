//! What a step reaches beyond its instance: secrets and HTTP.
//!
//! In a component each goes straight to the host, not through `Source`: what is behind a trait object is imported
//! whether it is used or not, and a component that asks for no HTTP should not import any.

use super::Context;
use crate::http::{Client, HttpError, Prepared, Response};
use crate::{Secret, SecretError};

impl Context {
    /// The secret of this name, if the operator granted it to this step. Declare it among the step's
    /// [`requests`](crate::StepSpec::requests), so that operators know.
    ///
    /// ```
    /// use hephaestus_guest::{Context, StepError};
    ///
    /// fn token(ctx: &Context) -> Result<String, StepError> {
    ///     let token = ctx.secret("STOCK_TOKEN")?;
    ///     Ok(format!("Bearer {}", token.expose()))
    /// }
    ///
    /// // In a test nothing is granted either, unless the test does.
    /// use hephaestus_guest::testing::TestContext;
    ///
    /// assert_eq!(token(&TestContext::new().secret("STOCK_TOKEN", "t0ken")).unwrap(), "Bearer t0ken");
    /// let error = token(&TestContext::new()).unwrap_err();
    /// assert!(error.is_denied());
    /// assert!(error.message().contains("secrets = [\"STOCK_TOKEN\"]"));
    /// ```
    pub fn secret(&self, name: &str) -> Result<Secret, SecretError> {
        #[cfg(target_family = "wasm")]
        return super::host::secret(name);
        #[cfg(not(target_family = "wasm"))]
        self.source.capabilities().borrow().secret(name, &self.place())
    }

    /// Sends HTTP requests: see [`http`](crate::http).
    pub fn http(&self) -> Client<'_> {
        Client::new(self)
    }

    pub(crate) fn exchange(&self, request: Prepared) -> Result<Response, HttpError> {
        #[cfg(target_family = "wasm")]
        return crate::http::wasi::exchange(&request);
        #[cfg(not(target_family = "wasm"))]
        self.source
            .capabilities()
            .borrow_mut()
            .exchange(&request, &self.place())
    }

    #[cfg(not(target_family = "wasm"))]
    fn place(&self) -> super::script::Place {
        super::script::Place {
            workflow: self.source.instance().workflow,
            step: self.source.step(),
        }
    }
}
