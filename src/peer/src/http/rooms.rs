//! Signalling rooms over WebSocket: what one member says, the others in the room hear.
//!
//! The peer passes messages on and keeps none. Everything is bounded: rooms, members, the size and
//! the rate of messages, and what waits for a member that doesn't read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connections::Source;
use super::{App, Failure, failure};
use crate::observations::{How, Observations, Seen};
use crate::sdp;

/// Rooms at one time.
pub const ROOM_LIMIT: usize = 64;
/// Members of one room at one time.
pub const MEMBER_LIMIT: usize = 16;
/// Longest message.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Longest name of a room.
const MAX_NAME: usize = 64;
/// Messages that a member may send at once, and how many more each second.
const BURST: f64 = 200.0;
const RATE: f64 = 50.0;
/// Messages that wait for a member; whoever reads slower is let go.
const WAITING: usize = 256;
/// How long one message may take to be sent.
const SEND_TIME: Duration = Duration::from_secs(10);
/// How long a member may be silent; pongs count.
const SILENCE: Duration = Duration::from_secs(120);
/// How often a member is pinged.
const PING: Duration = Duration::from_secs(30);
/// How deep and how many strings of a message are looked through for addresses.
const MAX_STRINGS: usize = 64;

/// Close codes (RFC 6455, section 7.4.1).
const GOING_AWAY: u16 = 1001;
const WRONG_DATA: u16 = 1007;
const POLICY: u16 = 1008;

/// All rooms.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<String, Room>>);

#[derive(Default)]
struct Room {
    members: HashMap<u64, mpsc::Sender<String>>,
    next: u64,
}

/// What a member sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said<'a> {
    /// One member, or all others.
    to: Option<u64>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// The account that a member's addresses go to.
#[derive(Deserialize)]
pub(super) struct RoomQuery {
    client: Option<String>,
}

/// A member's place; it leaves when this is dropped.
struct Place {
    app: Arc<App>,
    room: String,
    id: u64,
    observations: Option<Arc<Observations>>,
}

impl Rooms {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Room>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a member in. Gives its number, what it will hear, and who was there before.
    fn enter(&self, name: &str) -> Result<(u64, mpsc::Receiver<String>, Vec<u64>), &'static str> {
        let mut all = self.all();
        if all.len() >= ROOM_LIMIT && !all.contains_key(name) {
            return Err("there are too many rooms; try again later");
        }
        let room = all.entry(name.to_owned()).or_default();
        if room.members.len() >= MEMBER_LIMIT {
            return Err("the room is full");
        }
        room.next += 1;
        let id = room.next;
        let mut others: Vec<_> = room.members.keys().copied().collect();
        others.sort_unstable();
        room.tell(&json!({ "type": "joined", "from": id }).to_string());
        let (sender, heard) = mpsc::channel(WAITING);
        room.members.insert(id, sender);
        Ok((id, heard, others))
    }

    fn leave(&self, name: &str, id: u64) {
        let mut all = self.all();
        if let Some(room) = all.get_mut(name) {
            room.members.remove(&id);
            room.tell(&json!({ "type": "left", "from": id }).to_string());
            if room.members.is_empty() {
                all.remove(name);
            }
        }
    }

    /// Passes on what a member said. Nobody hears what is said to nobody.
    fn say(&self, name: &str, from: u64, said: &Said<'_>) {
        let mut all = self.all();
        let Some(room) = all.get_mut(name) else {
            return;
        };
        let data = said.data.get();
        let message = format!(r#"{{"type":"message","from":{from},"data":{data}}}"#);
        room.members.retain(|id, member| {
            let meant = *id != from && said.to.is_none_or(|to| to == *id);
            !meant || member.try_send(message.clone()).is_ok()
        });
    }
}

impl Room {
    /// Tells all members. Those that don't read lose their place: nothing would be missing unseen.
    fn tell(&mut self, message: &str) {
        self.members
            .retain(|_, member| member.try_send(message.to_owned()).is_ok());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.rooms.leave(&self.room, self.id);
    }
}

/// Joins a room.
pub(super) async fn join(
    State(app): State<Arc<App>>,
    Extension(source): Extension<Source>,
    Path(room): Path<String>,
    Query(query): Query<RoomQuery>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let word = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if room.is_empty() || room.len() > MAX_NAME || !room.bytes().all(word) {
        let words = "a room's name has at most 64 letters, digits, -, _ and .";
        return Err(failure(StatusCode::BAD_REQUEST, words));
    }
    let observations = match query.client {
        None => None,
        Some(id) => {
            let client = app.clients.get(&id).ok_or_else(super::extract::no_client)?;
            let seen =
                Seen::source(How::WebSocket, source.transport, source.address).without_port();
            client.observations.add(seen);
            Some(Arc::clone(&client.observations))
        }
    };
    let busy = |words| failure(StatusCode::SERVICE_UNAVAILABLE, words);
    let (id, heard, others) = app.rooms.enter(&room).map_err(busy)?;
    let place = Place {
        app,
        room,
        id,
        observations,
    };
    let hello = json!({ "type": "welcome", "you": id, "others": others });
    Ok(upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| stay(socket, place, heard, hello.to_string())))
}

async fn stay(mut socket: WebSocket, place: Place, heard: mpsc::Receiver<String>, hello: String) {
    let code = member(&mut socket, &place, heard, hello).await;
    drop(place);
    if let Some((code, reason)) = code {
        let close = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        // It may have gone already.
        let _ = tokio::time::timeout(SEND_TIME, socket.send(close)).await;
    }
}

