//! Observations as a live stream, over WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::watch;

use super::extract::Named;
use super::{App, Failure, failure};
use crate::observations::Observations;

/// How long a message may take: whoever doesn't read is let go.
const SEND_TIME: Duration = Duration::from_secs(10);
/// Nothing is expected from the other side.
const MAX_INCOMING: usize = 1024;

/// Sends each observation as one message, from the first on, until the client ends.
pub(super) async fn observations(
    State(app): State<Arc<App>>,
    Named(client): Named,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let slot = Arc::clone(&app.streams).try_acquire_owned();
    let slot = slot.map_err(|_| {
        failure(
            StatusCode::SERVICE_UNAVAILABLE,
            "there are too many streams; try again later",
        )
    })?;
    let ended = client.ended();
    let observations = Arc::clone(&client.observations);
    Ok(upgrade
        .max_message_size(MAX_INCOMING)
        .max_frame_size(MAX_INCOMING)
        .on_upgrade(|socket| stream(socket, observations, ended, slot)))
}

async fn stream(
    mut socket: WebSocket,
    observations: Arc<Observations>,
    mut ended: watch::Receiver<bool>,
    slot: OwnedSemaphorePermit,
) {
    let mut newest = observations.watch();
    let mut sent = 0;
    loop {
        for observation in observations.after(sent) {
            let Ok(text) = serde_json::to_string(&observation) else {
                return;
            };
            let sending = socket.send(Message::text(text));
            if !matches!(tokio::time::timeout(SEND_TIME, sending).await, Ok(Ok(()))) {
                return;
            }
            sent = observation.seq;
        }
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { break },
            _ = ended.wait_for(|ended| *ended) => break,
            // Pings are answered underneath; anything else is passed over.
            incoming = socket.recv() => if !matches!(incoming, Some(Ok(_))) { return },
        }
    }
    // It may have gone already.
    let _ = tokio::time::timeout(SEND_TIME, socket.send(Message::Close(None))).await;
    drop(slot);
}
