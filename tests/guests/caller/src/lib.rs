//! A guest that asks for secrets and sends HTTP requests as the test says: for each step, the input has what it does.
//!
//! ```text
//! call --finished--> after --finished--> done
//! ```

use std::cell::RefCell;
use std::time::Duration;

use hephaestus_guest::http::HttpError;
use hephaestus_guest::{
    Context, Denied, Finished, Initial, SecretError, StepError, StepResult, step, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

workflow! {
    /// The graph.
    pub caller v1 {
        call => after,
        after => done,
    }
}

/// Does its deed.
#[step(requests(
    http = "http://127.0.0.1:1",
    private_http = "http://ledger.internal",
    secret = "TOKEN"
))]
pub fn call(Initial(mut deeds): Initial<Deeds>, ctx: &Context) -> StepResult<Finished, Seen> {
    act(ctx, deeds.call.take())
}

/// Does its deed; it is the same code, with other grants.
#[step]
pub fn after(Initial(mut deeds): Initial<Deeds>, ctx: &Context) -> StepResult<Finished, Seen> {
    act(ctx, deeds.after.take())
}

/// What the steps do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deeds {
    call: Option<Deed>,
    after: Option<Deed>,
}

thread_local! {
    /// What an earlier attempt in the same guest instance has read.
    static REMEMBERED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a step does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deed {
    /// Reads this secret.
    secret: Option<String>,
    /// Prints the secret, logs it, and puts it into an error.
    blurt: bool,
    /// Sends a request there.
    url: Option<String>,
    /// With this method.
    method: Option<String>,
    /// And this body.
    json: Option<Value>,
    /// And so many bytes as its body.
    bytes: Option<usize>,
    /// And the key.
    idempotent: bool,
    /// And the secret as a token.
    bearer: bool,
    /// So often.
    times: u32,
    /// And this patience.
    timeout_ms: Option<u64>,
    /// Lets the step fail where something fails; else its result says what failed.
    fail: bool,
}

/// What a step saw.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Seen {
    /// How long the secret is.
    secret_bytes: Option<usize>,
    /// Whether an earlier attempt left something behind.
    remembers: bool,
    status: Option<u16>,
    body: Option<String>,
    /// Which error came.
    error: Option<String>,
    /// What it says.
    message: Option<String>,
    /// The lines of the manifest that are missing.
    manifest: Option<String>,
}

fn act(ctx: &Context, deed: Option<Deed>) -> StepResult<Finished, Seen> {
    let deed = deed.unwrap_or_default();
    let mut seen = Seen {
        remembers: REMEMBERED.with_borrow(Option::is_some),
        ..Seen::default()
    };
    if let Err(error) = try_act(ctx, &deed, &mut seen) {
        if deed.fail {
            return Err(error.into());
        }
        error.show(&mut seen);
    }
    Ok(Finished.with(seen))
}

fn try_act(ctx: &Context, deed: &Deed, seen: &mut Seen) -> Result<(), Problem> {
    let secret = deed.secret.as_deref().map(|name| ctx.secret(name)).transpose()?;
    if let Some(secret) = &secret {
        seen.secret_bytes = Some(secret.expose().len());
        REMEMBERED.set(Some(secret.expose().to_owned()));
        if deed.blurt {
            blurt(ctx, secret.expose())?;
        }
    }
    let Some(url) = &deed.url else {
        return Ok(());
    };
    for _ in 1..deed.times {
        let _ = ctx.http().get(url).send()?;
    }
    let mut call = ctx.http().request(deed.method.as_deref().unwrap_or("GET"), url);
    if let Some(json) = &deed.json {
        call = call.json(json);
    }
    if let Some(bytes) = deed.bytes {
        call = call.body(vec![b'x'; bytes]);
    }
    if deed.idempotent {
        call = call.idempotent();
    }
    if let Some(secret) = secret.as_ref().filter(|_| deed.bearer) {
        call = call.bearer(secret);
    }
    if let Some(timeout) = deed.timeout_ms {
        call = call.timeout(Duration::from_millis(timeout));
    }
    let response = call.send()?;
    seen.status = Some(response.status());
    seen.body = Some(response.text()?.to_owned());
    response.error_for_status()?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the test looks for what the guest prints")]
fn blurt(ctx: &Context, secret: &str) -> Result<(), Problem> {
    println!("the secret is {secret}");
    ctx.info(&format!("the secret is {secret}"), &[("secret", &secret)]);
    Err(Problem::Blurted(format!("the secret is {secret}")))
}

/// Whatever went wrong.
enum Problem {
    Secret(SecretError),
    Http(HttpError),
    Blurted(String),
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}

impl From<HttpError> for Problem {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

impl From<Problem> for StepError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Secret(error) => error.into(),
            Problem::Http(error) => error.into(),
            Problem::Blurted(message) => Self::permanent(message),
        }
    }
}

impl Problem {
    fn show(self, seen: &mut Seen) {
        if let Self::Secret(SecretError::Denied(denied)) | Self::Http(HttpError::Denied(denied)) = &self {
            let Denied { manifest_line, .. } = denied;
            seen.manifest = Some(manifest_line.clone());
        }
        let kind = match &self {
            Self::Secret(error) => format!("{error:?}"),
            Self::Http(error) => format!("{error:?}"),
            Self::Blurted(_) => "Blurted".to_owned(),
        };
        seen.error = kind.split([' ', '(', '{']).next().map(str::to_owned);
        seen.message = Some(StepError::from(self).message().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::http::Response;
    use hephaestus_guest::testing::TestContext;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_graph_is_sound() {
        caller().assert_sound();
    }

    #[test]
    fn it_does_what_the_test_says() -> Result<(), StepError> {
        let ctx = TestContext::new()
            .initial(json!({ "call": { "secret": "TOKEN", "url": "https://a.test/x", "bearer": true } }))
            .secret("TOKEN", "t0ken")
            .respond("GET", "https://a.test/x", Response::new(200).with_body("hello"));
        let outcome = ctx.run::<call>()?;
        let seen = outcome.output();
        assert_eq!(seen.and_then(|seen| seen.secret_bytes), Some(5));
        assert_eq!(seen.and_then(|seen| seen.body.as_deref()), Some("hello"));
        Ok(())
    }
}
