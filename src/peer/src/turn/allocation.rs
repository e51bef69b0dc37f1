//! One allocation: a relay's socket, its permissions and its channels (RFC 8656).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stun_types::attribute::XorMappedAddress;
use stun_types::message::{
    BINDING, Message, MessageClass, MessageWrite, MessageWriteExt, MessageWriteVec, TransactionId,
};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::debug;
use turn_types::attribute::{ChannelNumber, Data, Lifetime, XorPeerAddress, XorRelayedAddress};
use turn_types::channel::ChannelData;
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, DATA, REFRESH, SEND};

use super::auth::User;
use super::{Origin, Place, Sink, message};
use crate::observations::{How, Observations, Seen, Transport};
use crate::stun;

const LIFETIME: u32 = 600;
const MAX_LIFETIME: u32 = 3600;
const PERMISSION_TIME: Duration = Duration::from_secs(300);
const CHANNEL_TIME: Duration = Duration::from_secs(600);
/// Permissions, and channels, of one allocation.
const MAX_PEERS: usize = 128;
/// Longest datagram that is relayed.
const MAX_DATAGRAM: usize = 4096;

/// A running allocation. It ends when it expires, or when its client's connection does.
pub(super) struct Allocation {
    user: User,
    account: Option<Arc<Observations>>,
    origin: Origin,
    sink: Sink,
    relay: UdpSocket,
    place: Place,
    transaction: TransactionId,
    reply: Vec<u8>,
    permissions: HashMap<IpAddr, Instant>,
    channels: HashMap<u16, (SocketAddr, Instant)>,
    expires: Instant,
}

impl Allocation {
    pub(super) fn new(
        request: &Message<'_>,
        user: User,
        account: Option<Arc<Observations>>,
        origin: Origin,
        sink: Sink,
        relay: UdpSocket,
        place: Place,
    ) -> Self {
        let asked = request
            .attribute::<Lifetime>()
            .map_or(LIFETIME, |lifetime| lifetime.seconds());
        let lifetime = asked.clamp(LIFETIME, MAX_LIFETIME);
        let transaction = request.transaction_id();
        let seen = place.turn.options.simulated;
        let seen = seen.unwrap_or_else(|| origin.source.ip().to_canonical());
        let mapped = SocketAddr::new(seen, origin.source.port());
        let reply = message::success(
            request,
            &[
                &XorRelayedAddress::new(place.relayed, transaction),
                &XorMappedAddress::new(mapped, transaction),
                &Lifetime::new(lifetime),
            ],
            &user.key,
        );
        Self {
            user,
            account,
            origin,
            sink,
            relay,
            place,
            transaction,
            reply,
            permissions: HashMap::new(),
            channels: HashMap::new(),
            expires: Instant::now() + Duration::from_secs(lifetime.into()),
        }
    }

    /// The answer to the request that made it.
    pub(super) fn reply(&self) -> Vec<u8> {
        self.reply.clone()
    }

