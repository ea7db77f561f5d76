//! One request and its response, on a connection of its own.

use http::uri::PathAndQuery;
use http::{Request, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, WasiBody};

use super::body::{Bounded, Direction};
use super::{Driver, Exchanged, Network, Trip};

/// The most bytes in the head of a response.
const HEAD_BYTES: usize = 64 << 10;

impl Network {
    /// Sends a request that was admitted, and waits for the head of its response.
    pub(super) async fn exchange(&self, request: Request<WasiBody>, trip: Trip) -> Exchanged {
        let bounds = trip.bounds;
        let stream = self.connect(&trip).await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| classify(&error))?;
        // Ends with the connection; is ended with the response, should the guest drop that.
        let connection = spawn(async move { connection.await.map_err(|error| classify(&error)) });
        let request =
            only_path(request)?.map(|body| Bounded::new(body, &trip, Direction::Out).boxed_unsync());
        let response = tokio::time::timeout(bounds.first_byte, sender.send_request(request))
            .await
            .map_err(|_| Error::HttpResponseTimeout)?
            .map_err(|error| classify(&error))?;
        let response = response.map(|body| {
            let body = body.map_err(|error| classify(&error));
            Bounded::new(body, &trip, Direction::In).boxed_unsync()
        });
        let driver: Driver = Box::new(connection);
        Ok((response, driver))
    }
}

/// What is sent to a server: a proxy would see the whole URI.
fn only_path(mut request: Request<WasiBody>) -> Result<Request<WasiBody>, Error> {
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::builder()
        .path_and_query(path)
        .build()
        .map_err(|_| Error::HttpRequestUriInvalid)?;
    Ok(request)
}

/// What hyper's error means for the guest.
fn classify(error: &hyper::Error) -> Error {
    tracing::debug!(%error, "a guest's exchange failed");
    // An error of the request's own body, from `Bounded`, comes back wrapped.
    let own = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>());
    match own {
        Some(Error::HttpRequestBodySize(size)) => return Error::HttpRequestBodySize(*size),
        Some(Error::ConnectionWriteTimeout) => return Error::ConnectionWriteTimeout,
        _ => {}
    }
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(u32::try_from(HEAD_BYTES).ok())
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_canceled() || error.is_closed() {
        Error::ConnectionTerminated
    } else if error.is_timeout() {
        Error::HttpResponseTimeout
    } else {
        Error::HttpProtocolError
    }
}
