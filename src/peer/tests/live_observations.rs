//! Observations as a live stream.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use futures_util::StreamExt;
use serde_json::Value;
use support::{TestClient, ask, peer, send};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn each_observation_comes_once_and_in_order() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let url = format!("ws://{}{}", client.http, client.path("/observations/live"));
    let (mut stream, _) = connect_async(&url).await.unwrap();
    let offer = "v=0\r\na=candidate:1 1 udp 1 192.168.1.10 4000 typ host\r\n\
        a=candidate:2 1 udp 1 192.168.1.11 4000 typ host\r\n";
    // It can't be used, but what it tells is told.
    let path = client.path("/offer");
    let refused = send(
        client.http,
        "POST",
        &path,
        "application/sdp",
        offer.as_bytes(),
    );
    assert_eq!(refused.await.status, 400);
    let mut addresses = Vec::new();
    for seq in 1..=3_u64 {
        let Some(Ok(Message::Text(text))) = stream.next().await else {
            panic!("the stream ended")
        };
        let observation: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(observation["seq"], seq);
        addresses.push(observation["address"].as_str().unwrap().to_owned());
    }
    assert_eq!(addresses, ["127.0.0.1", "192.168.1.10", "192.168.1.11"]);
    ask(client.http, "DELETE", &client.path("")).await;
    assert!(matches!(
        stream.next().await,
        Some(Ok(Message::Close(_))) | None
    ));
}

#[tokio::test]
async fn there_is_no_stream_without_a_client() {
    let peer = peer().await;
    let url = format!("ws://{}/api/clients/0123/observations/live", peer.http[0]);
    assert!(connect_async(&url).await.is_err());
}
