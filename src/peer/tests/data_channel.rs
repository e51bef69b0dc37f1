//! A whole call with the peer: an independent WebRTC end, offer and answer over HTTP, data back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::net::SocketAddr;
use std::time::Instant;

use iceveil_peer::serve::Peer;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelData, ChannelId};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use support::{TestClient, peer, send};
use tokio::net::UdpSocket;

const SDP: &str = "application/sdp";

/// A WebRTC end of the test's own, with one socket.
struct End {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
}

enum Happened {
    Open(ChannelId),
    Message(ChannelData),
}

impl End {
    async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let local = socket.local_addr().unwrap();
        Self {
            rtc: Rtc::new(Instant::now()),
            socket,
            local,
        }
    }

    fn candidate(&self) -> Candidate {
        Candidate::host(self.local, "udp").unwrap()
    }

    fn offer(&mut self, label: &str) -> (String, SdpPendingOffer) {
        let mut change = self.rtc.sdp_api();
        change.add_channel(label.to_owned());
        let (offer, pending) = change.apply().unwrap();
        (offer.to_sdp_string(), pending)
    }

    fn accept(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// Runs until something happened.
    async fn next(&mut self) -> Happened {
        let mut buffer = [0; 2048];
        loop {
            let deadline = match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => at,
                Output::Transmit(packet) => {
                    self.socket
                        .send_to(&packet.contents, packet.destination)
                        .await
                        .unwrap();
                    continue;
                }
                Output::Event(Event::ChannelOpen(id, _)) => return Happened::Open(id),
                Output::Event(Event::ChannelData(data)) => return Happened::Message(data),
                Output::Event(_) => continue,
            };
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    let (length, source) = received.unwrap();
                    let packet = Receive::new(Protocol::Udp, source, self.local, &buffer[..length]);
                    let input = Input::Receive(Instant::now(), packet.unwrap());
                    self.rtc.handle_input(input).unwrap();
                }
                () = tokio::time::sleep_until(deadline.into()) => {
                    self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                }
            }
        }
    }

    async fn opened(&mut self) -> ChannelId {
        match self.next().await {
            Happened::Open(id) => id,
            Happened::Message(_) => panic!("a message before the channel opened"),
        }
    }

    /// Sends a message and gives what comes back.
    async fn echo(&mut self, id: ChannelId, binary: bool, message: &[u8]) -> ChannelData {
        assert!(
            self.rtc
                .channel(id)
                .unwrap()
                .write(binary, message)
                .unwrap()
        );
        match self.next().await {
            Happened::Message(data) => data,
            Happened::Open(_) => panic!("a second channel"),
        }
    }
}

async fn call(client: &TestClient, query: &str, offer: &str) -> (String, String) {
    let path = client.path(&format!("/offer{query}"));
    let answer = send(client.http, "POST", &path, SDP, offer.as_bytes()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("content-type").as_deref(), Some(SDP));
    (answer.text(), answer.header("location").unwrap())
}

async fn with_candidates(peer: &Peer, query: &str) -> (TestClient, End, ChannelId, String) {
    let client = TestClient::new(peer).await;
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let (offer, pending) = end.offer("any label");
    let (answer, location) = call(&client, query, &offer).await;
    assert_eq!(answer.contains("a=candidate:"), query.is_empty());
    end.accept(pending, &answer);
    let id = end.opened().await;
    (client, end, id, location)
}

#[tokio::test]
async fn messages_come_back_as_they_were() {
    let peer = peer().await;
    let (client, mut end, id, _) = with_candidates(&peer, "").await;
    for (binary, message) in [
        (false, &b"hello"[..]),
        (true, &[0, 255, 1]),
        (true, &[7; 60_000]),
    ] {
        let back = end.echo(id, binary, message).await;
        assert_eq!((back.binary, back.data.as_slice()), (binary, message));
    }
    let port = end.local.port();
    for how in ["sdp-candidate", "stun-check", "data-channel"] {
        let seen = client.observations(how).await;
        assert!(
            seen.iter()
                .any(|row| row["port"] == port && row["address"] == "127.0.0.1"),
            "{how}"
        );
    }
}

