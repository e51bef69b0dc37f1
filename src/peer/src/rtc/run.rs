//! The loop of one session: packets, time and commands in, packets out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::net::{Protocol, Receive};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::debug;

use super::bulk::{self, Bulk};
use super::echo::Echo;
use super::stage::{Part, Seat};
use super::{Command, Sockets};
use crate::observations::{How, Observations, Seen, Transport};
use crate::stun;
use crate::task::Task;

/// Packets that wait for a busy session; then they wait in the system's buffers.
const WAITING_PACKETS: usize = 256;
/// Nothing that WebRTC sends is longer.
const MAX_DATAGRAM: usize = 2048;
/// How long a session may be without a connection, at its start or later.
const UNCONNECTED: Duration = Duration::from_secs(60);

struct Packet {
    local: SocketAddr,
    source: SocketAddr,
    bytes: Vec<u8>,
}

struct Running {
    rtc: Rtc,
    sockets: Sockets,
    pending: Option<SdpPendingOffer>,
    observations: Arc<Observations>,
    echo: Echo,
    bulk: Bulk,
    seat: Seat,
    connected: bool,
    last_connected: Instant,
    last_source: Option<SocketAddr>,
}

/// Runs a session until it ends by itself. It also ends when its task is dropped.
pub(super) async fn run(
    rtc: Rtc,
    sockets: Sockets,
    pending: Option<SdpPendingOffer>,
    mut commands: mpsc::Receiver<Command>,
    part: Part,
    observations: Arc<Observations>,
) {
    let (arrived, mut packets) = mpsc::channel(WAITING_PACKETS);
    let _readers: Vec<Task> = sockets
        .iter()
        .map(|(local, socket)| Task::start(read(*local, Arc::clone(socket), arrived.clone())))
        .collect();
    let mut running = Running {
        rtc,
        sockets,
        pending,
        observations,
        echo: Echo::default(),
        bulk: Bulk::default(),
        seat: Seat::new(part),
        connected: false,
        last_connected: Instant::now(),
        last_source: None,
    };
    while let Some(deadline) = running.drain().await {
        if !running.connected && running.last_connected.elapsed() > UNCONNECTED {
            debug!("session without connection");
            break;
        }
        let ok = tokio::select! {
            Some(packet) = packets.recv() => running.packet(&packet),
            command = commands.recv() => match command {
                Some(command) => running.command(command).await,
                None => break,
            },
            cue = running.seat.cue() => {
                running.seat.take(&cue, &mut running.rtc);
                true
            }
            () = tokio::time::sleep_until(deadline.into()) => {
                running.rtc.handle_input(Input::Timeout(Instant::now())).is_ok()
            }
        };
        if !ok {
            break;
        }
    }
    debug!("session over");
}

async fn read(local: SocketAddr, socket: Arc<UdpSocket>, arrived: mpsc::Sender<Packet>) {
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, source)) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                if arrived
                    .send(Packet {
                        local,
                        source,
                        bytes,
                    })
                    .await
                    .is_err()
                {
                    return;
                }
            }
            // An ICMP error for an earlier packet: checks to dead candidates cause them.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}

impl Running {
    /// Handles all output there is. Gives the time of the next input, or none at the end.
    async fn drain(&mut self) -> Option<Instant> {
        loop {
            if !self.rtc.is_alive() {
                return None;
            }
            match self.rtc.poll_output().ok()? {
                Output::Timeout(at) => {
                    let echoed = self.echo.send_waiting(&mut self.rtc);
                    if self.bulk.send(&mut self.rtc) || echoed {
                        continue;
                    }
                    return Some(at);
                }
                Output::Transmit(packet) => {
                    let socket = self
                        .sockets
                        .iter()
                        .find(|(local, _)| *local == packet.source);
                    if let Some((_, socket)) = socket {
                        // Unreachable destinations are what connectivity checks are for.
                        let _ = socket.send_to(&packet.contents, packet.destination).await;
                    }
                }
                Output::Event(event) => self.event(event)?,
            }
        }
    }

