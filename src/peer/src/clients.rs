//! The clients: one for each page or test that wants its own account. Bounded and expiring.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde::Serialize;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::observations::Observations;
use crate::random;
use crate::rtc::{Session, Stage};
use crate::stun;
use crate::task::Task;
use crate::turn::Relays;

/// Clients at one time.
pub const LIMIT: usize = 256;
/// WebRTC sessions of one client at one time.
pub const SESSION_LIMIT: usize = 32;
/// A client goes when its HTTP interface wasn't used for so long.
pub const TTL: Duration = Duration::from_secs(600);

/// Why a client couldn't be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// [`LIMIT`] of them are there.
    TooMany,
    /// The client has [`SESSION_LIMIT`] sessions.
    TooManySessions,
    /// No randomness for its id.
    NoRandomness,
    /// No socket for it.
    Socket(std::io::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => write!(f, "there are {LIMIT} clients already; try again later"),
            Self::TooManySessions => {
                write!(
                    f,
                    "the client has {SESSION_LIMIT} sessions already; end one first"
                )
            }
            Self::NoRandomness => random::NoRandomness.fmt(f),
            Self::Socket(error) => write!(f, "no socket for the client: {}", error.kind()),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<random::NoRandomness> for ClientError {
    fn from(_: random::NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// An entry of `RTCConfiguration.iceServers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IceServer {
    /// `stun:` or `turn:` URLs.
    pub urls: Vec<String>,
    /// For TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN: the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// One client.
pub struct Client {
    /// Unguessable, and all that is needed to read its account.
    pub id: String,
    /// What was learned about it.
    pub observations: Arc<Observations>,
    /// Its own STUN ports.
    pub stun: Vec<SocketAddr>,
    /// Where what its sessions send meets those that only receive.
    pub stage: Arc<Stage>,
    state: Mutex<State>,
    ended: watch::Sender<bool>,
}

struct State {
    used: Instant,
    report: Option<Bytes>,
    sessions: HashMap<u64, Session>,
    next_session: u64,
    stun_tasks: Vec<Task>,
}

impl Client {
    /// What the page last reported, as it came.
    pub fn report(&self) -> Option<Bytes> {
        self.state().report.clone()
    }

    /// Keeps what the page reports; a later report takes its place.
    pub fn set_report(&self, report: Bytes) {
        self.state().report = Some(report);
    }

    /// Takes a session in, and gives its number.
    ///
    /// # Errors
    /// [`ClientError::TooManySessions`].
    pub fn add_session(&self, session: Session) -> Result<u64, ClientError> {
        let mut state = self.state();
        state.sessions.retain(|_, session| !session.is_over());
        if state.sessions.len() >= SESSION_LIMIT {
            return Err(ClientError::TooManySessions);
        }
        let number = state.next_session;
        state.next_session += 1;
        state.sessions.insert(number, session);
        Ok(number)
    }

    /// The session with that number, or the newest.
    pub fn session(&self, number: Option<u64>) -> Option<Session> {
        let state = self.state();
        let number = number.or_else(|| state.sessions.keys().max().copied())?;
        state.sessions.get(&number).cloned()
    }

    /// Ends the session with that number, or the newest. False if there was none.
    pub fn end_session(&self, number: Option<u64>) -> bool {
        let mut state = self.state();
        let number = number.or_else(|| state.sessions.keys().max().copied());
        number
            .and_then(|number| state.sessions.remove(&number))
            .is_some()
    }

    /// Whether it has all the sessions it may have.
    pub fn is_full(&self) -> bool {
        self.state()
            .sessions
            .values()
            .filter(|session| !session.is_over())
            .count()
            >= SESSION_LIMIT
    }

    /// Turns true when the client ends.
    pub fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    fn end(&self) {
        self.ended.send_replace(true);
        let mut state = self.state();
        state.stun_tasks.clear();
        state.sessions.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All clients of this peer.
pub struct Clients {
    listen: Vec<IpAddr>,
    simulated: Option<IpAddr>,
    relays: Arc<Relays>,
    by_id: Mutex<HashMap<String, Arc<Client>>>,
}

impl Clients {
    /// None yet. Their STUN ports will be on each of the addresses `listen`; addresses in `relays`
    /// are the TURN server's, not theirs.
    pub fn new(listen: Vec<IpAddr>, simulated: Option<IpAddr>, relays: Arc<Relays>) -> Self {
        Self {
            listen,
            simulated,
            relays,
            by_id: Mutex::default(),
        }
    }

    /// Makes a client and its STUN ports.
    ///
    /// # Errors
    /// When there are too many, or no socket can be had.
    pub async fn create(&self) -> Result<Arc<Client>, ClientError> {
        self.expire();
        if self.by_id().len() >= LIMIT {
            return Err(ClientError::TooMany);
        }
        let observations = Arc::new(Observations::new(Instant::now(), Arc::clone(&self.relays)));
        let mut stun = Vec::new();
        let mut stun_tasks = Vec::new();
        for ip in &self.listen {
            let socket = UdpSocket::bind((*ip, 0))
                .await
                .map_err(ClientError::Socket)?;
            stun.push(socket.local_addr().map_err(ClientError::Socket)?);
            let answers = stun::serve(socket, Some(Arc::clone(&observations)), self.simulated);
            stun_tasks.push(Task::start(async {
                if let Err(error) = answers.await {
                    warn!(kind = %error.kind(), "a client's STUN port failed");
                }
            }));
        }
        let client = Arc::new(Client {
            id: random::token(16)?,
            observations,
            stun,
            stage: Arc::default(),
            ended: watch::Sender::new(false),
            state: Mutex::new(State {
                used: Instant::now(),
                report: None,
                sessions: HashMap::new(),
                next_session: 1,
                stun_tasks,
            }),
        });
        let mut by_id = self.by_id();
        // Asked again: others may have come while the sockets were made.
        if by_id.len() >= LIMIT {
            client.end();
            return Err(ClientError::TooMany);
        }
        by_id.insert(client.id.clone(), Arc::clone(&client));
        info!(clients = by_id.len(), "client made");
        Ok(client)
    }

    /// The client with that id; asking keeps it alive.
    pub fn get(&self, id: &str) -> Option<Arc<Client>> {
        let client = self.by_id().get(id).map(Arc::clone)?;
        client.state().used = Instant::now();
        Some(client)
    }

    /// The account of the client with that id.
    pub fn account(&self, id: &str) -> Option<Arc<Observations>> {
        self.by_id()
            .get(id)
            .map(|client| Arc::clone(&client.observations))
    }

    /// Ends a client, its sessions and its ports. False if there was none.
    pub fn remove(&self, id: &str) -> bool {
        let client = self.by_id().remove(id);
        if let Some(client) = &client {
            client.end();
            info!("client ended");
        }
        client.is_some()
    }

    /// Ends the clients that nobody asked about for [`TTL`].
    pub fn expire(&self) {
        self.by_id().retain(|_, client| {
            let alive = client.state().used.elapsed() < TTL;
            if !alive {
                client.end();
                info!("client expired");
            }
            alive
        });
    }

    /// Ends them all.
    pub fn end(&self) {
        self.by_id().drain().for_each(|(_, client)| client.end());
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_id().len()
    }

    fn by_id(&self) -> MutexGuard<'_, HashMap<String, Arc<Client>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
