//! The TURN server (RFC 8656) over UDP, TCP and TLS, for the peer's own clients.
//!
//! It isn't an open relay: it wants credentials that run out, counts allocations, and relays only
//! to this peer's own addresses unless it is told otherwise.

mod allocation;
mod auth;
mod credentials;
mod front;
mod message;
mod policy;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stun_types::message::{BINDING, Message, MessageClass};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tracing::debug;
use turn_types::attribute::{RequestedAddressFamily, RequestedTransport};
use turn_types::message::ALLOCATE;
use turn_types::{AddressFamily, attribute::EvenPort, attribute::ReservationToken};

pub use credentials::Credentials;
pub use policy::{PeerPolicy, Prefix};

use crate::observations::{How, Observations, Seen, Transport};
use crate::random::NoRandomness;
use crate::stun;
use allocation::Allocation;
use auth::Authenticator;

/// Allocations at one time.
pub const LIMIT: usize = 1024;
/// Allocations of one user at one time.
pub const USER_LIMIT: usize = 128;
/// Frames of a client that wait for its allocation; more are dropped, as by a full network.
const WAITING_FRAMES: usize = 256;

/// Finds the account of a client by its id.
pub type FindAccount = Box<dyn Fn(&str) -> Option<Arc<Observations>> + Send + Sync>;

/// Addresses on which TURN servers relay at the moment.
#[derive(Debug, Default)]
pub struct Relays {
    own: Mutex<HashSet<SocketAddr>>,
    /// Where servers that others run relay, on ports that nobody tells.
    others: Vec<IpAddr>,
}

impl Relays {
    /// None yet but on the addresses of other TURN servers, where everything is relayed. Loopback
    /// isn't a server's alone: it doesn't count.
    pub fn also_on(mut others: Vec<IpAddr>) -> Self {
        others.retain(|ip| !ip.is_loopback());
        Self {
            others,
            ..Self::default()
        }
    }

    /// Whether an address is one of them.
    pub fn contains(&self, address: SocketAddr) -> bool {
        self.others.contains(&address.ip()) || self.all().contains(&address)
    }

    fn all(&self) -> MutexGuard<'_, HashSet<SocketAddr>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a TURN server stands on.
pub struct TurnOptions {
    /// The addresses it relays on.
    pub listen: Vec<IpAddr>,
    /// Whom it knows.
    pub credentials: Arc<Credentials>,
    /// To whom it relays.
    pub policy: PeerPolicy,
    /// The address it claims to see, under simulation.
    pub simulated: Option<IpAddr>,
    /// Where it says on which addresses it relays.
    pub relays: Arc<Relays>,
    /// Where it finds the account of a client.
    pub account: FindAccount,
}

/// A TURN server, without its sockets.
pub struct Turn {
    options: TurnOptions,
    authenticator: Authenticator,
    in_use: Mutex<HashMap<String, usize>>,
}

/// Where a message came from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    source: SocketAddr,
    transport: Transport,
}

/// Where messages for a client go.
#[derive(Clone)]
enum Sink {
    Datagrams(Arc<UdpSocket>, SocketAddr),
    Stream(mpsc::Sender<Vec<u8>>),
}

impl Sink {
    /// Sends, or drops it if there is no room: what is relayed is datagrams.
    fn send(&self, message: Vec<u8>) {
        match self {
            Self::Datagrams(socket, to) => drop(socket.try_send_to(&message, *to)),
            Self::Stream(stream) => drop(stream.try_send(message)),
        }
    }

    fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }
}

/// One allocation's place in the quotas.
struct Place {
    turn: Arc<Turn>,
    user: String,
    relayed: SocketAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turn.options.relays.all().remove(&self.relayed);
        self.turn.leave(&self.user);
    }
}

/// What became of a message that belongs to no allocation.
enum Outcome {
    Nothing,
    Reply(Vec<u8>),
    /// There is one now: later messages go there.
    Allocated(Vec<u8>, mpsc::Sender<Vec<u8>>),
}

impl Turn {
    /// A server with these options.
    ///
    /// # Errors
    /// Without randomness.
    pub fn new(options: TurnOptions) -> Result<Arc<Self>, NoRandomness> {
        let authenticator = Authenticator::new(Arc::clone(&options.credentials))?;
        Ok(Arc::new(Self {
            options,
            authenticator,
            in_use: Mutex::default(),
        }))
    }

    /// Serves on a UDP socket until this is dropped.
    pub async fn serve_udp(self: Arc<Self>, socket: UdpSocket) {
        front::datagrams(self, Arc::new(socket)).await;
    }

