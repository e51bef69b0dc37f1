//! The few requests that an audit makes of a peer.

use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::AuditError;

/// Longest answer that is read: a report at its largest, and then some.
const MAX_ANSWER: usize = 4 << 20;

/// A peer's HTTP interface.
pub(super) struct PeerClient {
    host: String,
}

impl PeerClient {
    /// The peer at `url`, as `http://HOST:PORT`.
    pub(super) fn new(url: &str) -> Result<Self, AuditError> {
        let host = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        let host = host.filter(|host| !host.is_empty() && !host.contains('/'));
        let host = host.ok_or(AuditError::PeerUrl)?;
        let port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Ok(Self {
            host: if port {
                host.to_owned()
            } else {
                format!("{host}:80")
            },
        })
    }

    /// Asks for JSON; none if it isn't there (404).
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
    ) -> Result<Option<Value>, AuditError> {
        let failed = |_| AuditError::Peer;
        let stream = TcpStream::connect(&self.host).await.map_err(failed)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| AuditError::Peer)?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .body(Full::<Bytes>::default())
            .map_err(|_| AuditError::Peer)?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|_| AuditError::Peer)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let body = body.map_err(|_| AuditError::Peer)?.to_bytes();
        connection.abort();
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::NO_CONTENT => Ok(Some(Value::Null)),
            status if status.is_success() => serde_json::from_slice(&body)
                .map(Some)
                .map_err(|_| AuditError::Peer),
            _ => Err(AuditError::Peer),
        }
    }
}
