//! What requests are made of: the client and the session that a path names, and bodies of a type.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::Deserialize;

use super::{App, Failure, failure};
use crate::clients::Client;
use crate::rtc::Session;

/// A description's type.
pub(super) const SDP: &str = "application/sdp";
/// That of some candidates (RFC 8840).
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// The client that the path names.
pub(super) struct Named(pub(super) Arc<Client>);

/// The client that the path names, and the number of one of its sessions (the newest if not said).
pub(super) struct Numbered(pub(super) Arc<Client>, pub(super) Option<u64>);

/// That session.
pub(super) struct Chosen(pub(super) Session);

/// A description.
pub(super) struct Sdp(pub(super) String);

/// Candidates.
pub(super) struct Fragment(pub(super) String);

#[derive(Deserialize)]
struct Which {
    id: String,
    number: Option<u64>,
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        failure(rejection.status(), rejection.body_text())
    }
}

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Self {
        failure(rejection.status(), rejection.body_text())
    }
}

impl FromRequestParts<Arc<App>> for Numbered {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Path(which) = Path::<Which>::from_request_parts(parts, app).await?;
        let client = app.clients.get(&which.id).ok_or_else(no_client)?;
        Ok(Self(client, which.number))
    }
}

impl FromRequestParts<Arc<App>> for Named {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Numbered(client, _) = Numbered::from_request_parts(parts, app).await?;
        Ok(Self(client))
    }
}

impl FromRequestParts<Arc<App>> for Chosen {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Numbered(client, number) = Numbered::from_request_parts(parts, app).await?;
        client.session(number).map(Self).ok_or_else(no_session)
    }
}

impl FromRequest<Arc<App>> for Sdp {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        text(request, app, SDP).await.map(Self)
    }
}

impl FromRequest<Arc<App>> for Fragment {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        text(request, app, FRAGMENT).await.map(Self)
    }
}

/// The body as text, if it is of the type `expected`.
async fn text(request: Request, app: &Arc<App>, expected: &str) -> Result<String, Failure> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(expected) {
        let expected = format!("the body must be {expected}");
        return Err(failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected));
    }
    let body = Bytes::from_request(request, app).await?;
    String::from_utf8(body.into())
        .map_err(|_| failure(StatusCode::BAD_REQUEST, "the body isn't UTF-8"))
}

pub(super) fn no_client() -> Failure {
    failure(StatusCode::NOT_FOUND, "no such client; it may have expired")
}

pub(super) fn no_session() -> Failure {
    failure(StatusCode::NOT_FOUND, "no such session")
}
