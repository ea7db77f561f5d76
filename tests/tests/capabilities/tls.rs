//! HTTPS: who answers is who the URL names, or the request doesn't leave. The key under `tls/` is for these tests only;
//! nobody trusts the authority that has signed it.

use std::sync::Arc;

use serde_json::json;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

use crate::server::Server;
use crate::{Caller, options};

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");

async fn server() -> Server {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("its versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together");
    Server::start_with_tls(TlsAcceptor::from(Arc::new(config))).await
}

/// A caller that may go to all names of this machine, over HTTPS.
async fn caller(server: &Server, roots: Option<&[u8]>) -> Caller {
    let mut options = options();
    options.extra_roots_pem = roots.map(<[u8]>::to_vec);
    let port = server.address.port();
    let manifest = format!(
        "workflows.caller.http = [\"https://localhost:{port}\", \"https://127.0.0.1:{port}\", \"https://127.0.0.2:{port}\", \"http://127.0.0.1:{port}\"]"
    );
    Caller::with(&manifest, options).await
}

#[tokio::test]
async fn a_trusted_server_is_talked_to() {
    let server = server().await;
    let caller = caller(&server, Some(AUTHORITY)).await;
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/echo", server.address.port());
        let seen = caller
            .call(json!({ "url": url, "method": "POST", "json": [host] }))
            .await;
        assert_eq!(seen["status"], 200, "{seen}");
        assert_eq!(seen["body"], format!("[\"{host}\"]"));
    }
}

#[tokio::test]
async fn others_are_not() {
    let server = server().await;
    let port = server.address.port();
    let stranger = caller(&server, None).await;
    let seen = stranger
        .call(json!({ "url": format!("https://localhost:{port}/echo") }))
        .await;
    assert_eq!(seen["error"], "Untrusted", "{seen}");
    let plain = stranger
        .call(json!({ "url": format!("http://127.0.0.1:{port}/echo") }))
        .await;
    assert_eq!(plain["error"], "Broken", "{plain}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_none() {
    let server = server().await;
    // Some systems have no 127.0.0.2; where it is, the certificate isn't for it.
    let caller = caller(&server, Some(AUTHORITY)).await;
    let url = format!("https://127.0.0.2:{}/echo", server.address.port());
    let seen = caller.call(json!({ "url": url })).await;
    assert_ne!(seen["status"], 200, "{seen}");
    assert!(server.received().is_empty());
}

#[test]
fn what_is_no_certificate_is_refused() {
    let mut options = options();
    options.extra_roots_pem =
        Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec());
    let error = hephaestus_host::sandbox::WasmExecutor::new(options).expect_err("it is none");
    assert!(
        error
            .to_string()
            .starts_with("failed to read the extra certificate authorities"),
        "{error}"
    );
}
