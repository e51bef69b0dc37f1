//! What can be asked under `/api`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MATCH, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use str0m::media::MediaKind;

use super::connections::Source;
use super::{App, Failure, failure, live, rooms};
use crate::clients::{Client, ClientError, IceServer, TTL};
use crate::observations::{How, Seen};
use crate::rtc::{MAX_CHANNELS, Part, Session, SessionError, SessionOptions, Wanted};
use crate::sdp;

/// Longest description or fragment.
const MAX_SDP: usize = 256 * 1024;
/// Longest report.
const MAX_REPORT: usize = 1 << 20;

/// Tracks in one offer of the peer's.
const MAX_MEDIA: usize = 16;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

pub(super) fn routes() -> Router<Arc<App>> {
    let session = post(offer_again)
        .put(answer)
        .patch(trickle)
        .delete(end_session);
    Router::new()
        .route("/info", get(info))
        .route("/certificate", get(certificate))
        .route("/rooms/{room}", get(rooms::join))
        .route("/clients", post(create))
        .route("/clients/{id}", delete(remove).get(again))
        .route("/clients/{id}/observations", get(observations))
        .route("/clients/{id}/observations/live", get(live::observations))
        .route("/clients/{id}/call", post(call))
        .route(
            "/clients/{id}/offer",
            post(offer).layer(DefaultBodyLimit::max(MAX_SDP)),
        )
        .route(
            "/clients/{id}/whep",
            post(whep).layer(DefaultBodyLimit::max(MAX_SDP)),
        )
        .route(
            "/clients/{id}/session",
            session.clone().layer(DefaultBodyLimit::max(MAX_SDP)),
        )
        .route(
            "/clients/{id}/session/{number}",
            session.layer(DefaultBodyLimit::max(MAX_SDP)),
        )
        .route("/clients/{id}/session/{number}/restart", post(restart))
        .route(
            "/clients/{id}/report",
            put(set_report)
                .get(report)
                .layer(DefaultBodyLimit::max(MAX_REPORT)),
        )
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

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Self {
        failure(rejection.status(), rejection.body_text())
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        let status = match error {
            SessionError::Description => StatusCode::BAD_REQUEST,
            SessionError::Over => StatusCode::GONE,
            SessionError::Busy | SessionError::Socket(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        failure(status, error)
    }
}

/// Part of a path: which client, and which of its sessions (the newest if not said).
#[derive(Deserialize)]
pub(super) struct Which {
    pub(super) id: String,
    number: Option<u64>,
}

#[derive(Deserialize)]
struct OfferQuery {
    candidates: Option<String>,
    media: Option<String>,
    channels: Option<u16>,
}

type Answer = Result<Response, Failure>;

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

async fn again(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    Ok(Json(about(&app, &*client(&app, &which)?)).into_response())
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

async fn remove(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    if app.clients.remove(&which.id) {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(no_client())
    }
}

async fn observations(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    Ok(Json(client(&app, &which)?.observations.account()).into_response())
}

async fn offer(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Path(which): Path<Which>,
    Query(query): Query<OfferQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let client = client(&app, &which)?;
    let offer = text(&headers, SDP, body)?;
    note(&client, source);
    let part = Part::Sends(Arc::clone(&client.stage));
    answered(&app, &client, &offer, &query, part).await
}

/// A player's offer: it gets what the client's newest sender sends.
async fn whep(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Path(which): Path<Which>,
    Query(query): Query<OfferQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let client = client(&app, &which)?;
    let offer = text(&headers, SDP, body)?;
    note(&client, source);
    if !sdp::receives_media(&offer) {
        let words = "a player's offer has a track to receive";
        return Err(failure(StatusCode::BAD_REQUEST, words));
    }
    let part = Part::Receives(Arc::clone(&client.stage));
    answered(&app, &client, &offer, &query, part).await
}

async fn answered(
    app: &App,
    client: &Client,
    offer: &str,
    query: &OfferQuery,
    part: Part,
) -> Answer {
    let options = options(app, client, query)?;
    let observations = Arc::clone(&client.observations);
    let (session, answer) = Session::answer(offer, &options, part, observations).await?;
    started(client, session, answer)
}

async fn call(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Path(which): Path<Which>,
    Query(query): Query<OfferQuery>,
) -> Answer {
    let client = client(&app, &which)?;
    note(&client, source);
    let options = options(&app, &client, &query)?;
    let wanted = wanted(&query)?;
    let part = Part::Sends(Arc::clone(&client.stage));
    let (session, offer) =
        Session::offer(&wanted, &options, part, Arc::clone(&client.observations)).await?;
    started(&client, session, offer)
}

fn options(app: &App, client: &Client, query: &OfferQuery) -> Result<SessionOptions, Failure> {
    if client.is_full() {
        return Err(ClientError::TooManySessions.into());
    }
    let candidates = match query.candidates.as_deref() {
        None | Some("all") => app.sessions.candidates,
        Some("none") => false,
        Some(_) => {
            let words = "candidates is all or none";
            return Err(failure(StatusCode::BAD_REQUEST, words));
        }
    };
    Ok(SessionOptions {
        candidates,
        ..app.sessions.clone()
    })
}

/// What the peer is asked to offer.
fn wanted(query: &OfferQuery) -> Result<Wanted, Failure> {
    let refuse = |words: &str| Err(failure(StatusCode::BAD_REQUEST, words));
    let mut media = Vec::new();
    for kind in query.media.iter().flat_map(|kinds| kinds.split(',')) {
        match kind {
            "audio" => media.push(MediaKind::Audio),
            "video" => media.push(MediaKind::Video),
            _ => return refuse("media is audio, video or both with a comma between"),
        }
    }
    let channels = query.channels.unwrap_or(1);
    if channels > MAX_CHANNELS || media.len() > MAX_MEDIA {
        return refuse("that many channels or tracks the peer doesn't offer");
    }
    if channels == 0 && media.is_empty() {
        return refuse("an offer needs a channel or a track");
    }
    Ok(Wanted { channels, media })
}

fn started(client: &Client, session: Session, description: String) -> Answer {
    let tag = session.tag();
    let number = client.add_session(session)?;
    let location = format!("/api/clients/{}/session/{number}", client.id);
    let headers = [
        (CONTENT_TYPE, SDP.to_owned()),
        (LOCATION, location),
        (ETAG, tag),
        (ACCEPT_PATCH, FRAGMENT.to_owned()),
    ];
    Ok((StatusCode::CREATED, headers, description).into_response())
}

async fn answer(
    State(app): State<Arc<App>>,
    Path(which): Path<Which>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let session = client(&app, &which)?
        .session(which.number)
        .ok_or_else(no_session)?;
    session.accept(&text(&headers, SDP, body)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn offer_again(
    State(app): State<Arc<App>>,
    Path(which): Path<Which>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let session = client(&app, &which)?
        .session(which.number)
        .ok_or_else(no_session)?;
    let offer = text(&headers, SDP, body)?;
    let answer = session.answer_again(&offer).await?;
    let headers = [(CONTENT_TYPE, SDP.to_owned()), (ETAG, session.tag())];
    Ok((headers, answer).into_response())
}

async fn restart(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    let session = client(&app, &which)?
        .session(which.number)
        .ok_or_else(no_session)?;
    let offer = session.restart().await?;
    let headers = [(CONTENT_TYPE, SDP.to_owned()), (ETAG, session.tag())];
    Ok((headers, offer).into_response())
}

async fn trickle(
    State(app): State<Arc<App>>,
    Path(which): Path<Which>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let session = client(&app, &which)?
        .session(which.number)
        .ok_or_else(no_session)?;
    let fragment = text(&headers, FRAGMENT, body)?;
    match headers.get(IF_MATCH).map(|tag| tag.as_bytes()) {
        // "*" asks for a new ICE session, whatever the present one is.
        Some(b"*") => {
            let own = session.restart_with(&fragment).await?;
            let headers = [(CONTENT_TYPE, FRAGMENT.to_owned()), (ETAG, session.tag())];
            return Ok((headers, own).into_response());
        }
        Some(tag) if tag != session.tag().as_bytes() => {
            let words = "that ICE session is over";
            return Err(failure(StatusCode::PRECONDITION_FAILED, words));
        }
        _ => session.add_candidates(&fragment)?,
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn end_session(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    if client(&app, &which)?.end_session(which.number) {
        Ok(StatusCode::OK.into_response())
    } else {
        Err(no_session())
    }
}

async fn set_report(
    State(app): State<Arc<App>>,
    Path(which): Path<Which>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let client = client(&app, &which)?;
    let body = body?;
    if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(failure(StatusCode::BAD_REQUEST, "the report isn't JSON"));
    }
    client.set_report(body);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn report(State(app): State<Arc<App>>, Path(which): Path<Which>) -> Answer {
    let report = client(&app, &which)?.report();
    let report = report.ok_or_else(|| failure(StatusCode::NOT_FOUND, "no report yet"))?;
    Ok(([(CONTENT_TYPE, "application/json")], report).into_response())
}

pub(super) fn client(app: &App, which: &Which) -> Result<Arc<Client>, Failure> {
    app.clients.get(&which.id).ok_or_else(no_client)
}

pub(super) fn no_client() -> Failure {
    failure(StatusCode::NOT_FOUND, "no such client; it may have expired")
}

fn no_session() -> Failure {
    failure(StatusCode::NOT_FOUND, "no such session")
}

fn note(client: &Client, source: Source) {
    client
        .observations
        .add(Seen::source(How::Http, source.transport, source.address).without_port());
}

/// The body as text, if it is of the type `expected`.
fn text(
    headers: &HeaderMap,
    expected: &str,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, Failure> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(expected) {
        let expected = format!("the body must be {expected}");
        return Err(failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected));
    }
    let body = body?;
    String::from_utf8(body.into())
        .map_err(|_| failure(StatusCode::BAD_REQUEST, "the body isn't UTF-8"))
}
