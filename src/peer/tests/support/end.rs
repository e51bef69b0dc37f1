//! A WebRTC end of a test's own.

use std::net::SocketAddr;
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpApi, SdpPendingOffer};
use str0m::channel::{ChannelData, ChannelId};
use str0m::media::{MediaData, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::net::UdpSocket;

use super::{TestClient, send};

pub const SDP: &str = "application/sdp";
pub const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// A WebRTC end of the test's own, with one socket.
pub struct End {
    pub rtc: Rtc,
    pub socket: UdpSocket,
    pub local: SocketAddr,
}

pub enum Happened {
    Open(ChannelId),
    Message(ChannelData),
    Media(Box<MediaData>),
    Keyframe(Mid),
}

impl End {
    pub async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let local = socket.local_addr().unwrap();
        Self {
            rtc: Rtc::new(Instant::now()),
            socket,
            local,
        }
    }

    pub fn candidate(&self) -> Candidate {
        Candidate::host(self.local, "udp").unwrap()
    }

    pub fn offer(&mut self, label: &str) -> (String, SdpPendingOffer) {
        let mut change = self.rtc.sdp_api();
        change.add_channel(label.to_owned());
        let (offer, pending) = change.apply().unwrap();
        (offer.to_sdp_string(), pending)
    }

    /// An offer with a candidate in it, of what `change` adds.
    pub fn offer_of<T>(
        &mut self,
        change: impl FnOnce(&mut SdpApi<'_>) -> T,
    ) -> (String, SdpPendingOffer, T) {
        let candidate = self.candidate();
        self.rtc.add_local_candidate(candidate);
        let mut api = self.rtc.sdp_api();
        let made = change(&mut api);
        let (offer, pending) = api.apply().unwrap();
        (offer.to_sdp_string(), pending, made)
    }

    pub fn accept(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    /// Runs until something happened.
    pub async fn next(&mut self) -> Happened {
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
                Output::Event(Event::MediaData(data)) => return Happened::Media(Box::new(data)),
                Output::Event(Event::KeyframeRequest(request)) => {
                    return Happened::Keyframe(request.mid);
                }
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

    pub async fn opened(&mut self) -> ChannelId {
        match self.next().await {
            Happened::Open(id) => id,
            _ => panic!("something before the channel opened"),
        }
    }

    /// Sends a message and gives what comes back.
    pub async fn echo(&mut self, id: ChannelId, binary: bool, message: &[u8]) -> ChannelData {
        assert!(
            self.rtc
                .channel(id)
                .unwrap()
                .write(binary, message)
                .unwrap()
        );
        match self.next().await {
            Happened::Message(data) => data,
            _ => panic!("something else than a message"),
        }
    }
}

/// Hands an offer in; the answer and the session.
pub async fn call(client: &TestClient, query: &str, offer: &str) -> (String, String) {
    let path = client.path(&format!("/offer{query}"));
    let answer = send(client.http, "POST", &path, SDP, offer.as_bytes()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("content-type").as_deref(), Some(SDP));
    (answer.text(), answer.header("location").unwrap())
}
