//! WebRTC sessions over HTTP: WHIP (RFC 9725), WHEP (draft-ietf-wish-whep) and the way round.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MATCH, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use str0m::media::MediaKind;

use super::api::note;
use super::connections::Source;
use super::extract::{Chosen, FRAGMENT, Fragment, Named, Numbered, SDP, Sdp, no_session};
use super::{App, Failure, failure};
use crate::clients::{Client, ClientError};
use crate::rtc::{MAX_CHANNELS, Part, Session, SessionError, SessionOptions, Wanted};
use crate::sdp;

/// Longest description or fragment.
const MAX_SDP: usize = 256 * 1024;
/// Tracks in one offer of the peer's.
const MAX_MEDIA: usize = 16;

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

type Answer = Result<Response, Failure>;

pub(super) fn routes() -> Router<Arc<App>> {
    let session = post(offer_again).put(answer).patch(trickle).delete(end);
    Router::new()
        .route("/clients/{id}/call", post(call))
        .route("/clients/{id}/offer", post(offer))
        .route("/clients/{id}/whep", post(whep))
        .route("/clients/{id}/session", session.clone())
        .route("/clients/{id}/session/{number}", session)
        .route("/clients/{id}/session/{number}/restart", post(restart))
        .layer(DefaultBodyLimit::max(MAX_SDP))
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

/// What a new session is asked to be.
#[derive(Deserialize)]
struct Wish {
    candidates: Option<String>,
    media: Option<String>,
    channels: Option<u16>,
}

async fn offer(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Named(client): Named,
    Query(wish): Query<Wish>,
    Sdp(offer): Sdp,
) -> Answer {
    note(&client, source);
    let part = Part::Sends(Arc::clone(&client.stage));
    answered(&app, &client, &offer, &wish, part).await
}

/// A player's offer: it gets what the client's newest sender sends.
async fn whep(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Named(client): Named,
    Query(wish): Query<Wish>,
    Sdp(offer): Sdp,
) -> Answer {
    note(&client, source);
    if !sdp::receives_media(&offer) {
        let words = "a player's offer has a track to receive";
        return Err(failure(StatusCode::BAD_REQUEST, words));
    }
    let part = Part::Receives(Arc::clone(&client.stage));
    answered(&app, &client, &offer, &wish, part).await
}

async fn answered(app: &App, client: &Client, offer: &str, wish: &Wish, part: Part) -> Answer {
    let options = options(app, client, wish)?;
    let observations = Arc::clone(&client.observations);
    let (session, answer) = Session::answer(offer, &options, part, observations).await?;
    started(client, session, answer)
}

async fn call(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Named(client): Named,
    Query(wish): Query<Wish>,
) -> Answer {
    note(&client, source);
    let options = options(&app, &client, &wish)?;
    let wanted = wanted(&wish)?;
    let part = Part::Sends(Arc::clone(&client.stage));
    let observations = Arc::clone(&client.observations);
    let (session, offer) = Session::offer(&wanted, &options, part, observations).await?;
    started(&client, session, offer)
}

fn options(app: &App, client: &Client, wish: &Wish) -> Result<SessionOptions, Failure> {
    if client.is_full() {
        return Err(ClientError::TooManySessions.into());
    }
    let candidates = match wish.candidates.as_deref() {
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
fn wanted(wish: &Wish) -> Result<Wanted, Failure> {
    let refuse = |words: &str| Err(failure(StatusCode::BAD_REQUEST, words));
    let mut media = Vec::new();
    for kind in wish.media.iter().flat_map(|kinds| kinds.split(',')) {
        match kind {
            "audio" => media.push(MediaKind::Audio),
            "video" => media.push(MediaKind::Video),
            _ => return refuse("media is audio, video or both with a comma between"),
        }
    }
    let channels = wish.channels.unwrap_or(1);
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

async fn answer(Chosen(session): Chosen, Sdp(answer): Sdp) -> Answer {
    session.accept(&answer).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn offer_again(Chosen(session): Chosen, Sdp(offer): Sdp) -> Answer {
    let answer = session.answer_again(&offer).await?;
    Ok(tagged(&session, SDP, answer))
}

async fn restart(Chosen(session): Chosen) -> Answer {
    let offer = session.restart().await?;
    Ok(tagged(&session, SDP, offer))
}

async fn trickle(
    Chosen(session): Chosen,
    headers: HeaderMap,
    Fragment(fragment): Fragment,
) -> Answer {
    match headers.get(IF_MATCH).map(|tag| tag.as_bytes()) {
        // "*" asks for a new ICE session, whatever the present one is.
        Some(b"*") => {
            let own = session.restart_with(&fragment).await?;
            return Ok(tagged(&session, FRAGMENT, own));
        }
        Some(tag) if tag != session.tag().as_bytes() => {
            let words = "that ICE session is over";
            return Err(failure(StatusCode::PRECONDITION_FAILED, words));
        }
        _ => session.add_candidates(&fragment)?,
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An answer with the tag that the session now has.
fn tagged(session: &Session, kind: &str, body: String) -> Response {
    let headers = [(CONTENT_TYPE, kind.to_owned()), (ETAG, session.tag())];
    (headers, body).into_response()
}

async fn end(Numbered(client, number): Numbered) -> Answer {
    if client.end_session(number) {
        Ok(StatusCode::OK.into_response())
    } else {
        Err(no_session())
    }
}
