//! The TURN server over real sockets: who is let in, and whom it relays to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use iceveil_peer::serve::Peer;
use iceveil_peer::turn::USER_LIMIT;
use stun_types::message::{Message, MessageWrite, MessageWriteVec};
use support::turn::{Turn, Wire, add, add_peer};
use support::{TestClient, options, peer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use turn_types::attribute::{ChannelNumber, Data, Lifetime};
use turn_types::message::{CHANNEL_BIND, DATA, REFRESH, SEND};

async fn user(peer: &Peer) -> (TestClient, Turn) {
    let client = TestClient::new(peer).await;
    let turn = Turn::new(Wire::udp(peer.turn[0]).await, client.credentials());
    (client, turn)
}

#[tokio::test]
async fn data_goes_both_ways_over_every_transport() {
    let mut options = options();
    options.turns = vec!["127.0.0.1:0".parse().unwrap()];
    let peer = Peer::start(&options).await.unwrap();
    let pem = support::ask(peer.http[0], "GET", "/api/certificate").await;
    for transport in ["udp", "tcp", "tls"] {
        let client = TestClient::new(&peer).await;
        let wire = match transport {
            "udp" => Wire::udp(peer.turn[0]).await,
            "tcp" => Wire::tcp(peer.turn[0]).await,
            _ => Wire::tls(client.server("turns"), &pem.text()).await,
        };
        let mut turn = Turn::new(wire, client.credentials());
        let (relayed, _) = turn.allocate().await.unwrap();
        let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let other_address = other.local_addr().unwrap();
        let mut buffer = [0; 100];

        assert_eq!(turn.permit(&other_address.to_string()).await, 0);
        let mut indication = Message::builder_indication(SEND, MessageWriteVec::new());
        add_peer(&mut indication, other_address);
        add(&mut indication, &Data::new(b"ping"));
        turn.wire.send(&indication.finish()).await;
        assert_eq!(other.recv_from(&mut buffer).await.unwrap(), (4, relayed));
        other.send_to(b"pong!", relayed).await.unwrap();
        let answer = turn.wire.receive().await;
        let answer = Message::from_bytes(&answer).unwrap();
        assert!(answer.has_method(DATA));
        assert_eq!(answer.attribute::<Data<'_>>().unwrap().data(), b"pong!");

        let number = ChannelNumber::new(0x4001);
        let bound = turn.ask(CHANNEL_BIND, |request| {
            add(request, &number);
            add_peer(request, other_address);
        });
        assert_eq!(bound.await.0, 0);
        turn.wire.send(b"\x40\x01\x00\x05hello\0\0\0").await;
        assert_eq!(other.recv_from(&mut buffer).await.unwrap(), (5, relayed));
        other.send_to(b"world", relayed).await.unwrap();
        assert!(
            turn.wire
                .receive()
                .await
                .starts_with(b"\x40\x01\x00\x05world")
        );

        let seen = client.observations("turn-allocate").await;
        assert_eq!(seen[0]["transport"], transport);
        let seen = client.observations("turn-peer").await;
        assert_eq!(seen[0]["port"], other_address.port());
        let ended = turn
            .ask(REFRESH, |request| add(request, &Lifetime::new(0)))
            .await;
        assert_eq!(ended.0, 0);
    }
}

#[tokio::test]
async fn a_name_is_told_and_certified() {
    let mut options = options();
    options.turns = vec!["127.0.0.1:0".parse().unwrap()];
    options.tls_name = Some("turn.iceveil.test".to_owned());
    let peer = Peer::start(&options).await.unwrap();
    let client = TestClient::new(&peer).await;
    let pem = support::ask(client.http, "GET", "/api/certificate").await;
    let port = peer.turns[0].port();
    let told = client.about["iceServers"].to_string();
    assert!(
        told.contains(&format!("\"turns:turn.iceveil.test:{port}?transport=tcp\"")),
        "{told}"
    );
    let wire = Wire::tls_by(peer.turns[0], "turn.iceveil.test", &pem.text()).await;
    let mut turn = Turn::new(wire, client.credentials());
    assert!(turn.allocate().await.is_ok());
}

#[tokio::test]
async fn it_is_no_open_relay() {
    let peer = peer().await;
    let (_client, mut turn) = user(&peer).await;
    turn.allocate().await.unwrap();
    for forbidden in [
        "192.168.1.1:80",
        "8.8.8.8:53",
        "127.0.0.2:1",
        "0.0.0.0:1",
        "224.0.0.1:1",
    ] {
        assert_eq!(turn.permit(forbidden).await, 403, "{forbidden}");
    }
    assert_eq!(turn.permit("[::1]:1").await, 443);
    assert_eq!(turn.permit("127.0.0.1:1").await, 0);
    let forbidden = "192.168.1.1:80".parse().unwrap();
    let number = ChannelNumber::new(0x4001);
    let bound = turn.ask(CHANNEL_BIND, |request| {
        add(request, &number);
        add_peer(request, forbidden);
    });
    assert_eq!(bound.await.0, 403);
}

#[tokio::test]
async fn only_right_credentials_of_a_living_client_are_taken() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let (name, password) = client.credentials();
    let attempts = [
        (name.clone(), "wrong".to_owned()),
        (
            format!("1:{}", client.about["id"].as_str().unwrap()),
            password.clone(),
        ),
        ("anna".to_owned(), password.clone()),
        (String::new(), password.clone()),
    ];
    for attempt in attempts {
        let mut turn = Turn::new(Wire::udp(peer.turn[0]).await, attempt);
        assert_eq!(turn.allocate().await, Err(401));
    }
    let mut turn = Turn::new(
        Wire::udp(peer.turn[0]).await,
        (name.clone(), password.clone()),
    );
    assert!(turn.allocate().await.is_ok());
    assert_eq!(
        turn.allocate().await,
        Err(437),
        "a second one on the same connection"
    );
    support::ask(client.http, "DELETE", &client.path("")).await;
    let mut late = Turn::new(Wire::udp(peer.turn[0]).await, (name, password));
    assert_eq!(late.allocate().await, Err(401));
}

#[tokio::test]
async fn named_users_and_shared_secrets_need_no_client() {
    let mut options = options();
    options.turn_user = vec![("anna".to_owned(), "north".to_owned())];
    options.turn_peer = vec!["192.0.2.0/24".parse().unwrap()];
    let peer = Peer::start(&options).await.unwrap();
    let anna = ("anna".to_owned(), "north".to_owned());
    let mut turn = Turn::new(Wire::tcp(peer.turn[0]).await, anna);
    turn.allocate().await.unwrap();
    assert_eq!(turn.permit("192.0.2.9:1").await, 0);
    assert_eq!(turn.permit("192.0.3.9:1").await, 403);
}

#[tokio::test]
async fn one_user_has_so_many_allocations_and_no_more() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut all = Vec::new();
    for _ in 0..USER_LIMIT {
        let mut turn = Turn::new(Wire::udp(peer.turn[0]).await, client.credentials());
        turn.allocate().await.unwrap();
        all.push(turn);
    }
    let mut refused = Turn::new(Wire::udp(peer.turn[0]).await, client.credentials());
    assert_eq!(refused.allocate().await, Err(486));
    let (_other, mut other) = user(&peer).await;
    assert!(other.allocate().await.is_ok());
    // Its place is free as soon as it has ended, which comes just after the answer.
    let ended = all[0]
        .ask(REFRESH, |request| add(request, &Lifetime::new(0)))
        .await;
    assert_eq!(ended.0, 0);
    while refused.allocate().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn simulated_addresses_reach_turn_too() {
    let mut options = options();
    options.simulate_mapped = Some("203.0.113.7".parse().unwrap());
    let peer = Peer::start(&options).await.unwrap();
    let (client, mut turn) = user(&peer).await;
    let (relayed, mapped) = turn.allocate().await.unwrap();
    assert_eq!(mapped.ip().to_string(), "203.0.113.7");
    assert_eq!(relayed.ip().to_string(), "127.0.0.1");
    assert_eq!(
        client.observations("turn-allocate").await[0]["simulated"],
        "203.0.113.7"
    );
}

#[tokio::test]
async fn garbage_stops_nothing() {
    let peer = peer().await;
    let (_client, mut turn) = user(&peer).await;
    turn.allocate().await.unwrap();
    let mut stranger = Wire::udp(peer.turn[0]).await;
    for length in 0..300_usize {
        let garbage: Vec<u8> = (0..length).map(|at| (at * 41 + length) as u8).collect();
        stranger.send(&garbage).await;
        turn.wire.send(&garbage).await;
        let mut stream = TcpStream::connect(peer.turn[0]).await.unwrap();
        // The server may have closed it already.
        let _ = stream.write_all(&garbage).await;
    }
    assert_eq!(turn.permit("127.0.0.1:9").await, 0);
}