    /// Relays until the end.
    pub(super) async fn run(mut self, mut frames: mpsc::Receiver<Vec<u8>>) {
        let mut buffer = [0; MAX_DATAGRAM];
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Some(frame) => if !self.client_sent(&frame) { break },
                    None => break,
                },
                received = self.relay.recv_from(&mut buffer) => {
                    // An error is an ICMP message about an earlier datagram: not about this one.
                    if let Ok((length, peer)) = received {
                        self.peer_sent(buffer.get(..length).unwrap_or_default(), peer);
                    }
                }
                () = tokio::time::sleep_until(self.expires.into()) => break,
            }
        }
        debug!("allocation over");
    }

    fn peer_sent(&self, data: &[u8], peer: SocketAddr) {
        let now = Instant::now();
        let permitted = self
            .permissions
            .get(&peer.ip())
            .is_some_and(|until| *until > now);
        if !permitted {
            return;
        }
        let channel = self
            .channels
            .iter()
            .find(|(_, (to, until))| *to == peer && *until > now);
        let Ok(length) = u16::try_from(data.len()) else {
            return;
        };
        match channel {
            Some((number, _)) => {
                let mut frame = Vec::with_capacity(data.len() + 8);
                frame.extend(number.to_be_bytes());
                frame.extend(length.to_be_bytes());
                frame.extend(data);
                if self.sink.is_stream() {
                    frame.resize(frame.len().next_multiple_of(4), 0);
                }
                self.sink.send(frame);
            }
            None => {
                let room = MessageWriteVec::with_capacity(data.len() + 64);
                let mut indication = Message::builder_indication(DATA, room);
                let peer = XorPeerAddress::new(peer, indication.transaction_id());
                let added = indication.add_attribute(&peer).is_ok()
                    && indication.add_attribute(&Data::new(data)).is_ok();
                if added {
                    self.sink.send(indication.finish());
                }
            }
        }
    }

    /// False ends the allocation.
    fn client_sent(&mut self, frame: &[u8]) -> bool {
        if let Ok(data) = ChannelData::parse(frame) {
            if let Some((peer, until)) = self.channels.get(&data.id()).copied()
                && until > Instant::now()
            {
                self.to_peer(data.data(), peer);
            }
            return true;
        }
        let Ok(incoming) = Message::from_bytes(frame) else {
            return true;
        };
        if incoming.has_class(MessageClass::Indication) && incoming.has_method(SEND) {
            self.send_indication(&incoming);
            return true;
        }
        if !incoming.has_class(MessageClass::Request) {
            return true;
        }
        let mut alive = true;
        let reply = if incoming.has_method(BINDING) {
            stun::answer(frame, self.origin.source, self.place.turn.options.simulated)
        } else if incoming.has_method(ALLOCATE) && incoming.transaction_id() == self.transaction {
            Some(self.reply.clone())
        } else {
            let authenticator = &self.place.turn.authenticator;
            Some(match authenticator.check(&incoming, self.origin.source) {
                Err(refusal) => refusal,
                Ok(user) if user.name != self.user.name => {
                    message::refusal(&incoming, 441, Some(&user.key))
                }
                Ok(user) => {
                    let answer = self.request(&incoming, &mut alive);
                    answer.unwrap_or_else(|code| message::refusal(&incoming, code, Some(&user.key)))
                }
            })
        };
        if let Some(reply) = reply {
            self.sink.send(reply);
        }
        alive
    }

    /// The answer to a request of the right user, or its error code.
    fn request(&mut self, request: &Message<'_>, alive: &mut bool) -> Result<Vec<u8>, u16> {
        if request.has_method(REFRESH) {
            let asked = request
                .attribute::<Lifetime>()
                .map_or(LIFETIME, |asked| asked.seconds());
            *alive = asked > 0;
            let lifetime = if asked > 0 {
                asked.clamp(LIFETIME, MAX_LIFETIME)
            } else {
                0
            };
            self.expires = Instant::now() + Duration::from_secs(lifetime.into());
            Ok(message::success(
                request,
                &[&Lifetime::new(lifetime)],
                &self.user.key,
            ))
        } else if request.has_method(CREATE_PERMISSION) {
            let peers = peers_of(request);
            if peers.is_empty() {
                return Err(400);
            }
            for peer in &peers {
                self.may_reach(*peer)?;
            }
            for peer in peers {
                self.permit(peer.ip())?;
            }
            Ok(message::success(request, &[], &self.user.key))
        } else if request.has_method(CHANNEL_BIND) {
            self.bind_channel(request)?;
            Ok(message::success(request, &[], &self.user.key))
        } else {
            // Allocate among them: there is an allocation already.
            Err(if request.has_method(ALLOCATE) {
                437
            } else {
                400
            })
        }
    }

    fn bind_channel(&mut self, request: &Message<'_>) -> Result<(), u16> {
        let number = request
            .attribute::<ChannelNumber>()
            .map_err(|_| 400_u16)?
            .channel();
        let peers = peers_of(request);
        let peer = *peers.first().ok_or(400_u16)?;
        self.may_reach(peer)?;
        let now = Instant::now();
        self.channels.retain(|_, (_, until)| *until > now);
        let mut others = self
            .channels
            .iter()
            .filter(|(other, (to, _))| **other == number || *to == peer);
        let fits = others.all(|(other, (to, _))| *other == number && *to == peer);
        if !(0x4000..0x5000).contains(&number) || !fits {
            return Err(400);
        }
        if self.channels.len() >= MAX_PEERS && !self.channels.contains_key(&number) {
            return Err(508);
        }
        self.permit(peer.ip())?;
        self.channels.insert(number, (peer, now + CHANNEL_TIME));
        Ok(())
    }

    /// Notes that the client asked, and says whether it may.
    fn may_reach(&self, peer: SocketAddr) -> Result<(), u16> {
        if let Some(account) = &self.account {
            account.add(Seen::source(How::TurnPeer, Transport::Udp, peer));
        }
        if peer.is_ipv6() != self.place.relayed.is_ipv6() {
            return Err(443);
        }
        if self.place.turn.options.policy.allows(peer.ip()) {
            Ok(())
        } else {
            Err(403)
        }
    }

    fn permit(&mut self, ip: IpAddr) -> Result<(), u16> {
        let now = Instant::now();
        self.permissions.retain(|_, until| *until > now);
        if self.permissions.len() >= MAX_PEERS && !self.permissions.contains_key(&ip) {
            return Err(508);
        }
        self.permissions.insert(ip, now + PERMISSION_TIME);
        Ok(())
    }

    fn send_indication(&self, indication: &Message<'_>) {
        let peers = peers_of(indication);
        if let (Some(peer), Ok(data)) = (peers.first(), indication.attribute::<Data<'_>>()) {
            self.to_peer(data.data(), *peer);
        }
    }

    fn to_peer(&self, data: &[u8], peer: SocketAddr) {
        let permitted = self
            .permissions
            .get(&peer.ip())
            .is_some_and(|until| *until > Instant::now());
        if permitted {
            // A full buffer drops the datagram, as a network would.
            let _ = self.relay.try_send_to(data, peer);
        }
    }
}

fn peers_of(message: &Message<'_>) -> Vec<SocketAddr> {
    let transaction = message.transaction_id();
    (0..MAX_PEERS)
        .map_while(|at| message.nth_attribute::<XorPeerAddress>(at).ok())
        .map(|peer| peer.addr(transaction))
        .collect()
}
