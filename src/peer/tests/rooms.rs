//! Signalling rooms: what one says the others hear, within bounds.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::{TestClient, ask, peer};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

struct Member(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Member {
    /// Joins, and gives what the peer says first.
    async fn join(http: SocketAddr, room: &str) -> (Self, Value) {
        let url = format!("ws://{http}/api/rooms/{room}");
        let (stream, _) = connect_async(url).await.unwrap();
        let mut member = Self(stream);
        let welcome = member.hear().await;
        (member, welcome)
    }

    async fn say(&mut self, message: &Value) {
        let text = Message::text(message.to_string());
        self.0.send(text).await.unwrap();
    }

    /// The next message; a close as its code.
    async fn hear(&mut self) -> Value {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(Some(close)))) => return json!(u16::from(close.code)),
                Some(Ok(_)) => {}
                // It was cut off while more was on its way.
                Some(Err(_)) | None => return Value::Null,
            }
        }
    }
}

#[tokio::test]
async fn others_in_the_room_hear_and_nobody_else() {
    let peer = peer().await;
    let http = peer.http[0];
    let (mut anna, welcome) = Member::join(http, "north").await;
    assert_eq!(
        welcome,
        json!({ "type": "welcome", "you": 1, "others": [] })
    );
    let (mut ben, welcome) = Member::join(http, "north").await;
    assert_eq!(
        welcome,
        json!({ "type": "welcome", "you": 2, "others": [1] })
    );
    let (mut cleo, _) = Member::join(http, "north").await;
    let (mut other, _) = Member::join(http, "south").await;
    for from in [2, 3] {
        assert_eq!(anna.hear().await, json!({ "type": "joined", "from": from }));
    }
    assert_eq!(ben.hear().await, json!({ "type": "joined", "from": 3 }));
    anna.say(&json!({ "data": { "sdp": "…" } })).await;
    anna.say(&json!({ "to": 3, "data": "for Cleo" })).await;
    anna.say(&json!({ "to": 9, "data": "for nobody" })).await;
    let all = json!({ "type": "message", "from": 1, "data": { "sdp": "…" } });
    assert_eq!(ben.hear().await, all);
    assert_eq!(cleo.hear().await, all);
    assert_eq!(cleo.hear().await["data"], "for Cleo");
    drop(anna);
    let left = json!({ "type": "left", "from": 1 });
    assert_eq!(ben.hear().await, left);
    assert_eq!(cleo.hear().await, left);
    other.say(&json!({ "data": 1 })).await;
    ben.say(&json!({ "data": 2 })).await;
    assert_eq!(cleo.hear().await["data"], 2);
}

#[tokio::test]
async fn what_breaks_the_rules_ends_the_stay() {
    let peer = peer().await;
    let http = peer.http[0];
    let (mut listener, _) = Member::join(http, "a").await;
    for (message, code) in [
        (Message::text("no JSON"), 1007),
        (Message::text("{\"data\":1,\"more\":2}"), 1007),
        (Message::text("{\"to\":1}"), 1007),
        (Message::binary(vec![1, 2, 3]), 1007),
    ] {
        let (mut member, welcome) = Member::join(http, "a").await;
        member.0.send(message.clone()).await.unwrap();
        assert_eq!(member.hear().await, code, "{message:?}");
        let id = &welcome["you"];
        assert_eq!(
            listener.hear().await,
            json!({ "type": "joined", "from": id })
        );
        assert_eq!(listener.hear().await, json!({ "type": "left", "from": id }));
    }
    let (mut long, _) = Member::join(http, "b").await;
    let text = json!({ "data": "x".repeat(64 * 1024) }).to_string();
    // It may be cut off before all of it is sent.
    let _ = long.0.send(Message::text(text)).await;
    assert_eq!(long.hear().await, Value::Null);
    let (mut fast, _) = Member::join(http, "c").await;
    for _ in 0..2000 {
        if fast.0.send(Message::text("{\"data\":1}")).await.is_err() {
            break;
        }
    }
    assert!([json!(1008), Value::Null].contains(&fast.hear().await));
    // Those who keep to the rules don't notice.
    listener.say(&json!({ "data": 1 })).await;
    let (_late, welcome) = Member::join(http, "a").await;
    assert_eq!(welcome["others"], json!([1]));
}

#[tokio::test]
async fn what_is_said_is_in_the_account() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let id = client.about["id"].as_str().unwrap();
    let (mut member, _) = Member::join(client.http, &format!("a?client={id}")).await;
    let (mut other, _) = Member::join(client.http, "a").await;
    let candidate = "candidate:1 1 udp 1 192.168.1.10 4000 typ host";
    member
        .say(&json!({ "data": { "candidate": candidate } }))
        .await;
    other.hear().await;
    let seen = client.observations("trickle-candidate").await;
    assert_eq!(seen[0]["address"], "192.168.1.10");
    assert_eq!(
        client.observations("web-socket").await[0]["address"],
        "127.0.0.1"
    );
    let nobody = format!("ws://{}/api/rooms/a?client=0123", client.http);
    assert!(connect_async(nobody).await.is_err());
}

#[tokio::test]
async fn names_are_plain_and_short() {
    let peer = peer().await;
    for name in ["a%20b", "%2e%2e%2fa", &"a".repeat(65)] {
        let url = format!("ws://{}/api/rooms/{name}", peer.http[0]);
        assert!(connect_async(url).await.is_err(), "{name}");
    }
    let plain = ask(peer.http[0], "GET", "/api/rooms/a").await;
    assert!((400..500).contains(&plain.status));
}
