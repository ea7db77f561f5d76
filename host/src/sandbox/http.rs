//! Outgoing HTTP, behind `wasi:http`: every request is looked up in the grants of its step before anything happens,
//! and goes to an address that was looked at, on a connection of its own.
//!
//! - What is not granted is refused before a name is resolved.
//! - A redirect is an answer like any other: following it is the guest's own new request, and checked as such.
//! - No proxy is used, whatever the environment says; no cookies, no cache, no connections kept.
//! - Requests and responses are bounded in time and size; what goes beyond ends with a typed error of `wasi:http`.

mod address;
mod body;
mod connect;
mod exchange;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hephaestus_core::capability::HttpTarget;
use http::{Method, Request, Response, Uri};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::ctx::GuestCtx;
use super::options::SandboxLimits;
use super::tally::Tally;
use crate::deploy::policy::StepPolicy;

pub(super) use connect::Network;

/// Whether something was denied during a call. Requests outlive the host call that began them, so it is shared.
#[derive(Debug, Clone, Default)]
pub(super) struct Denials(Arc<AtomicBool>);

impl Denials {
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a store keeps for `wasi:http`.
pub(super) struct Http {
    ctx: WasiHttpCtx,
    gate: Gate,
}

/// Decides about each request, and sends those that may go.
struct Gate {
    network: Arc<Network>,
    bounds: Bounds,
    requests_left: u32,
    most_requests: u32,
    policy: Option<Arc<StepPolicy>>,
    denials: Denials,
    tally: Tally,
}

/// How much one exchange may be, and how long it may take. A guest can ask for less time than that.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    request_bytes: usize,
    response_bytes: usize,
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

/// Where a request that was allowed goes.
struct Trip {
    target: HttpTarget,
    /// Whether it may reach addresses of private networks.
    private: bool,
    bounds: Bounds,
    denials: Denials,
    tally: Tally,
}

impl Http {
    pub(super) fn new(network: Arc<Network>, limits: &SandboxLimits, denials: Denials, tally: Tally) -> Self {
        let mut ctx = WasiHttpCtx::new();
        // Of each set of headers; a guest holds as many of them as handles.
        ctx.set_field_size_limit(FIELDS_BYTES);
        Self {
            ctx,
            gate: Gate {
                network,
                bounds: Bounds {
                    request_bytes: limits.http_request_bytes,
                    response_bytes: limits.http_response_bytes,
                    connect: limits.http_connect,
                    first_byte: limits.http_first_byte,
                    between_bytes: limits.http_between_bytes,
                },
                requests_left: limits.http_requests,
                most_requests: limits.http_requests,
                policy: None,
                denials,
                tally,
            },
        }
    }

    /// Prepares for one call.
    pub(super) fn begin(&mut self, policy: Option<Arc<StepPolicy>>, (denials, tally): (Denials, Tally)) {
        self.gate.policy = policy;
        self.gate.denials = denials;
        self.gate.tally = tally;
        self.gate.requests_left = self.gate.most_requests;
    }
}

/// The most bytes in the headers of one request or response.
const FIELDS_BYTES: usize = 64 << 10;

/// The interface with the function that is ours.
const TYPES: &str = "wasi:http/types@0.2.12";

/// `wasi:http`, for guests that import it.
pub(super) fn add_to_linker(linker: &mut Linker<GuestCtx>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    // The library's own looks for another type than the one that its streams fail with, and finds nothing: a body that
    // was too large could not be told from one that broke off. Remove this when it does.
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap(
        "http-error-code",
        |mut store: StoreContextMut<'_, GuestCtx>, (error,): (Resource<wasmtime::Error>,)| {
            let (_, table) = store.data_mut().wasi_parts();
            Ok((table.get(&error)?.downcast_ref::<Error>().map(error_code),))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What can go wrong with a body, in the words of `wasi:http`.
fn error_code(error: &Error) -> ErrorCode {
    match error {
        Error::HttpRequestBodySize(size) => ErrorCode::HttpRequestBodySize(*size),
        Error::HttpResponseBodySize(size) => ErrorCode::HttpResponseBodySize(*size),
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionWriteTimeout => ErrorCode::ConnectionWriteTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        _ => ErrorCode::HttpProtocolError,
    }
}

impl WasiHttpView for GuestCtx {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let (http, table) = self.http_parts();
        WasiHttpCtxView {
            hooks: &mut http.gate,
            table,
            ctx: &mut http.ctx,
        }
    }
}

impl Gate {
    fn admit(&mut self, method: &Method, uri: &Uri, options: Option<RequestOptions>) -> Result<Trip, Error> {
        // It would make a tunnel: what goes through it could not be looked at.
        if method.as_str().eq_ignore_ascii_case(Method::CONNECT.as_str()) {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let target = HttpTarget::parse(&uri.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
        let granted = self
            .policy
            .as_ref()
            .and_then(|policy| policy.grants.http(method.as_str(), &target));
        let Some(grant) = granted else {
            self.denials.note();
            return Err(Error::HttpRequestDenied);
        };
        self.requests_left = self
            .requests_left
            .checked_sub(1)
            .ok_or(Error::ConnectionLimitReached)?;
        self.tally.http_request();
        Ok(Trip {
            private: grant.reaches_private(),
            target,
            bounds: self.bounds.at_most(options.unwrap_or_default()),
            denials: self.denials.clone(),
            tally: self.tally.clone(),
        })
    }
}

impl Bounds {
    fn at_most(mut self, options: RequestOptions) -> Self {
        let shorten =
            |own: &mut Duration, asked: Option<Duration>| *own = asked.map_or(*own, |asked| asked.min(*own));
        shorten(&mut self.connect, options.connect_timeout);
        shorten(&mut self.first_byte, options.first_byte_timeout);
        shorten(&mut self.between_bytes, options.between_bytes_timeout);
        self
    }
}

/// What drives a connection after the head of its response is there.
type Driver = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Exchanged = Result<(Response<WasiBody>, Driver), Error>;

impl WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _sent: Driver,
    ) -> Box<dyn Future<Output = Exchanged> + Send> {
        let admitted = self.admit(request.method(), request.uri(), options);
        let network = Arc::clone(&self.network);
        Box::new(async move { network.exchange(request, admitted?).await })
    }
}

/// A future in the form in which bodies keep one.
type Timer = Pin<Box<tokio::time::Sleep>>;