#[tokio::test]
async fn a_peer_without_candidates_is_found_by_its_checks() {
    let peer = peer().await;
    let (_, mut end, id, _) = with_candidates(&peer, "?candidates=none").await;
    assert_eq!(end.echo(id, true, b"x").await.data, b"x");
}

#[tokio::test]
async fn trickled_candidates_are_used_and_noted() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut end = End::new().await;
    let (offer, pending) = end.offer("trickle");
    assert!(!offer.contains("a=candidate:"));
    let (answer, location) = call(&client, "?candidates=none", &offer).await;
    end.accept(pending, &answer);
    let candidate = end.candidate();
    let line = candidate.to_sdp_string();
    end.rtc.add_local_candidate(candidate);
    let fragment = format!("a=mid:0\r\na={line}\r\na=candidate:9 1 udp 1 x.local 9 typ host\r\n");
    let kind = "application/trickle-ice-sdpfrag";
    let taken = send(client.http, "PATCH", &location, kind, fragment.as_bytes()).await;
    assert_eq!(taken.status, 204);
    let id = end.opened().await;
    assert_eq!(end.echo(id, false, b"y").await.data, b"y");
    let seen = client.observations("trickle-candidate").await;
    let addresses: Vec<_> = seen
        .iter()
        .map(|row| row["address"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["127.0.0.1", "x.local"]);
}

#[tokio::test]
async fn ice_restarts_keep_the_channel() {
    let peer = peer().await;
    let (client, mut end, id, location) = with_candidates(&peer, "").await;
    let mut change = end.rtc.sdp_api();
    change.ice_restart(true);
    let (offer, pending) = change.apply().unwrap();
    let offer = offer.to_sdp_string();
    let answer = send(client.http, "POST", &location, SDP, offer.as_bytes()).await;
    assert_eq!(answer.status, 200);
    end.accept(pending, &answer.text());
    assert_eq!(end.echo(id, false, b"still here").await.data, b"still here");
}

#[tokio::test]
async fn the_peer_can_call_too() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let call = support::ask(client.http, "POST", &client.path("/call")).await;
    assert_eq!(call.status, 201);
    let location = call.header("location").unwrap();
    let offer = SdpOffer::from_sdp_string(&call.text()).unwrap();
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let answer = end
        .rtc
        .sdp_api()
        .accept_offer(offer)
        .unwrap()
        .to_sdp_string();
    let wrong = send(client.http, "PUT", &location, SDP, b"v=0").await;
    assert_eq!(wrong.status, 400);
    let taken = send(client.http, "PUT", &location, SDP, answer.as_bytes()).await;
    assert_eq!(taken.status, 204);
    let again = send(client.http, "PUT", &location, SDP, answer.as_bytes()).await;
    assert_eq!(again.status, 400);
    let id = end.opened().await;
    assert_eq!(end.echo(id, false, b"hello").await.data, b"hello");
}

#[tokio::test]
async fn garbage_on_the_session_does_not_end_it() {
    let peer = peer().await;
    let (_, mut end, id, _) = with_candidates(&peer, "").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // The peer's socket is where our packets go: learned from a check of its own.
    let mut buffer = [0; 2048];
    let (_, session) = end.socket.peek_from(&mut buffer).await.unwrap();
    for length in 0..300_usize {
        let garbage: Vec<u8> = (0..length).map(|at| (at * 31 + length) as u8).collect();
        stranger.send_to(&garbage, session).await.unwrap();
    }
    assert_eq!(end.echo(id, true, b"fine").await.data, b"fine");
}

#[tokio::test]
async fn ended_sessions_are_gone() {
    let peer = peer().await;
    let (client, _end, _, location) = with_candidates(&peer, "").await;
    assert_eq!(
        support::ask(client.http, "DELETE", &location).await.status,
        204
    );
    assert_eq!(
        support::ask(client.http, "DELETE", &location).await.status,
        404
    );
}
