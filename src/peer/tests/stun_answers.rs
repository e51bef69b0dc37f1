//! The STUN server over real sockets.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::net::SocketAddr;

use iceveil_peer::serve::Peer;
use stun_types::attribute::XorMappedAddress;
use stun_types::message::{BINDING, Message, MessageWrite, MessageWriteVec};
use support::{TestClient, options, peer};
use tokio::net::UdpSocket;

async fn mapped(from: &UdpSocket, server: SocketAddr) -> SocketAddr {
    let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
    from.send_to(&request, server).await.unwrap();
    let mut buffer = [0; 1500];
    let (length, source) = from.recv_from(&mut buffer).await.unwrap();
    assert_eq!(source, server);
    let answer = Message::from_bytes(&buffer[..length]).unwrap();
    let transaction = Message::from_bytes(&request).unwrap().transaction_id();
    assert_eq!(answer.transaction_id(), transaction);
    answer
        .attribute::<XorMappedAddress>()
        .unwrap()
        .addr(transaction)
}

#[tokio::test]
async fn each_client_is_told_apart_by_its_port() {
    let peer = peer().await;
    let (one, other) = (TestClient::new(&peer).await, TestClient::new(&peer).await);
    assert_ne!(one.server("stun"), other.server("stun"));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let local = socket.local_addr().unwrap();
    assert_eq!(mapped(&socket, one.server("stun")).await, local);
    assert_eq!(mapped(&socket, peer.stun[0]).await, local);

    let seen = one.observations("stun-binding").await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["address"], "127.0.0.1");
    assert_eq!(seen[0]["port"], local.port());
    assert_eq!(seen[0]["class"], "loopback");
    assert!(seen[0].get("simulated").is_none());
    assert!(other.observations("stun-binding").await.is_empty());
}

#[tokio::test]
async fn simulated_answers_are_marked_as_such() {
    let mut options = options();
    options.simulate_mapped = Some("203.0.113.7".parse().unwrap());
    let peer = Peer::start(&options).await.unwrap();
    let client = TestClient::new(&peer).await;
    assert_eq!(client.about["simulated"], "203.0.113.7");
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let told = mapped(&socket, client.server("stun")).await;
    assert_eq!(told.ip().to_string(), "203.0.113.7");
    let seen = client.observations("stun-binding").await;
    assert_eq!(
        (&seen[0]["address"], &seen[0]["simulated"]),
        (&"127.0.0.1".into(), &"203.0.113.7".into())
    );
}

#[tokio::test]
async fn garbage_gets_no_answer_and_stops_nothing() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = client.server("stun");
    for length in 0..200_usize {
        let garbage: Vec<u8> = (0..length).map(|at| (at * 37 + length) as u8).collect();
        socket.send_to(&garbage, server).await.unwrap();
    }
    assert_eq!(mapped(&socket, server).await, socket.local_addr().unwrap());
    assert_eq!(client.observations("stun-binding").await.len(), 1);
}

#[tokio::test]
async fn ipv6_is_served_where_it_is_listened_on() {
    if UdpSocket::bind("[::1]:0").await.is_err() {
        // A machine without IPv6 has nothing to serve.
        return;
    }
    let six = "[::1]:0".parse().unwrap();
    let mut options = options();
    options.http.push(six);
    options.stun.push(six);
    let peer = Peer::start(&options).await.unwrap();
    let client = TestClient::new(&peer).await;
    assert_eq!(
        client.about["iceServers"][1]["urls"][0]
            .as_str()
            .unwrap()
            .find("[::1]"),
        Some(5)
    );
    let socket = UdpSocket::bind(six).await.unwrap();
    assert_eq!(
        mapped(&socket, peer.stun[1]).await,
        socket.local_addr().unwrap()
    );
    assert_eq!(
        support::ask(peer.http[1], "GET", "/api/info").await.status,
        200
    );
}

#[tokio::test]
async fn a_flood_is_answered_and_counted_in_one_row() {
    const REQUESTS: u64 = 5_000;
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = client.server("stun");
    // One at a time: then none is lost in a full buffer, and every answer must have its row.
    for _ in 0..REQUESTS {
        mapped(&socket, server).await;
    }
    let seen = client.observations("stun-binding").await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["count"], REQUESTS);
}
