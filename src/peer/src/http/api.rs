//! What can be asked under `/api`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::de::IgnoredAny;
use serde_json::json;

use super::connections::Source;
use super::extract::{Named, no_client};
use super::{App, Failure, failure, live, rooms, sessions};
use crate::clients::{Client, ClientError, IceServer, TTL};
use crate::observations::{How, Seen};

/// Longest report.
const MAX_REPORT: usize = 1 << 20;

type Answer = Result<Response, Failure>;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/info", get(info))
        .route("/certificate", get(certificate))
        .route("/rooms/{room}", get(rooms::join))
        .route("/clients", post(create))
        .route("/clients/{id}", delete(remove).get(again))
        .route("/clients/{id}/observations", get(observations))
        .route("/clients/{id}/observations/live", get(live::observations))
        .route(
            "/clients/{id}/report",
            put(set_report)
                .get(report)
                .layer(DefaultBodyLimit::max(MAX_REPORT)),
        )
        .merge(sessions::routes())
        .fallback(|| async {
            failure(
                StatusCode::NOT_FOUND,
                "no such thing under /api; see iceveil-peer serve --help",
            )
        })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        failure(StatusCode::SERVICE_UNAVAILABLE, error)
    }
}

async fn info(State(app): State<Arc<App>>) -> Response {
    Json(json!({
        "name": "iceveil-peer",
        "version": env!("CARGO_PKG_VERSION"),
        "stun": true,
        "turn": !(app.turn)("").is_empty(),
        "simulated": app.simulated,
        "clients": app.clients.count(),
    }))
    .into_response()
}

/// The certificate of TLS, for those who want to trust it.
async fn certificate(State(app): State<Arc<App>>) -> Answer {
    let kind = "application/pem-certificate-chain";
    let certificate = app.certificate.clone();
    let none = || failure(StatusCode::NOT_FOUND, "there is no TLS here");
    Ok(([(CONTENT_TYPE, kind)], certificate.ok_or_else(none)?).into_response())
}

async fn create(State(app): State<Arc<App>>, Extension(source): Extension<Source>) -> Answer {
    let client = app.clients.create().await?;
    note(&client, source);
    let body = about(&app, &client);
    let location = format!("/api/clients/{}", client.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body)).into_response())
}

async fn again(State(app): State<Arc<App>>, Named(client): Named) -> Response {
    Json(about(&app, &client)).into_response()
}

/// What a page needs to know of its client.
fn about(app: &App, client: &Client) -> serde_json::Value {
    let urls = |address| IceServer {
        urls: vec![format!("stun:{address}")],
        username: None,
        credential: None,
    };
    let mut servers: Vec<_> = client.stun.iter().map(urls).collect();
    servers.extend((app.turn)(&client.id));
    json!({
        "id": client.id,
        "iceServers": servers,
        "simulated": app.simulated,
        "ttl": TTL.as_secs(),
    })
}

async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer {
    if app.clients.remove(&id) {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(no_client())
    }
}

async fn observations(Named(client): Named) -> Response {
    Json(client.observations.account()).into_response()
}

async fn set_report(Named(client): Named, body: Result<Bytes, BytesRejection>) -> Answer {
    let body = body?;
    if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(failure(StatusCode::BAD_REQUEST, "the report isn't JSON"));
    }
    client.set_report(body);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn report(Named(client): Named) -> Answer {
    let report = client.report();
    let report = report.ok_or_else(|| failure(StatusCode::NOT_FOUND, "no report yet"))?;
    Ok(([(CONTENT_TYPE, "application/json")], report).into_response())
}

/// That the client asked, and from where.
pub(super) fn note(client: &Client, source: Source) {
    client
        .observations
        .add(Seen::source(How::Http, source.transport, source.address).without_port());
}