/// Talks with a member until it goes, or until it must: then this says why.
async fn member(
    socket: &mut WebSocket,
    place: &Place,
    mut heard: mpsc::Receiver<String>,
    hello: String,
) -> Option<(u16, &'static str)> {
    send(socket, Message::text(hello)).await?;
    let mut budget = Budget::new(Instant::now());
    let mut last = Instant::now();
    let mut ping = tokio::time::interval(PING);
    loop {
        tokio::select! {
            message = heard.recv() => match message {
                Some(message) => send(socket, Message::text(message)).await?,
                None => return Some((POLICY, "too much waits for you")),
            },
            incoming = socket.recv() => {
                last = Instant::now();
                if !budget.spend(last) {
                    return Some((POLICY, "too many messages"));
                }
                match incoming? {
                    Ok(Message::Text(text)) => match serde_json::from_str::<Said<'_>>(&text) {
                        Ok(said) => {
                            place.note(said.data.get());
                            place.app.rooms.say(&place.room, place.id, &said);
                        }
                        Err(_) => return Some((WRONG_DATA, "say {\"to\"?, \"data\"}")),
                    },
                    Ok(Message::Binary(_)) => return Some((WRONG_DATA, "text only")),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
            _ = ping.tick() => {
                if last.elapsed() > SILENCE {
                    return Some((GOING_AWAY, "no sign of life"));
                }
                send(socket, Message::Ping(Vec::new().into())).await?;
            }
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Option<()> {
    let sent = tokio::time::timeout(SEND_TIME, socket.send(message)).await;
    matches!(sent, Ok(Ok(()))).then_some(())
}

impl Place {
    /// Notes the addresses in descriptions and candidates that the member sends.
    fn note(&self, data: &str) {
        let Some(observations) = &self.observations else {
            return;
        };
        if let Ok(data) = serde_json::from_str(data) {
            addresses(&data)
                .into_iter()
                .for_each(|seen| observations.add(seen));
        }
    }
}

/// The addresses in the strings of a message: `RTCSessionDescription` and `RTCIceCandidate` as
/// JSON have them in `sdp` and `candidate`, other signalling wherever it likes.
fn addresses(data: &Value) -> Vec<Seen> {
    let mut waiting = vec![data];
    let mut found = Vec::new();
    let mut strings = 0;
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) if strings < MAX_STRINGS => {
                strings += 1;
                if text.starts_with("candidate:") {
                    let line = format!("a={text}");
                    found.extend(sdp::addresses(&line, How::TrickleCandidate));
                } else if text.starts_with("a=candidate:") {
                    found.extend(sdp::addresses(text, How::TrickleCandidate));
                } else if text.starts_with("v=0") {
                    found.extend(sdp::addresses(text, How::SdpCandidate));
                }
            }
            Value::Array(values) => waiting.extend(values),
            Value::Object(values) => waiting.extend(values.values()),
            _ => {}
        }
    }
    found
}

/// How much a member may still say.
struct Budget {
    left: f64,
    at: Instant,
}

impl Budget {
    fn new(at: Instant) -> Self {
        Self { left: BURST, at }
    }

    /// Takes one. False if none is left.
    fn spend(&mut self, now: Instant) -> bool {
        let more = now.duration_since(self.at).as_secs_f64() * RATE;
        self.at = now;
        self.left = (self.left + more).min(BURST) - 1.0;
        self.left >= 0.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_budget_is_spent_and_fills_again() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let spent = (0..1000).take_while(|_| budget.spend(start)).count();
        assert_eq!(spent, 200);
        let later = start + Duration::from_secs(1);
        let spent = (0..1000).take_while(|_| budget.spend(later)).count();
        assert_eq!(spent, 49);
    }

    #[test]
    fn addresses_are_found_wherever_signalling_puts_them() {
        let line = "candidate:1 1 udp 1 192.168.1.10 4000 typ host";
        for data in [
            json!(line),
            json!({ "candidate": line, "sdpMid": "0" }),
            json!({ "candidate": { "candidate": line } }),
            json!(["x", { "signal": { "sdp": format!("v=0\r\na={line}\r\n") } }]),
        ] {
            assert_eq!(addresses(&data).len(), 1, "{data}");
        }
        assert!(addresses(&json!([1, null, "x", { "a": "b" }])).is_empty());
    }

    #[test]
    fn rooms_and_members_are_so_many_and_no_more() {
        let rooms = Rooms::default();
        let members: Vec<_> = (0..MEMBER_LIMIT)
            .map(|_| rooms.enter("a").unwrap())
            .collect();
        assert_eq!(members.last().unwrap().2.len(), MEMBER_LIMIT - 1);
        assert_eq!(rooms.enter("a").unwrap_err(), "the room is full");
        let others: Vec<_> = (1..ROOM_LIMIT)
            .map(|n| rooms.enter(&format!("r{n}")).unwrap())
            .collect();
        assert!(rooms.enter("one more").is_err());
        for n in 1..ROOM_LIMIT {
            rooms.leave(&format!("r{n}"), 1);
        }
        drop(others);
        assert!(rooms.enter("one more").is_ok());
    }

    #[test]
    fn whoever_does_not_read_loses_the_place() {
        let rooms = Rooms::default();
        let (_, mut heard, _) = rooms.enter("a").unwrap();
        let (other, _other_heard, _) = rooms.enter("a").unwrap();
        let said: Said<'_> = serde_json::from_str(r#"{"data":1}"#).unwrap();
        for _ in 0..=WAITING {
            rooms.say("a", other, &said);
        }
        let mut count = 0;
        while heard.blocking_recv().is_some() {
            count += 1;
        }
        assert_eq!(count, WAITING);
    }
}
