//! From a target to a connection: resolve the name, leave out the addresses that the step may not reach, connect to
//! one of those that are left (to that address, not to the name again), and for `https` make sure who answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hephaestus_core::capability::HttpTarget;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use wasmtime_wasi_http::Error;

use super::Trip;
use super::address::is_public;
use crate::sandbox::options::SandboxError;

/// A connection, encrypted or not.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// How requests get out. One for all guests.
pub(in crate::sandbox) struct Network {
    tls: TlsConnector,
}

impl Network {
    /// Trusts the certificate authorities that Mozilla trusts (they are part of this program, so that it behaves the
    /// same on every machine), and those in `extra`, certificates in PEM.
    pub(in crate::sandbox) fn new(extra: Option<&[u8]>) -> Result<Self, SandboxError> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.into(),
        };
        let unusable = |reason: String| SandboxError::Certificates { reason };
        for certificate in CertificateDer::pem_slice_iter(extra.unwrap_or_default()) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Connects within the trip's time.
    pub(super) async fn connect(&self, trip: &Trip) -> Result<Box<dyn Connection>, Error> {
        let connected = async {
            let addresses = resolve(trip).await?;
            let stream = connect_to_any(&addresses).await?;
            // Small requests go out at once; where it can't be set, they still go.
            let _ = stream.set_nodelay(true);
            if trip.target.is_https() {
                self.encrypt(&trip.target, stream).await
            } else {
                Ok(Box::new(stream) as Box<dyn Connection>)
            }
        };
        tokio::time::timeout(trip.bounds.connect, connected)
            .await
            .map_err(|_| Error::ConnectionTimeout)?
    }

    async fn encrypt(&self, target: &HttpTarget, stream: TcpStream) -> Result<Box<dyn Connection>, Error> {
        let name = match target.address() {
            Some(address) => ServerName::from(address),
            None => ServerName::try_from(target.host()).map_err(|_| Error::HttpRequestUriInvalid)?,
        };
        let stream = self
            .tls
            .connect(name, stream)
            .await
            .map_err(|error| tls_error(&error))?;
        Ok(Box::new(stream))
    }
}

/// The addresses of the target that the step may reach: at least one.
async fn resolve(trip: &Trip) -> Result<Vec<SocketAddr>, Error> {
    let (target, port) = (&trip.target, trip.target.port());
    let found: Vec<SocketAddr> = match target.address() {
        Some(address) => vec![SocketAddr::new(address, port)],
        None => tokio::net::lookup_host((target.host(), port))
            .await
            .map_err(|_| no_address())?
            .collect(),
    };
    if found.is_empty() {
        return Err(no_address());
    }
    let allowed: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| trip.private || is_public(address.ip()))
        .collect();
    if allowed.is_empty() {
        trip.denials.note();
        return Err(Error::DestinationIpProhibited);
    }
    Ok(allowed)
}

fn no_address() -> Error {
    Error::DnsError {
        rcode: None,
        info_code: None,
    }
}

/// The first that answers.
async fn connect_to_any(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = Error::DestinationUnavailable;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                tracing::debug!(%address, %error, "a guest's connection failed");
                last = match error.kind() {
                    io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
                    io::ErrorKind::TimedOut => Error::ConnectionTimeout,
                    io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                        Error::DestinationIpUnroutable
                    }
                    _ => Error::DestinationUnavailable,
                };
            }
        }
    }
    Err(last)
}

fn tls_error(error: &io::Error) -> Error {
    tracing::debug!(%error, "a guest's TLS connection failed");
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        Some(_) => Error::TlsProtocolError,
        None => Error::ConnectionTerminated,
    }
}