    /// None ends the session.
    fn event(&mut self, event: Event) -> Option<()> {
        match event {
            Event::IceConnectionStateChange(state) => {
                let connected = matches!(
                    state,
                    IceConnectionState::Connected | IceConnectionState::Completed
                );
                if self.connected && !connected {
                    self.last_connected = Instant::now();
                }
                self.connected = connected;
                if connected && self.seat.receives() {
                    self.seat.want_keyframe();
                }
                debug!(connected, "session's connection");
            }
            Event::ChannelOpen(id, label) => {
                debug!("data channel open");
                if label == bulk::LABEL {
                    self.bulk.open(id);
                }
                if let Some(source) = self.last_source {
                    self.observations
                        .add(Seen::source(How::DataChannel, Transport::Udp, source));
                }
            }
            Event::ChannelData(data) if self.bulk.message(&data) => {}
            Event::ChannelData(data) => self.echo.message(&mut self.rtc, data).ok()?,
            Event::ChannelClose(channel) => {
                self.bulk.close(channel);
                self.echo.channel_closed(channel);
            }
            Event::MediaAdded(media) => {
                self.seat.section(media.mid, media.kind);
            }
            Event::MediaData(data) => {
                self.seat.show(&data);
                self.echo.media(&mut self.rtc, &data);
            }
            Event::KeyframeRequest(_) if self.seat.receives() => self.seat.want_keyframe(),
            Event::KeyframeRequest(request) => self.echo.keyframe(&mut self.rtc, request),
            Event::Closed => debug!("the other side closed the session"),
            _ => {}
        }
        Some(())
    }

    fn packet(&mut self, packet: &Packet) -> bool {
        self.last_source = Some(packet.source);
        if stun::is_binding_request(&packet.bytes) {
            let seen = Seen::source(How::StunCheck, Transport::Udp, packet.source);
            self.observations.add(seen);
        }
        let Ok(receive) = Receive::new(Protocol::Udp, packet.source, packet.local, &packet.bytes)
        else {
            return true;
        };
        let input = Input::Receive(Instant::now(), receive);
        // What doesn't belong to the session is garbage from somewhere: it must not end it.
        !self.rtc.accepts(&input) || self.rtc.handle_input(input).is_ok()
    }

    async fn command(&mut self, command: Command) -> bool {
        match command {
            Command::Candidates(candidates) => {
                for candidate in candidates {
                    self.rtc.add_remote_candidate(candidate);
                    // The library wants its output taken after each change.
                    if self.drain().await.is_none() {
                        return false;
                    }
                }
            }
            Command::Answer(answer, reply) => {
                // Whoever asked may have gone, here and below.
                let _ = reply.send(self.accept(answer));
            }
            Command::Offer(offer, reply) => {
                // Where both offer at once, the other side's offer wins (JSEP's polite peer).
                self.pending = None;
                let answer = self.rtc.sdp_api().accept_offer(offer);
                self.last_connected = Instant::now();
                let _ = reply.send(answer.ok().map(|answer| answer.to_sdp_string()));
            }
            Command::Restart(reply) => {
                let _ = reply.send(self.restart());
            }
        }
        self.rtc
            .handle_input(Input::Timeout(Instant::now()))
            .is_ok()
    }

    /// An offer that restarts ICE (RFC 8839, section 4.4.1.1).
    fn restart(&mut self) -> Option<String> {
        let mut change = self.rtc.sdp_api();
        change.ice_restart(true);
        let (offer, pending) = change.apply()?;
        self.pending = Some(pending);
        Some(offer.to_sdp_string())
    }

    /// Whether it is an answer to what was offered.
    fn accept(&mut self, answer: SdpAnswer) -> bool {
        let Some(pending) = self.pending.take() else {
            return false;
        };
        self.last_connected = Instant::now();
        self.rtc.sdp_api().accept_answer(pending, answer).is_ok()
    }
}
