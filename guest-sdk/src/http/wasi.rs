//! The way out of a component: `wasi:http`. Only what is called is imported, so a component that sends no requests
//! doesn't ask for it.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, HeaderError, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

use super::{HttpError, Prepared, Response};
use crate::context::host::denied;
use crate::request::http_to;

/// What `wasi:io` lets a guest write at once.
const WRITE_BYTES: usize = 4096;

/// How much is read at once.
const READ_BYTES: u64 = 64 << 10;

/// Sends a request and reads the whole answer.
pub(crate) fn exchange(request: &Prepared) -> Result<Response, HttpError> {
    let outgoing = outgoing(request)?;
    let body = outgoing.body().map_err(|()| invalid(request, "it has no body"))?;
    let pending =
        outgoing_handler::handle(outgoing, options(request)?).map_err(|code| failed(request, code))?;
    // Where the body can't be written to its end, the answer says why.
    let written = write(body, &request.body);
    pending.subscribe().block();
    let response = match pending.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(failed(request, code)),
        Some(Err(())) | None => return Err(broken(request, "the host gave no answer")),
    };
    drop(pending);
    if let Err(Some(code)) = written
        && response.status() < 300
    {
        return Err(failed(request, code));
    }
    read(request, response)
}

fn outgoing(request: &Prepared) -> Result<OutgoingRequest, HttpError> {
    let fields = Fields::new();
    let length = request.body.len().to_string();
    let length = (!request.body.is_empty()).then_some(("content-length", length.as_str()));
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in headers.chain(length) {
        fields
            .append(name, value.as_bytes())
            .map_err(|error| match error {
                HeaderError::Forbidden => {
                    invalid(request, &format!("the header `{name}` is the host's to set"))
                }
                _ => invalid(request, &format!("the header `{name}` is not well-formed")),
            })?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if request.url.is_https() {
        Scheme::Https
    } else {
        Scheme::Http
    };
    outgoing
        .set_method(&method(&request.method))
        .map_err(|()| invalid(request, "its method is not well-formed"))?;
    outgoing
        .set_scheme(Some(&scheme))
        .and_then(|()| outgoing.set_authority(Some(request.url.authority())))
        .and_then(|()| outgoing.set_path_with_query(Some(&request.url.path_with_query())))
        .map_err(|()| invalid(request, "its URL is not well-formed"))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn options(request: &Prepared) -> Result<Option<RequestOptions>, HttpError> {
    let Some(timeout) = request.timeout else {
        return Ok(None);
    };
    let nanoseconds = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    let options = RequestOptions::new();
    options
        .set_connect_timeout(Some(nanoseconds))
        .and_then(|()| options.set_first_byte_timeout(Some(nanoseconds)))
        .and_then(|()| options.set_between_bytes_timeout(Some(nanoseconds)))
        .map_err(|()| invalid(request, "the host takes no timeouts"))?;
    Ok(Some(options))
}

/// The error is the host's reason, if it gave one.
fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), Option<ErrorCode>> {
    let stream = body.write().map_err(|()| None)?;
    for piece in bytes.chunks(WRITE_BYTES) {
        stream
            .blocking_write_and_flush(piece)
            .map_err(|error| reason(&error))?;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(Some)
}

fn read(request: &Prepared, response: IncomingResponse) -> Result<Response, HttpError> {
    let mut answer = Response::new(response.status()).answering(request);
    for (name, value) in response.headers().entries() {
        answer = answer.with_header(name, String::from_utf8_lossy(&value));
    }
    let body: IncomingBody = response
        .consume()
        .map_err(|()| broken(request, "it has no body"))?;
    let stream = body
        .stream()
        .map_err(|()| broken(request, "its body can't be read"))?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(piece) => bytes.extend(piece),
            Err(StreamError::Closed) => break,
            Err(error) => {
                return Err(match reason(&error) {
                    Some(code) => failed(request, code),
                    None => broken(request, "the body of the answer broke off"),
                });
            }
        }
    }
    Ok(answer.with_body(bytes))
}

fn reason(error: &StreamError) -> Option<ErrorCode> {
    match error {
        StreamError::LastOperationFailed(error) => http_error_code(error),
        StreamError::Closed => None,
    }
}

fn invalid(request: &Prepared, reason: &str) -> HttpError {
    HttpError::InvalidRequest {
        url: request.url.to_string(),
        reason: reason.to_owned(),
    }
}

fn broken(request: &Prepared, reason: &str) -> HttpError {
    HttpError::Broken {
        url: request.url.to_string(),
        reason: reason.to_owned(),
    }
}

/// What the host said, in the SDK's words.
fn failed(request: &Prepared, code: ErrorCode) -> HttpError {
    use ErrorCode as Code;
    let url = request.url.to_string();
    let unreachable = |reason: &str| HttpError::Unreachable {
        url: url.clone(),
        reason: reason.to_owned(),
    };
    let limit = |reason: &str| HttpError::Limit {
        url: url.clone(),
        reason: reason.to_owned(),
    };
    match code {
        Code::HttpRequestDenied => HttpError::Denied(denied(&http_to(&url, false))),
        Code::DestinationIpProhibited => HttpError::Denied(denied(&http_to(&url, true))),
        Code::HttpRequestMethodInvalid => invalid(request, "its method is not allowed"),
        Code::HttpRequestUriInvalid => invalid(request, "its URL is not one that a request can go to"),
        Code::DnsTimeout | Code::DnsError(_) | Code::DestinationNotFound => {
            unreachable("the name of its host can't be resolved")
        }
        Code::ConnectionRefused => unreachable("the connection was refused"),
        Code::DestinationUnavailable | Code::DestinationIpUnroutable => {
            unreachable("there is no way to its host")
        }
        Code::TlsCertificateError => HttpError::Untrusted { url },
        Code::ConnectionTimeout
        | Code::ConnectionReadTimeout
        | Code::ConnectionWriteTimeout
        | Code::HttpResponseTimeout => HttpError::Timeout { url },
        Code::ConnectionLimitReached => limit("too many requests in one attempt"),
        Code::HttpRequestBodySize(_) => limit("the body of the request is too large"),
        Code::HttpResponseBodySize(_) => limit("the body of the answer is too large"),
        Code::HttpResponseHeaderSectionSize(_) | Code::HttpResponseHeaderSize(_) => {
            limit("the headers of the answer are too large")
        }
        Code::ConnectionTerminated | Code::HttpResponseIncomplete => {
            broken(request, "the connection ended before the answer did")
        }
        Code::TlsProtocolError | Code::TlsAlertReceived(_) => {
            broken(request, "no encryption could be agreed on")
        }
        Code::InternalError(Some(reason)) => broken(request, &reason),
        _ => broken(
            request,
            "what was exchanged is no HTTP that both sides understand",
        ),
    }
}
