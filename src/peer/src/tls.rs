//! TLS for TURN and for the web server, with a certificate made at the start and kept in memory.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A certificate of our own, and what is served with it.
#[derive(Clone)]
pub struct Tls {
    /// Accepts connections, TLS 1.2 or 1.3.
    pub acceptor: TlsAcceptor,
    /// The certificate in PEM, for those who want to trust it.
    pub certificate: String,
}

/// No certificate could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCertificate;

impl fmt::Display for NoCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no certificate can be made for TLS")
    }
}

impl std::error::Error for NoCertificate {}

impl Tls {
    /// Makes a key and a certificate with the name `localhost` and these, which may be addresses (RFC 5280).
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn make(names: &[String]) -> Result<Self, NoCertificate> {
        let all = std::iter::once("localhost".to_owned()).chain(names.iter().cloned());
        let made = rcgen::generate_simple_self_signed(all.collect::<Vec<_>>());
        let made = made.map_err(|_| NoCertificate)?;
        let der = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let certificate = pem(&der);
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| NoCertificate)?
            .with_no_client_auth()
            .with_single_cert(vec![der], key.into())
            .map_err(|_| NoCertificate)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        })
    }
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}