    /// Serves on a TCP socket until this is dropped.
    pub async fn serve_tcp(self: Arc<Self>, listener: TcpListener) {
        front::streams(self, listener, None).await;
    }

    /// Serves TLS on a TCP socket until this is dropped (RFC 8656, section 3.1).
    pub async fn serve_tls(self: Arc<Self>, listener: TcpListener, tls: TlsAcceptor) {
        front::streams(self, listener, Some(tls)).await;
    }

    /// Handles a message that belongs to no allocation: only a right Allocate makes one.
    async fn outside(self: &Arc<Self>, bytes: &[u8], origin: Origin, sink: &Sink) -> Outcome {
        let Ok(request) = Message::from_bytes(bytes) else {
            return Outcome::Nothing;
        };
        if !request.has_class(MessageClass::Request) {
            return Outcome::Nothing;
        }
        if request.has_method(BINDING) {
            let answer = stun::answer(bytes, origin.source, self.options.simulated);
            return answer.map_or(Outcome::Nothing, Outcome::Reply);
        }
        let user = match self.authenticator.check(&request, origin.source) {
            Ok(user) => user,
            Err(refusal) => return Outcome::Reply(refusal),
        };
        let account = (self.options.account)(&user.client);
        if account.is_none() && !user.is_lasting {
            // Its client is gone, and so are its credentials.
            return Outcome::Reply(self.authenticator.challenge(&request, 401, origin.source));
        }
        if !request.has_method(ALLOCATE) {
            return Outcome::Reply(message::refusal(&request, 437, Some(&user.key)));
        }
        if let Some(account) = &account {
            account.add(
                Seen::source(How::TurnAllocate, origin.transport, origin.source)
                    .answered_with(self.options.simulated),
            );
        }
        let allocated = self.allocate(&request, &user).await;
        let (relay, place) = match allocated {
            Ok(allocated) => allocated,
            Err(code) => {
                debug!(code, "allocation refused");
                return Outcome::Reply(message::refusal(&request, code, Some(&user.key)));
            }
        };
        let (sender, frames) = mpsc::channel(WAITING_FRAMES);
        let allocation =
            Allocation::new(&request, user, account, origin, sink.clone(), relay, place);
        let reply = allocation.reply();
        debug!("allocation made");
        tokio::spawn(allocation.run(frames));
        Outcome::Allocated(reply, sender)
    }

    /// Makes the relay's socket, or gives the error code of the refusal.
    async fn allocate(
        self: &Arc<Self>,
        request: &Message<'_>,
        user: &auth::User,
    ) -> Result<(UdpSocket, Place), u16> {
        let transport = request
            .attribute::<RequestedTransport>()
            .map_err(|_| 400_u16)?;
        if transport.protocol() != RequestedTransport::UDP {
            return Err(442);
        }
        // Neither is offered: one relay, on whatever port is free.
        if request.attribute::<ReservationToken>().is_ok()
            || request
                .attribute::<EvenPort>()
                .is_ok_and(|even| even.requested())
        {
            return Err(508);
        }
        let six = match request.attribute::<RequestedAddressFamily>() {
            Ok(family) => family.family() == AddressFamily::IPV6,
            Err(_) => false,
        };
        let ip = self
            .options
            .listen
            .iter()
            .find(|ip| ip.is_ipv6() == six)
            .ok_or(440_u16)?;
        let user = user.name.clone();
        if !self.enter(&user) {
            return Err(486);
        }
        let socket = match UdpSocket::bind((*ip, 0)).await {
            Ok(socket) => socket,
            Err(_) => {
                self.leave(&user);
                return Err(508);
            }
        };
        let Ok(relayed) = socket.local_addr() else {
            self.leave(&user);
            return Err(508);
        };
        self.options.relays.all().insert(relayed);
        Ok((
            socket,
            Place {
                turn: Arc::clone(self),
                user,
                relayed,
            },
        ))
    }

    fn enter(&self, user: &str) -> bool {
        let mut in_use = self.in_use();
        let own = in_use.get(user).copied().unwrap_or_default();
        let all: usize = in_use.values().sum();
        if own >= USER_LIMIT || all >= LIMIT {
            return false;
        }
        in_use.insert(user.to_owned(), own + 1);
        true
    }

    fn leave(&self, user: &str) {
        let mut in_use = self.in_use();
        if let Some(own) = in_use.get_mut(user) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                in_use.remove(user);
            }
        }
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
