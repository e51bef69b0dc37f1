//! The HTTP interface and the files of the leak test.

mod api;
mod connections;
mod extract;
mod files;
mod live;
mod rooms;
mod sessions;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;

pub use connections::{LIMIT, serve};
pub use rooms::{MAX_MESSAGE, MEMBER_LIMIT, ROOM_LIMIT, Rooms};
use tokio::sync::Semaphore;

use crate::clients::{Clients, IceServer};
use crate::rtc::SessionOptions;

/// How long one request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Live streams of observations at one time.
pub const STREAM_LIMIT: usize = 64;

/// Makes the TURN servers that the client with an id may use, with credentials for it.
pub type TurnServers = Box<dyn Fn(&str) -> Vec<IceServer> + Send + Sync>;

/// What the HTTP interface stands on.
pub struct App {
    /// The clients.
    pub clients: Arc<Clients>,
    /// How WebRTC sessions are made.
    pub sessions: SessionOptions,
    /// The address that STUN answers claim, under simulation.
    pub simulated: Option<IpAddr>,
    /// The folder of the leak test.
    pub www: Option<PathBuf>,
    /// The TURN servers.
    pub turn: TurnServers,
    /// The certificate of TLS in PEM, where there is TLS.
    pub certificate: Option<String>,
    /// Signalling rooms.
    pub rooms: Rooms,
    /// Room for live streams of observations.
    pub streams: Arc<Semaphore>,
}

/// The HTTP interface as a service.
pub fn router(app: Arc<App>) -> Router {
    let api = api::routes().layer(middleware::from_fn(for_any_origin));
    Router::new()
        .nest("/api", api)
        .fallback(files::serve)
        .layer(middleware::from_fn(in_time))
        .with_state(app)
}

/// An answer that says in words what went wrong.
pub(crate) struct Failure {
    status: StatusCode,
    words: String,
}

/// Makes one.
pub(crate) fn failure(status: StatusCode, words: impl std::fmt::Display) -> Failure {
    Failure {
        status,
        words: words.to_string(),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.words }))).into_response()
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIME, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| {
        failure(StatusCode::REQUEST_TIMEOUT, "the request took too long").into_response()
    });
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The leak test can lie on any web server, and the ids are unguessable: any page may ask.
async fn for_any_origin(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        let mut allowed = StatusCode::NO_CONTENT.into_response();
        // What WHIP clients ask beforehand (RFC 9725, section 4.2), and WHEP's likewise.
        if ["/offer", "/whep"]
            .iter()
            .any(|end| request.uri().path().ends_with(end))
        {
            let sdp = HeaderValue::from_static("application/sdp");
            allowed.headers_mut().insert("accept-post", sdp);
        }
        allowed
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, PATCH, DELETE",
        ),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, if-match"),
        (
            ACCESS_CONTROL_EXPOSE_HEADERS,
            "location, etag, accept-patch, accept-post",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "access-control-allow-private-network",
        HeaderValue::from_static("true"),
    );
    response
}
